/**
 * A real HTTP server on loopback that serves one collection of ConfigMaps as the API does, list and watch, and misbehaves when told.
 * It is small on purpose: enough of the protocol to be right, and every way to be wrong.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type Change, type Collection, type Item, makeCollection } from './collection.ts'

/** What happens to one request instead of the right thing. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: { readonly [name: string]: string } }
  /** The connection is reset before an answer. */
  | { readonly kind: 'reset' }
  /** The request is taken and never answered. */
  | { readonly kind: 'silence' }
  /** A watch is answered with headers and nothing else ever. */
  | { readonly kind: 'mute' }
  /** A watch gets an ERROR event with this code, then ends. */
  | { readonly kind: 'error-event'; readonly code: number }
  /** A watch gets what is due, then half of a line, then a reset. */
  | { readonly kind: 'half-line' }
  /** A watch gets what is due, then a line that is not JSON. */
  | { readonly kind: 'bad-line' }
  /** A watch ends at once without an event. */
  | { readonly kind: 'empty' }
  /** A watch gets every object again as ADDED before what is due. */
  | { readonly kind: 'duplicates' }

export type HostileServer = {
  readonly url: string
  readonly counts: { lists: number; watches: number; mostWatches: number; connections: number; requests: number }
  readonly openWatches: () => number
  readonly requestsOpen: () => number
  readonly objects: () => readonly Item[]
  readonly put: (name: string, value: string) => void
  readonly remove: (name: string) => void
  /** Forgets the past: older versions and continue tokens are Gone from now on. */
  readonly compact: () => void
  readonly bookmark: () => void
  /** The next requests of the kind get these faults, one each. */
  readonly fail: (kind: 'list' | 'watch', ...faults: readonly Fault[]) => void
  readonly faultsLeft: () => number
  readonly listFaultsLeft: () => number
  /** Ends the open watches: cleanly, by a reset, or by a reset in the middle of a line. */
  readonly cutWatches: (how: 'end' | 'reset' | 'half-line') => void
  /** Bodies are written in pieces of so many bytes from now on. */
  readonly chop: (bytes: number) => void
  /** Only this bearer token is let in from now on. */
  readonly requireToken: (token: string) => void
  readonly close: () => Promise<void>
}

type Stream = { readonly response: ServerResponse; readonly write: (text: string) => void }

const statusBody = (code: number): string =>
  JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason: code === 410 ? 'Expired' : '',
    message: 'as told',
  })

export type HostileOptions = {
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly keepAliveTimeoutMs?: number
}

/** Writes in pieces of `bytes()` bytes, in order, each in a turn of its own. */
const makeWriter = (response: ServerResponse, bytes: () => number) => {
  let queue = Promise.resolve()
  const writePieces = async (data: Buffer): Promise<void> => {
    const size = bytes()
    for (let at = 0; at < data.length; at += size) {
      if (response.destroyed || response.writableEnded) return
      response.write(data.subarray(at, at + size))
      if (at + size < data.length) await new Promise(setImmediate)
    }
  }
  const after = (next: () => void | Promise<void>): void => {
    queue = queue.then(next)
  }
  return { write: (text: string) => after(() => writePieces(Buffer.from(text))), after }
}

type State = {
  readonly collection: Collection
  readonly faults: { readonly list: Fault[]; readonly watch: Fault[] }
  readonly counts: HostileServer['counts']
  readonly streams: Set<Stream>
  pieceBytes: number
  token: string | undefined
  requestsOpen: number
}

const eventLine = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`

const refuse = (response: ServerResponse, status: number, headers: { readonly [name: string]: string } = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(statusBody(status))
}

/** True if the fault was all there is to answer. */
const failWhole = (fault: Fault | undefined, response: ServerResponse): boolean => {
  if (fault?.kind === 'status') refuse(response, fault.status, fault.headers)
  else if (fault?.kind === 'reset') response.socket?.resetAndDestroy()
  return fault?.kind === 'status' || fault?.kind === 'reset' || fault?.kind === 'silence'
}

const serveList = (state: State, query: URLSearchParams, response: ServerResponse): void => {
  state.counts.lists += 1
  if (failWhole(state.faults.list.shift(), response)) return
  const page = state.collection.page(Number(query.get('limit') ?? 1e9), query.get('continue'))
  if (!page) {
    refuse(response, 410)
    return
  }
  const metadata = { resourceVersion: page.version, ...(page.next ? { continue: page.next } : {}) }
  // As the API does, without apiVersion and kind in the items.
  const items = page.items.map(({ apiVersion: _, kind: __, ...rest }) => rest)
  const writer = makeWriter(response, () => state.pieceBytes)
  writer.write(JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata, items }))
  writer.after(() => void response.end())
}

/** Writes what the fault wants before what is due. */
const startFault = (state: State, fault: Fault | undefined, write: Stream['write']): void => {
  if (fault?.kind === 'error-event') write(eventLine('ERROR', JSON.parse(statusBody(fault.code))))
  else if (fault?.kind === 'duplicates') for (const object of state.collection.objects.values()) write(eventLine('ADDED', object))
}

const endFault = (fault: Fault | undefined, { response, write }: Stream, after: (next: () => void) => void): void => {
  if (fault?.kind === 'half-line')
    after(() => void response.write('{"type":"ADDED","obj', () => response.socket?.resetAndDestroy()))
  else if (fault?.kind === 'bad-line') write('{"type":"ADDED","object":{\n')
  else if (fault?.kind === 'empty' || fault?.kind === 'error-event') after(() => void response.end())
}

const serveWatch = (state: State, query: URLSearchParams, response: ServerResponse): void => {
  state.counts.watches += 1
  const fault = state.faults.watch.shift()
  if (failWhole(fault, response)) return
  const due = state.collection.since(Number(query.get('resourceVersion')))
  if (!due) {
    refuse(response, 410)
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
  if (fault?.kind === 'mute') return
  const { write, after } = makeWriter(response, () => state.pieceBytes)
  const stream = { response, write }
  startFault(state, fault, write)
  if (fault?.kind !== 'error-event') for (const change of due) write(eventLine(change.type, change.object))
  state.streams.add(stream)
  state.counts.mostWatches = Math.max(state.counts.mostWatches, state.streams.size)
  response.on('close', () => state.streams.delete(stream))
  endFault(fault, stream, after)
}

const serve = (state: State, request: IncomingMessage, response: ServerResponse): void => {
  state.counts.requests += 1
  state.requestsOpen += 1
  response.on('close', () => {
    state.requestsOpen -= 1
  })
  const query = new URL(request.url ?? '/', 'http://x').searchParams
  if (state.token !== undefined && request.headers.authorization !== `Bearer ${state.token}`) refuse(response, 401)
  else if (query.get('watch')) serveWatch(state, query, response)
  else serveList(state, query, response)
}

const cut = (state: State, stream: Stream, how: 'end' | 'reset' | 'half-line'): void => {
  if (how === 'end') stream.response.end()
  else if (how === 'reset') stream.response.socket?.resetAndDestroy()
  else stream.response.write('{"type":"MODIFIED","ob', () => stream.response.socket?.resetAndDestroy())
  state.streams.delete(stream)
}

const makeState = (): State => ({
  collection: makeCollection(),
  faults: { list: [], watch: [] },
  counts: { lists: 0, watches: 0, mostWatches: 0, connections: 0, requests: 0 },
  streams: new Set(),
  pieceBytes: Number.MAX_SAFE_INTEGER,
  token: undefined,
  requestsOpen: 0,
})

/** Listens on a free loopback port; `stop` ends every connection. */
const listen = async (state: State, options: HostileOptions): Promise<{ url: string; stop: () => Promise<void> }> => {
  const handle = (request: IncomingMessage, response: ServerResponse): void => serve(state, request, response)
  const server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle)
  if (options.keepAliveTimeoutMs !== undefined) server.keepAliveTimeout = options.keepAliveTimeoutMs
  const sockets = new Set<Socket>()
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    state.counts.connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }
  return { url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`, stop }
}

export const startHostileServer = async (options: HostileOptions = {}): Promise<HostileServer> => {
  const state = makeState()
  const { collection, streams, faults } = state
  const { url, stop } = await listen(state, options)
  const publish = (change: Change | undefined): void => {
    if (change) for (const stream of streams) stream.write(eventLine(change.type, change.object))
  }
  return {
    url,
    counts: state.counts,
    openWatches: () => streams.size,
    requestsOpen: () => state.requestsOpen,
    objects: () => [...collection.objects.values()],
    put: (name, value) => publish(collection.put(name, value)),
    remove: name => publish(collection.remove(name)),
    compact: collection.compact,
    bookmark: () => {
      const object = {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { name: '', resourceVersion: String(collection.version()) },
      }
      for (const stream of streams) stream.write(eventLine('BOOKMARK', object))
    },
    fail: (kind, ...more) => void faults[kind].push(...more),
    faultsLeft: () => faults.list.length + faults.watch.length,
    listFaultsLeft: () => faults.list.length,
    cutWatches: how => {
      for (const stream of [...streams]) cut(state, stream, how)
    },
    chop: bytes => {
      state.pieceBytes = bytes
    },
    requireToken: next => {
      state.token = next
    },
    close: stop,
  }
}
