/** Joins the caches and the router client into what metrics are measured with. */
import { type Measure, measureWith } from '../analysis/providers/registry.ts'
import { makeSluiceRouterProvider } from '../analysis/providers/sluice-router.ts'
import type { Clock } from '../kube/clock.ts'
import { BY_NAMESPACE, type Caches, isPodReady } from './caches.ts'
import { keyOf } from './keys.ts'
import type { RouterClient } from './router-reports.ts'

export type AnalysisSourceOptions = {
  readonly caches: Pick<Caches, 'routes' | 'routerPods'>
  readonly routers: Pick<RouterClient, 'buckets'>
  readonly clock: Pick<Clock, 'now'>
}

export const makeMeasure = ({ caches, routers, clock }: AnalysisSourceOptions): Measure =>
  measureWith([
    makeSluiceRouterProvider({
      routers: () => caches.routerPods.list().map(pod => ({ name: pod.metadata.name, ready: isPodReady(pod) })),
      routes: (namespace, deployment) =>
        caches.routes
          .by(BY_NAMESPACE, namespace)
          .filter(route => route.spec.deployment === deployment)
          .map(route => keyOf(route.metadata.namespace, route.metadata.name)),
      buckets: routers.buckets,
      now: clock.now,
    }),
  ])
