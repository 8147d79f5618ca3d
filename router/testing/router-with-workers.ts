/** A router with worker processes on an API in memory; its primary is the test's own process. */
import type { TestContext } from 'node:test'
import type { RouteSpec } from '../../api/route.ts'
import { systemClock } from '../../kube/clock.ts'
import { makeLogger } from '../../kube/log.ts'
import { ENDPOINT_SLICES, ROUTES } from '../../kube/resources.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { type Router, type RouterOptions, startRouter } from '../router.ts'
import { makeFakeApi } from './fake-api.ts'
import { anEndpoint, aRoute, aSlice, canaryAt } from './objects.ts'
import { deadPort, until } from './pods.ts'

export type WorkersUnderTest = {
  readonly router: Router
  /** Where the Route `shop/web` listens. */
  readonly port: number
  /** Of the worker that serves as number `worker` now. */
  readonly pid: (worker: number) => number
  /** Log entries so far. */
  readonly log: readonly { readonly message: string; readonly [field: string]: unknown }[]
  /** The Route `shop/web` with pods of v1 and v2 at these ports of 127.0.0.1, v2 at `weight` %. */
  readonly split: (pods: {
    readonly v1: readonly number[]
    readonly v2?: readonly number[]
    readonly weight?: number
    readonly spec?: Partial<RouteSpec>
  }) => void
  /** Takes that Route away. */
  readonly remove: () => void
  readonly metrics: () => Promise<string>
}

export const startRouterWithWorkers = async (
  t: TestContext,
  workers: number,
  more: Partial<RouterOptions> = {},
): Promise<WorkersUnderTest> => {
  const api = makeFakeApi()
  const port = await deadPort()
  const entries: { message: string; [field: string]: unknown }[] = []
  const router = await startRouter({
    client: api.client,
    log: makeLogger({ component: 'router', level: 'info', write: line => void entries.push(JSON.parse(line)) }),
    clock: systemClock,
    pod: { namespace: 'sluice-system', name: 'router-a', ip: '127.0.0.1' },
    adminPort: 0,
    healthPort: 0,
    quietMs: 0,
    drainMs: 10_000,
    lingerMs: 0,
    limits: { ...DEFAULT_LIMITS, idleGraceMs: 100 },
    fastLane: true,
    workers: {
      workers,
      script: new URL('../main.ts', import.meta.url).pathname,
      args: ['--worker-of-router'],
      logLevel: 'error',
    },
    version: '1.2.3',
    ...more,
  })
  t.after(() => router.stop())
  let version = 0
  return {
    router,
    port,
    log: entries,
    pid: worker => Number(entries.findLast(entry => entry.message === 'a worker serves' && entry['worker'] === worker)?.['pid']),
    split: ({ v1, v2 = [], weight = 0, spec = {} }) => {
      version += 1
      for (const [service, ports] of [['web-v1', v1] as const, ['web-v2', v2] as const])
        ports.forEach((podPort, i) => {
          api.put(ENDPOINT_SLICES, aSlice(service, [anEndpoint('127.0.0.1')], { port: podPort, suffix: String(i) }))
        })
      const ports: RouteSpec['ports'] = [{ name: 'http', port: 80, listenPort: port, protocol: 'http' }]
      api.put(ROUTES, aRoute({ version, ports, backends: canaryAt(weight), ...spec }))
    },
    remove: () => api.remove(ROUTES, 'shop', 'web'),
    metrics: async () => (await fetch(`http://127.0.0.1:${router.healthPort}/metrics`)).text(),
  }
}

/** A busy machine starts processes slowly. */
export const patiently = (holds: () => boolean, what: string): Promise<void> => until(holds, what, 60_000)

/** The process is gone. */
export const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
