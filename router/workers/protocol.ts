/** What the primary process and its workers say to each other, over the channel that Node makes for a forked process. */
import type { EndpointSlice } from '../../api/kubernetes.ts'
import type { Route } from '../../api/route.ts'
import type { RouteReport } from '../../api/router-admin.ts'
import type { LogLevel } from '../../kube/log.ts'
import type { PathSettings } from '../data-path.ts'
import type { RingChanges } from '../stats/second-ring.ts'

export type WorkerSettings = PathSettings & {
  /** From 1; a worker that takes the place of another has its number. */
  readonly worker: number
  readonly logLevel: LogLevel
}

/** What makes one state of the table out of another; the first change makes it of nothing. Keys are `NAMESPACE/NAME`. */
export type TableChange = {
  readonly routes: readonly Route[]
  readonly slices: readonly EndpointSlice[]
  readonly goneRoutes: readonly string[]
  readonly goneSlices: readonly string[]
}

export type ToWorker =
  /** The first message. */
  | { readonly do: 'start'; readonly settings: WorkerSettings }
  | { readonly do: 'apply'; readonly change: TableChange }
  /** Those of sticky cookies, see DataPath. */
  | { readonly do: 'keys'; readonly keys: readonly string[] }
  /** The answer to `open`: the bound socket comes with it, unless there is a problem. */
  | { readonly do: 'listen'; readonly port: number; readonly problem?: string }
  /** To be answered with a report at once. */
  | { readonly do: 'report'; readonly question: number }
  | { readonly do: 'drain' }
  | { readonly do: 'end' }

export type FromWorker =
  /** It wants to listen on the port, or does so no more. */
  | { readonly says: 'open'; readonly port: number }
  | { readonly says: 'closed'; readonly port: number }
  | { readonly says: 'report'; readonly question?: number; readonly report: WorkerReport }

/** What changed since the worker's last report; every change is in exactly one. */
export type WorkerReport = {
  /** Null: it has nothing of the Route any more. */
  readonly routes: { readonly [route: string]: RouteReport | null }
  readonly counts: readonly VersionChanges[]
  /** A table is in force and all its ports are listened on. */
  readonly serves: boolean
  /** Connections of clients that are open. */
  readonly connections: number
  /** It accepts no more and no connection is left. */
  readonly drained: boolean
  readonly cost: WorkerCost
}

export type VersionChanges = {
  readonly route: string
  readonly hash: string
  readonly ring?: RingChanges
  /** In the order of VersionStats.counters(). */
  readonly counters?: readonly number[]
}

export type WorkerCost = {
  readonly cpuSeconds: number
  readonly residentBytes: number
  /** 99th percentile of how late the event loop's turns came, over the last half minute at most. */
  readonly lagSeconds: number
}
