/** The controller's metrics under the names that Argo Rollouts' dashboards and alerts use; those of our own are in rollout-metrics.ts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Caches } from './caches.ts'

export type Metrics = {
  readonly reconciled: (namespace: string, name: string, seconds: number) => void
  readonly failed: (namespace: string, name: string) => void
}

const strategyOf = (spec: { readonly strategy?: { readonly blueGreen?: unknown } }) =>
  spec.strategy?.blueGreen === undefined ? 'canary' : 'blueGreen'

/** Registers everything on `registry`; gauges that mirror objects are read from the caches at scrape time, so none goes stale. */
export const makeMetrics = (registry: Registry, caches: Caches): Metrics => {
  const registers = [registry]
  const labelNames = ['namespace', 'name'] as const
  new Gauge({
    name: 'rollout_info',
    help: 'One for each Rollout, by its phase',
    labelNames: ['namespace', 'name', 'strategy', 'traffic_router', 'phase'],
    registers,
    collect() {
      this.reset()
      for (const { metadata, spec, status } of caches.rollouts.list()) {
        const { namespace = '', name } = metadata
        this.set(
          { namespace, name, strategy: strategyOf(spec), traffic_router: 'sluice/router', phase: status?.phase ?? 'Progressing' },
          1,
        )
      }
    },
  })
  new Gauge({
    name: 'analysis_run_info',
    help: 'One for each AnalysisRun, by its phase',
    labelNames: ['namespace', 'name', 'phase'],
    registers,
    collect() {
      this.reset()
      for (const { metadata, status } of caches.analysisRuns.list()) {
        this.set({ namespace: metadata.namespace ?? '', name: metadata.name, phase: status?.phase ?? 'Pending' }, 1)
      }
    },
  })
  const reconcile = new Histogram({
    name: 'rollout_reconcile',
    help: 'Seconds that one pass over a Rollout took',
    labelNames,
    buckets: [0.01, 0.15, 0.25, 0.5, 1],
    registers,
  })
  const errors = new Counter({
    name: 'rollout_reconcile_error',
    help: 'Passes over a Rollout that failed',
    labelNames,
    registers,
  })
  caches.rollouts.onChange((_, rollout, before) => {
    if (rollout !== undefined || before === undefined) return
    const labels = { namespace: before.metadata.namespace ?? '', name: before.metadata.name }
    reconcile.remove(labels)
    errors.remove(labels)
  })
  return {
    reconciled: (namespace, name, seconds) => reconcile.observe({ namespace, name }, seconds),
    failed: (namespace, name) => errors.inc({ namespace, name }),
  }
}
