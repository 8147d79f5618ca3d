/** How long passes over Rollouts, AnalysisRuns and Experiments took and which failed, under Argo Rollouts' names. */
import { Counter, Histogram, type Registry } from 'prom-client'
import { keepSeries, type Presence } from './series.ts'

/** Argo Rollouts' buckets, in seconds. */
export const BUCKETS = [0.01, 0.15, 0.25, 0.5, 1]

export type Reconcile<R> = (key: string) => Promise<R>
/** The same reconcile function, its passes noted. */
export type Timed = <R>(reconcile: Reconcile<R>) => Reconcile<R>

export type PassOptions = {
  /** `rollout`, `analysis_run` or `experiment`. */
  readonly prefix: string
  /** For the help, e.g. `a Rollout`. */
  readonly kind: string
  readonly presence: Presence
  /** Milliseconds of a clock that only goes forward. */
  readonly monotonic: () => number
}

export const timePasses = (registry: Registry, { prefix, kind, presence, monotonic }: PassOptions): Timed => {
  const common = { labelNames: ['namespace', 'name'] as const, registers: [registry] }
  const lasted = new Histogram({
    name: `${prefix}_reconcile`,
    help: `Seconds that one pass over ${kind} took.`,
    buckets: BUCKETS,
    ...common,
  })
  const failed = new Counter({ name: `${prefix}_reconcile_error`, help: `Passes over ${kind} that failed.`, ...common })
  const series = keepSeries(presence)
  return reconcile => async key => {
    const began = monotonic()
    const [namespace = '', name = ''] = key.split('/')
    const labels = { namespace, name }
    try {
      return await reconcile(key)
    } catch (error) {
      const add = () => failed.inc(labels)
      series.note(namespace, name, 'error', add, () => failed.remove(labels))
      throw error
    } finally {
      const add = () => lasted.observe(labels, (monotonic() - began) / 1000)
      series.note(namespace, name, 'pass', add, () => lasted.remove(labels))
    }
  }
}
