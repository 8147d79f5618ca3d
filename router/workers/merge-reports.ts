/** What all workers say of one Route as what one router says of it. Pure. */
import type { RouteReport } from '../../api/router-admin.ts'
import type { RoutePlan } from '../table.ts'

/** What one worker is known to run. */
export type WorkerView = {
  /** It has had a table in force with all its ports listened on, and so takes traffic. */
  readonly serves: boolean
  readonly routes: ReadonlyMap<string, RouteReport>
  /** Versions of the Routes in the first table that it was sent: it runs none before these. */
  readonly from: ReadonlyMap<string, number>
}

/**
 * `plan` is what the primary wants to be run. The version is the lowest that any worker may serve: a worker that starts counts
 * with the table that it starts with, and one that died serves nothing. Without a worker that takes traffic no port is listened
 * on, whatever the socket does.
 */
export const mergeReports = ({ key, version, versions }: RoutePlan, workers: readonly WorkerView[]): RouteReport => {
  const serving = workers.filter(({ serves }) => serves).map(({ routes }) => routes.get(key))
  const known = serving.filter(report => report !== undefined)
  const runs = workers.map(({ routes, from }) => Math.max(routes.get(key)?.version ?? 0, from.get(key) ?? 0))
  const upstreams = versions.map(({ hash, ready }) => [hash, Math.min(ready, ...known.map(one => one.upstreams[hash] ?? 0))])
  const all = workers.flatMap(({ routes }) => routes.get(key) ?? [])
  return {
    version: Math.min(version, ...runs),
    listening: known.length > 0 && known.length === serving.length && known.every(({ listening }) => listening),
    upstreams: Object.fromEntries(upstreams),
    inFlight: sumInFlight(all, versions),
    connections: all.reduce((sum, { connections }) => sum + connections, 0),
  }
}

const sumInFlight = (reports: readonly RouteReport[], versions: RoutePlan['versions']): RouteReport['inFlight'] => {
  const sums = new Map(versions.map(({ hash }) => [hash, 0]))
  for (const { inFlight } of reports)
    for (const [hash, count] of Object.entries(inFlight)) sums.set(hash, (sums.get(hash) ?? 0) + count)
  return Object.fromEntries(sums)
}
