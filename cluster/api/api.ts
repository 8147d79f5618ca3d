/** What every handler of a request works with. */
import type { AdmissionChain } from './admission/chain.ts'
import type { Registry } from './registry.ts'
import type { ServiceAddresses } from './service-addresses.ts'
import type { Store, Stored } from './store.ts'

export type LogRequest = {
  readonly namespace: string
  readonly pod: string
  readonly container: string | undefined
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  readonly sinceSeconds: number | undefined
  readonly limitBytes: number | undefined
  readonly signal: AbortSignal
}

/** Gives the log of a container; the node sets it. Undefined when it does not know the pod. */
export type LogSource = (request: LogRequest) => AsyncIterable<string | Uint8Array> | undefined

export type Api = {
  /** Hears of errors that are no refusals: they should not happen. */
  readonly report: (error: unknown) => void
  /** The bearer token of a ServiceAccount. */
  readonly tokenFor: (namespace: string, name: string) => string
  readonly store: Store
  readonly registry: Registry
  readonly admission: AdmissionChain
  readonly addresses: ServiceAddresses
  readonly clock: () => Date
  readonly randomUuid: () => string
  /** Five characters for generateName. */
  readonly randomSuffix: () => string
  readonly watches: WatchConfig
  readonly podLogs: () => LogSource | undefined
  readonly snapshots: ListSnapshots
}

export type WatchConfig = {
  readonly bookmarkMs: number
  /** Events that may wait for a slow reader before its watch is ended. */
  readonly bufferLimit: number
  /** How a watch from a version that is too old is told so: an ERROR event in the stream, or HTTP status 410. */
  readonly expiry: () => 'event' | 'status'
  /** Aborts when all watches are to end. */
  readonly ended: () => AbortSignal
}

/** Lists that are read in pages stay as they were at the first page. */
export type ListSnapshots = {
  readonly clear: () => void
  readonly keep: (revision: number, items: readonly Stored[]) => string
  readonly take: (token: string) => { readonly revision: number; readonly items: readonly Stored[] } | undefined
}
