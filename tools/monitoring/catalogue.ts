/** Every metric that a process exports, read from the very registries that it registers them on. */
import { Registry } from 'prom-client'
import { addAnalysisMetrics } from '../../controller/analysis-metrics.ts'
import { makeArgoMetrics } from '../../controller/argo-metrics/index.ts'
import type { Caches } from '../../controller/caches.ts'
import { addFleetMetrics } from '../../controller/fleet-metrics.ts'
import { addRolloutGauges, makeRolloutCounters } from '../../controller/rollout-metrics.ts'
import { makeMetrics as makeDashboardMetrics } from '../../dashboard/metrics.ts'
import { observeClient } from '../../kube/api-metrics.ts'
import type { KubeClient } from '../../kube/client.ts'
import { makeControllerMetrics, observeInformers } from '../../kube/metrics.ts'
import { observeCertificate, observeProcess } from '../../kube/process-metrics.ts'
import { makeMetrics as makeRouterMetrics } from '../../router/stats/metrics.ts'
import { addStateMetrics } from '../../router/stats/state-metrics.ts'
import { addWorkerMetrics } from '../../router/workers/worker-metrics.ts'
import { makeMetrics as makeWebhookMetrics, observeRegistration } from '../../webhook/metrics.ts'

/** A sidecar exports what a router does. */
export type Component = 'controller' | 'router' | 'webhook' | 'dashboard'

export type Metric = {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
  /** The processes that export it. */
  readonly components: readonly Component[]
}

/** Enough of the caches to register on; nothing is ever read from it. */
const EMPTY = { list: () => [], onChange: () => () => {} }
const CACHES = new Proxy({} as Caches, { get: () => EMPTY })
const NO_CLIENT = {} as KubeClient
const never = () => false

const controllerRegistry = (): Registry => {
  const registry = new Registry()
  const { rollouts, analysisRuns: runs, routerPods, routes } = CACHES
  const source = { rollouts, isOurs: never, isLeading: never, now: () => 0 }
  makeArgoMetrics(registry, { caches: CACHES, isLeading: never, scope: { userRollouts: true }, monotonic: () => 0 })
  addRolloutGauges(registry, source)
  makeRolloutCounters(registry, source)
  addAnalysisMetrics(registry, { runs, rollouts, isOurs: never, isLeading: never })
  addFleetMetrics(registry, { routerPods, routes, isLeading: never })
  makeControllerMetrics(registry)
  return registry
}

const routerRegistry = (): Registry => {
  const registry = makeRouterMetrics({ routes: () => [] })
  addStateMetrics(registry, { draining: never, publishes: never, source: () => 'empty', refused: () => [] })
  addWorkerMetrics(registry, { wanted: () => 0, workers: () => [], deaths: () => 0 })
  observeCertificate(registry, () => undefined)
  return registry
}

const webhookRegistry = (): Registry => {
  const { registry } = makeWebhookMetrics()
  observeRegistration(registry, never)
  observeCertificate(registry, () => undefined)
  return registry
}

const dashboardRegistry = (): Registry => {
  const { registry, observeSessions } = makeDashboardMetrics()
  observeSessions(() => 0)
  observeCertificate(registry, () => undefined)
  return registry
}

const REGISTRIES: { readonly [component in Component]: () => Registry } = {
  controller: controllerRegistry,
  router: routerRegistry,
  webhook: webhookRegistry,
  dashboard: dashboardRegistry,
}

/** prom-client keeps the names of the labels on the metric, outside of its types. */
const labelsOf = (metric: unknown): readonly string[] => {
  const names: unknown = typeof metric === 'object' && metric !== null ? Reflect.get(metric, 'labelNames') : undefined
  return Array.isArray(names) ? names.map(String) : []
}

const metricsOf = async (component: Component): Promise<readonly Omit<Metric, 'components'>[]> => {
  const registry = REGISTRIES[component]()
  observeProcess(registry, { component, version: '' })
  observeClient(registry, NO_CLIENT)
  // What the dashboard watches it watches for one person each, and counts no events of it.
  if (component !== 'dashboard') observeInformers(registry, [])
  const all = await registry.getMetricsAsJSON()
  return all.map(({ name, help, type }) => ({
    name,
    help,
    type: String(type),
    labels: labelsOf(registry.getSingleMetric(name)),
  }))
}

/** By name, each once with all the processes that export it. */
export const readCatalogue = async (): Promise<readonly Metric[]> => {
  const found = new Map<string, Metric>()
  for (const component of ['controller', 'router', 'webhook', 'dashboard'] as const)
    for (const metric of await metricsOf(component)) {
      const components = [...(found.get(metric.name)?.components ?? []), component]
      found.set(metric.name, { ...metric, components })
    }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
