/** What Prometheus is told of Sluice as the controller sees it: who leads, how many routers there are, and whether traffic passes them by. */
import { Gauge, type Registry } from 'prom-client'
import { isPodReady } from '../api/pod-ready.ts'
import type { Caches } from './caches.ts'

export type FleetSource = {
  readonly routerPods: Pick<Caches['routerPods'], 'list'>
  readonly routes: Pick<Caches['routes'], 'list'>
  readonly isLeading: () => boolean
}

export const addFleetMetrics = (registry: Registry, { routerPods, routes, isLeading }: FleetSource): void => {
  const registers = [registry]
  new Gauge({
    name: 'sluice_controller_leader',
    help: '1 on the replica that leads, 0 on the others.',
    registers,
    collect() {
      this.set(isLeading() ? 1 : 0)
    },
  })
  new Gauge({
    name: 'sluice_controller_router_pods',
    help: 'Router pods by whether they are ready; told by the leader.',
    labelNames: ['ready'],
    registers,
    collect() {
      this.reset()
      if (!isLeading()) return
      const ready = routerPods.list().filter(isPodReady).length
      this.set({ ready: 'true' }, ready)
      this.set({ ready: 'false' }, routerPods.list().length - ready)
    },
  })
  new Gauge({
    name: 'sluice_controller_routes',
    help: 'Routes, that is Services in proxy mode or on their way in or out of it; told by the leader.',
    labelNames: ['namespace'],
    registers,
    collect() {
      this.reset()
      for (const { metadata } of isLeading() ? routes.list() : []) this.inc({ namespace: metadata.namespace ?? '' })
    },
  })
  new Gauge({
    name: 'sluice_controller_fail_open',
    help: '1 while Services are in proxy mode and no router is ready: their traffic goes to the stable pods directly.',
    registers,
    collect() {
      this.set(isLeading() && routes.list().length > 0 && !routerPods.list().some(isPodReady) ? 1 : 0)
    },
  })
}
