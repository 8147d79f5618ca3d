/** What Prometheus is told of the workers as processes; what they count of requests is in the router's own metrics. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { WorkerCost } from './protocol.ts'

export type WorkersSource = {
  readonly wanted: () => number
  readonly workers: () => Iterable<{ readonly number: number; readonly serves: boolean; readonly cost: WorkerCost }>
  /** Workers that ended without being told to. */
  readonly deaths: () => number
}

export const addWorkerMetrics = (registry: Registry, source: WorkersSource): void => {
  const registers = [registry]
  new Gauge({
    name: 'sluice_router_workers',
    help: 'Worker processes, by whether they serve. Only where the router has workers.',
    labelNames: ['state'],
    registers,
    collect() {
      const serving = [...source.workers()].filter(({ serves }) => serves).length
      this.set({ state: 'serving' }, serving)
      this.set({ state: 'missing' }, source.wanted() - serving)
    },
  })
  new Counter({
    name: 'sluice_router_worker_deaths_total',
    help: 'Worker processes that ended without being told to, each with the requests that were under way in it.',
    labelNames: [],
    registers,
    collect() {
      this.reset()
      this.inc(source.deaths())
    },
  })
  const perWorker = <M extends Gauge | Counter>(metric: (collect: (this: M) => void) => M, read: (cost: WorkerCost) => number) =>
    metric(function (this: M) {
      this.reset()
      for (const { number, cost } of source.workers()) this.inc({ worker: String(number) }, read(cost))
    })
  const labels = { labelNames: ['worker'], registers }
  perWorker<Counter>(
    collect =>
      new Counter({
        name: 'sluice_router_worker_cpu_seconds_total',
        help: 'CPU time of the worker process, user and system.',
        ...labels,
        collect,
      }),
    ({ cpuSeconds }) => cpuSeconds,
  )
  perWorker<Gauge>(
    collect =>
      new Gauge({
        name: 'sluice_router_worker_resident_memory_bytes',
        help: 'Resident memory of the worker process.',
        ...labels,
        collect,
      }),
    ({ residentBytes }) => residentBytes,
  )
  perWorker<Gauge>(
    collect =>
      new Gauge({
        name: 'sluice_router_worker_eventloop_lag_p99_seconds',
        help: 'The 99th percentile of the event loop delays of the worker process, over its last 15 to 30 seconds.',
        ...labels,
        collect,
      }),
    ({ lagSeconds }) => lagSeconds,
  )
}
