/** What changed in a worker since it last told the primary. */
import { isDeepStrictEqual } from 'node:util'
import type { RouteReport } from '../../api/router-admin.ts'
import type { Serving } from '../serving.ts'
import type { RingReader } from '../stats/second-ring.ts'
import type { VersionStats } from '../stats/version-stats.ts'
import type { VersionChanges, WorkerCost, WorkerReport } from './protocol.ts'

type Followed = { readonly route: string; readonly hash: string; readonly ring: RingReader; counters: readonly number[] }

export type Changes = {
  readonly report: Pick<WorkerReport, 'routes' | 'counts'>
  readonly isEmpty: boolean
}

export const makeReporter = (serving: Pick<Serving, 'routes' | 'report'>): (() => Changes) => {
  const followed = new Map<VersionStats, Followed>()
  let told = new Map<string, RouteReport>()

  const follow = (): ReadonlySet<VersionStats> => {
    const current = new Set<VersionStats>()
    for (const { key, stats } of serving.routes.values())
      for (const [hash, one] of stats) {
        current.add(one)
        if (!followed.has(one))
          followed.set(one, { route: key, hash, ring: one.ring.reader(), counters: one.counters().map(() => 0) })
      }
    return current
  }
  const countChanges = (): readonly VersionChanges[] => {
    const current = follow()
    const changes: VersionChanges[] = []
    for (const [stats, one] of followed) {
      const change = changesOf(stats, one)
      if (change) changes.push(change)
      // A version that was forgotten is asked this once more.
      if (!current.has(stats)) followed.delete(stats)
    }
    return changes
  }
  const routeChanges = (): WorkerReport['routes'] => {
    const now = new Map(Object.entries(serving.report({ alsoRemoved: true })))
    const changed = [...now].filter(([key, report]) => !isDeepStrictEqual(told.get(key), report))
    const gone = [...told.keys()].filter(key => !now.has(key)).map(key => [key, null] as const)
    told = now
    return Object.fromEntries([...changed, ...gone])
  }
  return () => {
    const report = { routes: routeChanges(), counts: countChanges() }
    return { report, isEmpty: report.counts.length === 0 && Object.keys(report.routes).length === 0 }
  }
}

const changesOf = (stats: VersionStats, one: Followed): VersionChanges | undefined => {
  const ring = one.ring()
  const counters = stats.counters()
  const growths = counters.map((count, i) => count - (one.counters[i] ?? 0))
  const grew = growths.some(growth => growth !== 0)
  one.counters = counters
  if (!ring && !grew) return undefined
  return { route: one.route, hash: one.hash, ...(ring ? { ring } : {}), ...(grew ? { counters: growths } : {}) }
}

/** `lag`: the worst of this window and the one before, in nanoseconds. Out of file descriptors memory cannot be read: then it is as before. */
export const costOf = (lagNs: number, before: WorkerCost): WorkerCost => {
  const { user, system } = process.cpuUsage()
  return {
    cpuSeconds: (user + system) / 1_000_000,
    residentBytes: residentBytes() ?? before.residentBytes,
    lagSeconds: lagNs / 1_000_000_000,
  }
}

const residentBytes = (): number | undefined => {
  try {
    return process.memoryUsage.rss()
  } catch {
    return undefined
  }
}
