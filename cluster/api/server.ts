/** A Kubernetes API server in this process: over a function call, or over HTTPS on loopback. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Transport } from '../../kube/client.ts'
import { makeAdmission } from './admission/plugins.ts'
import type { Api, LogSource } from './api.ts'
import { bootstrap } from './bootstrap.ts'
import { BUILTIN_KINDS } from './builtin-kinds.ts'
import { ADMIN, type UserInfo } from './call.ts'
import { makeDeleting } from './cascade.ts'
import { establishDefinitions } from './crd/establish.ts'
import { startGarbageCollector } from './garbage-collector.ts'
import { kubeconfigText } from './kubeconfig.ts'
import { type Listening, type ListenOptions, listenOn } from './listen.ts'
import { followNamespaces } from './namespace-lifecycle.ts'
import { Registry } from './registry.ts'
import { makeServiceAddresses } from './service-addresses.ts'
import { makeSnapshots } from './snapshots.ts'
import { Store } from './store.ts'
import { type Certificate, makeLoopbackCertificate } from './tls.ts'
import { Tokens } from './tokens.ts'
import { localTransport } from './transport.ts'

export type ApiServerOptions = {
  /** Range of the cluster addresses of Services; default `127.96.0.0/16`. */
  readonly serviceCidr?: string
  /** Events of each resource that are kept for watches; default 4096. A small number makes 410 easy to provoke. */
  readonly historyLimit?: number
  /** How often a watch gets a bookmark, in milliseconds; default one minute. */
  readonly bookmarkMs?: number
  /** Lines that may wait for a slow watch before it is ended; default 20,000. */
  readonly watchBufferLimit?: number
  /** How a watch from a version that is too old is refused: an ERROR event (default, as Kubernetes does) or HTTP status 410. */
  readonly watchExpiry?: 'event' | 'status'
  readonly clock?: () => Date
  /** Hears of deletions by the server itself (garbage, namespaces) that were refused; by default they are written to stderr. */
  readonly onBackgroundError?: (error: unknown) => void
  /** Hears of errors that are no refusals, which clients see as status 500; by default they are written to stderr. */
  readonly onError?: (error: unknown) => void
}

export type ApiServer = {
  /** Requests without a socket, as this user (by default an administrator). */
  readonly transport: (user?: UserInfo) => Transport
  readonly listen: (options?: ListenOptions) => Promise<Listening>
  /** Ends the listeners and all watches; the objects stay, and `listen` may be called again. */
  readonly close: () => Promise<void>
  /** Cuts every watch, as a lost connection does. */
  readonly closeWatches: () => void
  /** Forgets all history: every watch and page from an earlier version gets 410. */
  readonly compact: () => void
  readonly setWatchExpiry: (expiry: 'event' | 'status') => void
  /** The bearer token of a ServiceAccount, or with no arguments the administrator's. */
  readonly tokenFor: (namespace: string, name: string) => string
  readonly adminToken: string
  /** A kubeconfig for a user of the first listener; needs `listen` first. */
  readonly writeKubeconfig: (path: string, user?: { readonly namespace: string; readonly name: string }) => Promise<void>
  /** The node's container logs, for `pods/log`. */
  readonly setLogSource: (source: LogSource) => void
  readonly store: Store
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

const randomSuffix = () => Array.from({ length: 5 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join('')

/** One certificate for each host, so that a server which listens again is still trusted. */
const keepCertificates = () => {
  const made = new Map<string, Promise<Certificate>>()
  return (host: string): Promise<Certificate> => {
    const known = made.get(host) ?? makeLoopbackCertificate([host])
    made.set(host, known)
    return known
  }
}

const HISTORY_LIMIT = 4096
const BOOKMARK_MS = 60_000
const WATCH_BUFFER = 20_000

export const createApiServer = (options: ApiServerOptions = {}): ApiServer => {
  const store = new Store({ historyLimit: options.historyLimit ?? HISTORY_LIMIT })
  const tokens = new Tokens(() => randomBytes(24).toString('base64url'))
  let cut = new AbortController()
  let expiry = options.watchExpiry ?? 'event'
  let logSource: LogSource | undefined
  const api: Api = {
    store,
    report: options.onError ?? (error => console.error('api server:', error)),
    registry: new Registry(BUILTIN_KINDS),
    admission: makeAdmission(() => api),
    addresses: makeServiceAddresses(options.serviceCidr ?? '127.96.0.0/16'),
    clock: options.clock ?? (() => new Date()),
    randomUuid: randomUUID,
    randomSuffix,
    tokenFor: tokens.ofServiceAccount,
    watches: {
      bookmarkMs: options.bookmarkMs ?? BOOKMARK_MS,
      bufferLimit: options.watchBufferLimit ?? WATCH_BUFFER,
      expiry: () => expiry,
      ended: () => cut.signal,
    },
    podLogs: () => logSource,
    snapshots: makeSnapshots(),
  }
  const deleting = makeDeleting(
    api,
    options.onBackgroundError ?? (error => console.error('api server: a deletion was refused:', error)),
  )
  establishDefinitions(api, deleting)
  followNamespaces(api, deleting)
  startGarbageCollector(api, deleting)
  bootstrap(api)
  const listeners: Listening[] = []
  const certificateFor = keepCertificates()
  const closeWatches = () => {
    const before = cut
    cut = new AbortController()
    before.abort()
  }
  return {
    store,
    transport: (user = ADMIN) => localTransport(api, user),
    listen: async (listenOptions = {}) => {
      const listening = await listenOn(api, tokens, certificateFor, listenOptions)
      listeners.push(listening)
      return listening
    },
    close: async () => {
      closeWatches()
      await Promise.all(listeners.splice(0).map(listening => listening.close()))
    },
    closeWatches,
    compact: () => {
      store.compact()
      api.snapshots.clear()
    },
    setWatchExpiry: next => {
      expiry = next
    },
    tokenFor: tokens.ofServiceAccount,
    adminToken: tokens.admin,
    writeKubeconfig: async (path, user) => {
      const [listening] = listeners
      if (!listening) throw new Error('writeKubeconfig: the server does not listen yet; call listen() first')
      const token = user ? tokens.ofServiceAccount(user.namespace, user.name) : tokens.admin
      const name = user ? `system:serviceaccount:${user.namespace}:${user.name}` : ADMIN.username
      await writeFile(
        path,
        kubeconfigText({
          server: listening.url,
          token,
          user: name,
          ...(user ? { namespace: user.namespace } : {}),
          ...(listening.ca ? { ca: listening.ca } : {}),
        }),
        { mode: 0o600 },
      )
    },
    setLogSource: source => {
      logSource = source
    },
  }
}
