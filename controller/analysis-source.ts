/** Joins the caches and the router client into what metrics are measured with. */
import type { Provider } from '../analysis/providers/provider.ts'
import { type Measure, measureWith } from '../analysis/providers/registry.ts'
import { makeSluiceRouterProvider } from '../analysis/providers/sluice-router.ts'
import { isPodReady } from '../api/pod-ready.ts'
import { isSidecarRoute } from '../engine/sidecar/placement.ts'
import type { Clock } from '../kube/clock.ts'
import { BY_NAMESPACE, type Caches } from './caches.ts'
import { keyOf } from './keys.ts'
import type { RouterClient } from './router-reports.ts'
import type { Sidecars } from './sidecars/index.ts'

export type AnalysisSourceOptions = {
  readonly caches: Pick<Caches, 'routes' | 'routerPods'>
  readonly routers: Pick<RouterClient, 'buckets'>
  readonly sidecars?: Pick<Sidecars, 'of' | 'buckets'>
  readonly clock: Pick<Clock, 'now'>
  /** Providers besides the routers. */
  readonly others?: readonly Provider[]
}

export const makeMeasure = ({ caches, routers, sidecars, clock, others = [] }: AnalysisSourceOptions): Measure => {
  const isSplitBySidecars = (namespace: string, deployment: string): boolean =>
    caches.routes.by(BY_NAMESPACE, namespace).some(route => route.spec.deployment === deployment && isSidecarRoute(route))
  return measureWith([
    ...others,
    makeSluiceRouterProvider({
      routers: (namespace, deployment) =>
        isSplitBySidecars(namespace, deployment)
          ? (sidecars?.of(namespace, deployment) ?? [])
          : caches.routerPods.list().map(pod => ({ name: pod.metadata.name, ready: isPodReady(pod) })),
      routes: (namespace, deployment) =>
        caches.routes
          .by(BY_NAMESPACE, namespace)
          .filter(route => route.spec.deployment === deployment)
          .map(route => keyOf(route.metadata.namespace, route.metadata.name)),
      // Only sidecars are known by a namespace too.
      buckets: (name, route, seconds) =>
        sidecars && name.includes('/') ? sidecars.buckets(name, route, seconds) : routers.buckets(name, route, seconds),
      now: clock.now,
    }),
  ])
}
