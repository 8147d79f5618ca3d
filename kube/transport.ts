/** Requests to a real API server over HTTP(S): pooled connections, credentials that may be rotated at any time. */
import { type Dispatcher, request } from 'undici'
import type { Transport, TransportAnswer } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import {
  type Access,
  type ClusterAccess,
  type InClusterOptions,
  inClusterAccess,
  needsPlugin,
  plainAccess,
  pluginAccess,
} from './cluster-access.ts'
import { type Connections, openConnections } from './connections.ts'
import { loadKubeconfig, selectContext } from './kubeconfig.ts'

export type HttpTransport = Transport & {
  readonly server: string
  /** The namespace of the context or of the pod, where there is one. */
  readonly namespace?: string
  /** Lets requests under way finish, then closes every connection. */
  readonly close: () => Promise<void>
}

export type KubeconfigOptions = {
  /** A path, or several with the system's delimiter between them. Without one: the files of the pod's ServiceAccount. */
  readonly kubeconfig?: string
  readonly context?: string
  readonly inCluster?: InClusterOptions
  readonly clock?: Clock
}

/** Credentials are read again when they are this old: a kubelet renews a token long before it ends, so this need not be often. */
const CREDENTIALS_FRESH_MS = 10_000

type Ready = { readonly headers: Access['headers']; readonly connections: Connections }

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Keeps the newest credentials, and one set of connections for each set of TLS options: the old one is closed when they change. */
const makeSession = (access: ClusterAccess, clock: Clock) => {
  let current: { readonly access: Access; readonly ready: Ready; readonly readAt: number } | undefined
  let reading: Promise<Ready> | undefined
  let closing: Promise<void> | undefined

  const read = async (): Promise<Ready> => {
    let next: Access
    try {
      next = await access.read()
    } catch (error) {
      // A token file that is being replaced is missing for a moment; the last good token is then the better try.
      if (!current) throw error
      return current.ready
    }
    const keep = current !== undefined && sameJson(current.access.tls, next.tls)
    if (current && !keep) void current.ready.connections.close()
    const connections = current && keep ? current.ready.connections : openConnections(next.tls, access.proxyUrl)
    current = { access: next, ready: { headers: next.headers, connections }, readAt: clock.now() }
    return current.ready
  }
  const refresh = (): Promise<Ready> => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
  return {
    refresh,
    ready: async (): Promise<Ready> =>
      current && clock.now() - current.readAt < CREDENTIALS_FRESH_MS ? current.ready : refresh(),
    close: (): Promise<void> => {
      closing ??= current?.ready.connections.close() ?? Promise.resolve()
      return closing
    },
  }
}

const STALE_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

const isStaleConnection = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && STALE_CONNECTION.has(error.code)

const isStream = (path: string): boolean => /[?&](watch|follow)=(true|1)(&|$)/.test(path)

const flatten = (headers: { readonly [name: string]: string | readonly string[] | undefined }): TransportAnswer['headers'] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
  )

/** The transport over any ClusterAccess. */
export const transportTo = (access: ClusterAccess, clock: Clock = systemClock): HttpTransport => {
  const session = makeSession(access, clock)

  const sendOver = async (
    dispatcher: Dispatcher,
    call: Parameters<Transport>[0],
    { headers }: Ready,
  ): Promise<TransportAnswer> => {
    const answer = await request(access.server + call.path, {
      method: call.method,
      headers: { 'user-agent': 'sluice', ...call.headers, ...(headers as { [name: string]: string | string[] }) },
      dispatcher,
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    })
    return { status: answer.statusCode, headers: flatten(answer.headers), body: answer.body }
  }
  const send = async (call: Parameters<Transport>[0], ready: Ready): Promise<TransportAnswer> => {
    const { streams, calls, openFresh } = ready.connections
    try {
      return await sendOver(isStream(call.path) ? streams : calls, call, ready)
    } catch (error) {
      // The server may have closed a pooled connection while the request was on its way. Only a GET can be sent again without asking what became of it.
      if (call.method !== 'GET' || call.signal?.aborted || !isStaleConnection(error)) throw error
      // The others in the pool are likely as stale (a server that restarted closed all of them).
      const fresh = openFresh()
      return await sendOver(fresh, call, ready).finally(() => void fresh.close())
    }
  }
  const transport: Transport = async call => {
    const ready = await session.ready()
    const answer = await send(call, ready)
    if (answer.status !== 401) return answer
    // Refused means not executed, so with a newer token any method may be tried again.
    const renewed = await session.refresh()
    if (renewed.connections === ready.connections && sameJson(renewed.headers, ready.headers)) return answer
    for await (const _ of answer.body); // frees the connection
    return send(call, renewed)
  }
  return Object.assign(transport, {
    server: access.server,
    close: session.close,
    ...(access.namespace === undefined ? {} : { namespace: access.namespace }),
  })
}

/** Rejects with an Error that names the file and what is wrong in it; does not connect yet. */
export const kubeconfigTransport = async (options: KubeconfigOptions = {}): Promise<HttpTransport> => {
  if (options.kubeconfig === undefined) return transportTo(await inClusterAccess(options.inCluster), options.clock)
  const selection = selectContext(await loadKubeconfig(options.kubeconfig), options.context)
  return transportTo(needsPlugin(selection) ? await pluginAccess(selection) : plainAccess(selection), options.clock)
}
