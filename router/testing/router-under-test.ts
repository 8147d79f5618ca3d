/** A data path without Kubernetes: Routes go in, ports on loopback come out. */

import type { EndpointSlice } from '../../api/kubernetes.ts'
import type { Route, RouteSpec } from '../../api/route.ts'
import type { Tally } from '../../api/router-admin.ts'
import { DEFAULT_LIMITS, type Limits } from '../limits.ts'
import { buildTable, EMPTY_TABLE, type Table } from '../table.ts'
import type { Place } from '../zone.ts'
import { anEndpoint, aRoute, aSlice, canaryAt } from './objects.ts'
import { startTestPath, type TestPath } from './path-under-test.ts'
import { deadPort, until } from './pods.ts'

export type TestRouter = {
  /** Where the Route `shop/web` listens. */
  readonly port: number
  readonly serving: TestPath
  /** Puts a table made of these into force. */
  readonly apply: (routes: readonly Route[], slices: readonly EndpointSlice[]) => void
  /** The Route `shop/web` with pods of v1 and v2 at these ports of 127.0.0.1, v2 at `weight` %. */
  readonly split: (pods: {
    readonly v1?: readonly number[]
    readonly v2?: readonly number[]
    readonly weight?: number
    readonly spec?: Partial<RouteSpec>
  }) => void
  readonly counts: (hash?: string) => Tally & {
    readonly inFlight: number
    readonly retries: number
    readonly fallbacks: number
    readonly bytesIn: number
    readonly bytesOut: number
  }
  readonly startDraining: () => void
  readonly close: () => void
}

export type TestOptions = { readonly lingerMs?: number; readonly fastLane?: boolean; readonly place?: Place }

export const startTestRouter = async (
  limits: Partial<Limits> = {},
  { lingerMs = 0, fastLane = true, place }: TestOptions = {},
): Promise<TestRouter> => {
  const serving = startTestPath({
    router: 'router-1',
    host: '127.0.0.1',
    lingerMs,
    limits: { ...DEFAULT_LIMITS, idleGraceMs: 100, ...limits },
    fastLane,
    ...(place && { place }),
  })
  const port = await deadPort()
  let table: Table = EMPTY_TABLE
  const apply: TestRouter['apply'] = (routes, slices) => {
    const built = buildTable(routes, slices, table)
    if (built.refused.length > 0) throw new Error(JSON.stringify(built.refused))
    table = built.table
    serving.apply(table, slices)
  }
  let version = 0
  const split: TestRouter['split'] = ({ v1 = [], v2 = [], weight = 0, spec = {} }) => {
    version += 1
    const slicesOf = (service: string, ports: readonly number[]) =>
      ports.map((podPort, i) => aSlice(service, [anEndpoint('127.0.0.1')], { port: podPort, suffix: String(i) }))
    apply(
      [
        aRoute({
          version,
          ports: [{ name: 'http', port: 80, listenPort: port, protocol: 'http' }],
          backends: canaryAt(weight),
          ...spec,
        }),
      ],
      [...slicesOf('web-v1', v1), ...slicesOf('web-v2', v2)],
    )
  }
  split({})
  await until(() => serving.listening, 'the router listens', 60_000)
  return {
    port,
    serving,
    apply,
    split,
    counts: (hash = 'v1') => {
      const stats = serving.routes.get('shop/web')?.stats.get(hash)
      if (!stats) throw new Error(`nothing is counted for ${hash}`)
      const { inFlight, retries, fallbacks, bytesIn, bytesOut } = stats
      return { ...stats.ring.totals(), inFlight, retries, fallbacks, bytesIn, bytesOut }
    },
    startDraining: () => serving.startDraining(),
    close: () => {
      serving.close()
      serving.destroyConnections()
    },
  }
}
