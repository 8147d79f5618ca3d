/** Prometheus metrics of queues, workers and informers. Queue metrics have client-go's names, so that existing dashboards show them. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { KubeObject } from '../api/kubernetes.ts'
import type { Informer, InformerStats } from './informer.ts'
import type { QueueMetrics, WorkQueue } from './work-queue.ts'
import type { ReconcileMetrics, ReconcileOutcome } from './workers.ts'

/** client-go's: 10 ns to 10 s. The shortest are left out, since no Node timer tells them apart. */
const QUEUE_BUCKETS = [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10]
const RECONCILE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

const OUTCOMES: readonly ReconcileOutcome[] = ['success', 'requeue_after', 'conflict', 'error', 'terminal']

const counter = (registry: Registry, name: string, help: string): Counter<'name'> =>
  new Counter({ name, help, labelNames: ['name'], registers: [registry] })

const histogram = (registry: Registry, name: string, help: string): Histogram<'name'> =>
  new Histogram({ name, help, labelNames: ['name'], buckets: QUEUE_BUCKETS, registers: [registry] })

export type ControllerMetrics = {
  /** For makeWorkQueue; `name` is the label. Call `observeQueue` with the queue that was made with it. */
  readonly queueMetrics: (name: string) => QueueMetrics
  /** Gauges that are read from the queue when the metrics are. */
  readonly observeQueue: (name: string, queue: WorkQueue) => void
  readonly reconcileMetrics: (name: string) => ReconcileMetrics
}

const observeQueues = (registry: Registry, now: () => number): ControllerMetrics['observeQueue'] => {
  const queues = new Map<string, WorkQueue>()
  const observed = (name: string, help: string, read: (queue: WorkQueue) => number): Gauge<'name'> =>
    new Gauge({
      name,
      help,
      labelNames: ['name'],
      registers: [registry],
      collect() {
        for (const [label, queue] of queues) this.set({ name: label }, read(queue))
      },
    })
  const secondsSoFar = (queue: WorkQueue): readonly number[] =>
    [...queue.processing().values()].map(startedAt => Math.max(0, now() - startedAt) / 1000)
  observed('workqueue_depth', 'Keys that wait to be processed', queue => queue.depth())
  observed(
    'workqueue_unfinished_work_seconds',
    'Sum of the time that the keys being processed have taken so far; it grows steadily when a worker is stuck',
    queue => secondsSoFar(queue).reduce((sum, each) => sum + each, 0),
  )
  observed('workqueue_longest_running_processor_seconds', 'How long the longest running reconcile has run', queue =>
    Math.max(0, ...secondsSoFar(queue)),
  )
  return (name, queue) => void queues.set(name, queue)
}

/** Once for each registry; a second time throws, as prom-client does for a name that is taken. */
export const makeControllerMetrics = (registry: Registry, now: () => number = Date.now): ControllerMetrics => {
  const adds = counter(registry, 'workqueue_adds_total', 'Keys that were added')
  const retries = counter(registry, 'workqueue_retries_total', 'Keys that were added again after a failure')
  const waited = histogram(registry, 'workqueue_queue_duration_seconds', 'How long keys waited before they were taken')
  const worked = histogram(registry, 'workqueue_work_duration_seconds', 'How long it took to process a key')
  const reconciles = new Counter({
    name: 'sluice_reconcile_total',
    help: 'Reconciles by what came of them',
    labelNames: ['name', 'result'],
    registers: [registry],
  })
  const reconcileSeconds = new Histogram({
    name: 'sluice_reconcile_duration_seconds',
    help: 'How long reconciles took',
    labelNames: ['name'],
    buckets: RECONCILE_BUCKETS,
    registers: [registry],
  })
  return {
    queueMetrics: name => {
      const [added, retried] = [adds.labels(name), retries.labels(name)]
      const [taken, finished] = [waited.labels(name), worked.labels(name)]
      return {
        added: () => added.inc(),
        retried: () => retried.inc(),
        taken: ms => taken.observe(ms / 1000),
        finished: ms => finished.observe(ms / 1000),
      }
    },
    observeQueue: observeQueues(registry, now),
    reconcileMetrics: name => {
      for (const result of OUTCOMES) reconciles.inc({ name, result }, 0)
      return {
        reconciled: (result, ms) => {
          reconciles.inc({ name, result })
          reconcileSeconds.observe({ name }, ms / 1000)
        },
      }
    },
  }
}

const INFORMER_COUNTS: { readonly [name in keyof Omit<InformerStats, 'objects'>]: string } = {
  lists: 'Whole lists that were taken over',
  watches: 'Watches that were opened',
  events: 'Events and bookmarks that arrived',
  failures: 'Lists and watches that failed',
  gone: 'Times that the API server no longer knew the version to go on from',
}

type Observed = Pick<Informer<KubeObject>, 'resource' | 'hasSynced' | 'lastEventAgeMs' | 'stats'>

/** Ages, sizes and counts of informers, read when the metrics are. Once for each registry. */
export const observeInformers = (registry: Registry, informers: readonly Observed[]): void => {
  const common = { labelNames: ['resource'], registers: [registry] }
  const gauge = (name: string, help: string, read: (informer: Observed) => number): Gauge =>
    new Gauge({
      ...common,
      name,
      help,
      collect() {
        for (const informer of informers) this.set({ resource: informer.resource.plural }, read(informer))
      },
    })
  gauge('sluice_informer_synced', '1 when the first list was taken over', informer => (informer.hasSynced() ? 1 : 0))
  gauge('sluice_informer_objects', 'Objects in memory', informer => informer.stats().objects)
  gauge(
    'sluice_informer_last_event_age_seconds',
    'How long the API server has said nothing',
    informer => informer.lastEventAgeMs() / 1000,
  )
  for (const [name, help] of Object.entries(INFORMER_COUNTS))
    new Counter({
      ...common,
      name: `sluice_informer_${name}_total`,
      help,
      collect() {
        this.reset()
        for (const informer of informers)
          this.inc({ resource: informer.resource.plural }, informer.stats()[name as keyof typeof INFORMER_COUNTS])
      },
    })
}
