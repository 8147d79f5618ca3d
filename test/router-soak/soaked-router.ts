/**
 * The router that is soaked, in a process of its own: takes changes of its Route, and says what it costs. After SIGTERM it serves on for a
 * moment, drains, and ends with 0 when its last connection has; with 1 when that takes too long.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { RouteSpec } from '../../api/route.ts'
import { DEFAULT_LIMITS } from '../../router/limits.ts'
import { startTestRouter } from '../../router/testing/router-under-test.ts'

/** A change of the Route, or nothing but the wish for a report. */
export type Change = {
  readonly v1: readonly number[]
  readonly v2: readonly number[]
  readonly weight: number
  readonly spec: Partial<RouteSpec>
}
export type Command = { readonly change: Change } | { readonly measure: true }
export type Said = {
  readonly port: number
  readonly rssBytes: number
  readonly connections: number
  /** Requests of both versions, and failures of their pods. */
  readonly requests: number
  readonly upstreamFailures: number
}

const { idleGraceMs } = DEFAULT_LIMITS
const router = await startTestRouter({ idleGraceMs })

const report = (): void => {
  const counts = [...router.serving.routes.values()].flatMap(({ stats }) => [...stats.values()].map(({ ring }) => ring.totals()))
  const said: Said = {
    port: router.port,
    rssBytes: process.memoryUsage.rss(),
    connections: router.serving.connections,
    requests: counts.reduce(
      (sum, { status2xx, status3xx, status4xx, status5xx }) => sum + status2xx + status3xx + status4xx + status5xx,
      0,
    ),
    upstreamFailures: counts.reduce((sum, { upstreamFailures }) => sum + upstreamFailures, 0),
  }
  process.send?.(said)
}

/** In the place of the time in which nodes are told that it goes. */
const QUIET_MS = 1_000
const DRAIN_MS = 25_000

const leave = async (): Promise<void> => {
  await wait(QUIET_MS)
  router.startDraining()
  router.serving.close()
  const deadline = performance.now() + DRAIN_MS
  while (router.serving.connections > 0 && performance.now() < deadline) await wait(20)
  process.exit(router.serving.connections === 0 ? 0 : 1)
}
process.once('SIGTERM', () => void leave())

process.on('message', (command: Command) => {
  if ('change' in command) router.split(command.change)
  else {
    // What is garbage is no leak.
    globalThis.gc?.()
    report()
  }
})
report()
