/** What Prometheus is told of the router itself: whether it stays, where its Routes come from, and which of them it refused. */
import { Gauge, type Registry } from 'prom-client'

export type RouterState = {
  /** On its way out. */
  readonly draining: () => boolean
  /** It writes the EndpointSlices for all routers. */
  readonly publishes: () => boolean
  /** Where the Routes in force come from; see RouteSource. */
  readonly source: () => 'empty' | 'cached' | 'live'
  /** Routes (`NAMESPACE/NAME`) of which the newest version was refused. */
  readonly refused: () => Iterable<string>
}

const truth = (value: boolean): number => (value ? 1 : 0)

export const addStateMetrics = (registry: Registry, state: RouterState): void => {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('sluice_router_draining', '1 from the moment this router was told to go.', () => truth(state.draining()))
  gauge('sluice_router_publisher', '1 on the router that writes the EndpointSlices of all Services in proxy mode.', () =>
    truth(state.publishes()),
  )
  gauge(
    'sluice_router_routes_live',
    '1 when the Routes come from the API server; 0 while they are those from disk, or none.',
    () => truth(state.source() === 'live'),
  )
  new Gauge({
    name: 'sluice_router_route_refused',
    help: '1 while the newest version of the Route is refused; the last good one, if any, stays in force.',
    labelNames: ['namespace', 'service'],
    registers,
    collect() {
      this.reset()
      for (const route of state.refused()) {
        const [namespace = '', service = ''] = route.split('/')
        this.set({ namespace, service }, 1)
      }
    },
  })
}
