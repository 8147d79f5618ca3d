/** The data path as worker processes: starts and replaces them, shares the table and the sockets out, adds up what they count. */
import type { RouteReport } from '../../api/router-admin.ts'
import { type Clock, sleep, type Timer } from '../../kube/clock.ts'
import type { Logger, LogLevel } from '../../kube/log.ts'
import type { DataPath, PathSettings } from '../data-path.ts'
import { RunningRoute } from '../running-route.ts'
import type { Table } from '../table.ts'
import { afterDeath, CLEAN, type DeathRecord } from './back-off.ts'
import { BoundPorts, bindOn } from './bound-ports.ts'
import { mergeReports } from './merge-reports.ts'
import type { FromWorker, VersionChanges } from './protocol.ts'
import { Questions } from './questions.ts'
import { missingWorkers } from './readiness.ts'
import { byKey, type TableObjects } from './table-change.ts'
import { addWorkerMetrics } from './worker-metrics.ts'
import { type Death, WorkerProcess } from './worker-process.ts'

export type FleetOptions = {
  readonly workers: number
  /** What each worker runs: a script that calls runWorker(), with its arguments. */
  readonly script: string
  readonly args: readonly string[]
  readonly settings: PathSettings
  readonly logLevel: LogLevel
  readonly clock: Clock
  readonly log: Logger
}

/** How often it is looked for workers that hang; by the number of looks, since clocks are set and machines sleep. */
const LOOK_MS = 5_000
/** A worker that says nothing for half a minute hangs: it is killed and replaced. One that starts may take two. */
const STUCK_LOOKS = 6
const START_LOOKS = 24
/** Workers that were told to end are killed after this. */
const END_MS = 2_000

type Place = {
  readonly number: number
  worker?: WorkerProcess
  record: DeathRecord
  diedAt?: number
  restart?: Timer
}

export const startFleet = (options: FleetOptions): DataPath => new Fleet(options)

class Fleet implements DataPath {
  readonly routes = new Map<string, RunningRoute>()
  readonly #options: FleetOptions
  readonly #ports: BoundPorts
  readonly #places: readonly Place[]
  readonly #questions: Questions
  #objects: TableObjects | undefined
  #keys: readonly string[] = []
  #deaths = 0
  #draining = false
  #ending = false
  #look: Timer

  constructor(options: FleetOptions) {
    this.#options = options
    this.#ports = new BoundPorts(bindOn(options.settings.host))
    this.#questions = new Questions(options.clock)
    this.#places = Array.from({ length: options.workers }, (_, i) => ({ number: i + 1, record: CLEAN }))
    for (const place of this.#places) this.#start(place)
    this.#look = options.clock.setTimeout(() => this.#killStuck(), LOOK_MS)
  }

  get connections(): number {
    let sum = 0
    for (const { connections, drained } of this.#workers())
      sum += this.#draining && !drained ? Math.max(1, connections) : connections
    return sum
  }

  missing(): string | undefined {
    const places = this.#places.map(({ worker, diedAt }) => ({ serves: worker?.serves ?? false, diedAt }))
    const missing = missingWorkers(places, this.#options.clock.now())
    if (missing !== undefined) return missing
    const listening = [...this.routes.values()].every(route => route.removed || this.#reportOf(route).listening)
    return listening ? undefined : 'not every port of every Route is listened on'
  }

  apply(table: Table, slices: Parameters<DataPath['apply']>[1]): void {
    for (const plan of table.routes.values()) {
      const route = this.routes.get(plan.key) ?? new RunningRoute(plan)
      route.removed = false
      route.apply(plan)
      this.routes.set(plan.key, route)
    }
    for (const [key, route] of this.routes) if (!table.routes.has(key)) route.removed = true
    this.#objects = { routes: table.accepted, slices: byKey(slices) }
    if (!this.#draining)
      this.#ports.want(new Set([...table.routes.values()].flatMap(({ ports }) => ports.map(({ listenPort }) => listenPort))))
    for (const worker of this.#workers()) worker.apply(this.#objects)
    this.#forgetRemoved()
  }

  useKeys(keys: readonly string[]): void {
    this.#keys = keys
    for (const worker of this.#workers()) worker.send({ do: 'keys', keys })
  }

  report(): { readonly [route: string]: RouteReport } {
    const inForce = [...this.routes.values()].filter(({ removed }) => !removed)
    return Object.fromEntries(inForce.map(route => [route.key, this.#reportOf(route)]))
  }

  versionOf(route: RunningRoute): number {
    return this.#reportOf(route).version
  }

  refresh(): Promise<void> {
    return this.#questions.ask(this.#workers().filter(({ hasReported }) => hasReported))
  }

  observe(registry: Parameters<DataPath['observe']>[0]): void {
    const source = { wanted: () => this.#places.length, workers: () => this.#workers(), deaths: () => this.#deaths }
    addWorkerMetrics(registry, source)
  }

  drain(): void {
    this.#draining = true
    this.#ports.want(new Set())
    for (const { restart } of this.#places) restart?.cancel()
    for (const worker of this.#workers()) worker.send({ do: 'drain' })
  }

  async stop(): Promise<void> {
    if (!this.#draining) this.drain()
    this.#ending = true
    this.#look.cancel()
    for (const worker of this.#workers()) worker.send({ do: 'end' })
    const { clock } = this.#options
    const deadline = clock.now() + END_MS
    while (this.#workers().length > 0 && clock.now() < deadline) await sleep(clock, 10)
    for (const worker of this.#workers()) worker.kill()
    for (const route of this.routes.values()) route.retire()
  }

  #workers(): readonly WorkerProcess[] {
    return this.#places.flatMap(({ worker }) => worker ?? [])
  }

  #reportOf({ plan }: RunningRoute): RouteReport {
    return mergeReports(plan, this.#workers())
  }

  #start(place: Place): void {
    const { script, args, settings, logLevel, clock } = this.#options
    const worker = new WorkerProcess({
      script,
      args,
      settings: { ...settings, worker: place.number, logLevel },
      now: clock.now,
      onMessage: (from, message) => this.#hear(from, message),
      onDeath: (from, death) => this.#died(place, from, death),
    })
    place.worker = worker
    worker.send({ do: 'keys', keys: this.#keys })
    if (this.#objects) worker.apply(this.#objects)
  }

  #hear(worker: WorkerProcess, message: FromWorker): void {
    if (message.says === 'closed') this.#ports.closed(worker, message.port)
    else if (message.says === 'open') this.#answerOpen(worker, message.port)
    else this.#takeReport(worker, message)
  }

  #takeReport(worker: WorkerProcess, { report, question }: Extract<FromWorker, { says: 'report' }>): void {
    const hasServed = worker.serves
    worker.take(report)
    if (worker.serves && !hasServed) this.#options.log.info('a worker serves', { worker: worker.number, pid: worker.pid })
    for (const changes of report.counts) this.#count(changes)
    this.#showOpen(Object.keys(report.routes))
    this.#forgetRemoved()
    if (question !== undefined) this.#questions.answered(worker, question)
  }

  #answerOpen(worker: WorkerProcess, port: number): void {
    const opened = this.#ports.open(worker, port)
    if ('problem' in opened) worker.send({ do: 'listen', port, problem: opened.problem })
    else worker.send({ do: 'listen', port }, opened)
  }

  /** Of a version that nothing is kept of any more nothing is counted. */
  #count({ route, hash, ring, counters }: VersionChanges): void {
    const stats = this.routes.get(route)?.stats.get(hash)
    if (ring) stats?.ring.add(ring)
    if (counters) stats?.addCounters(counters)
  }

  /** What is open is what all workers have open now. */
  #showOpen(keys: Iterable<string>): void {
    for (const key of keys) {
      const route = this.routes.get(key)
      if (!route) continue
      const reports = this.#workers().flatMap(({ routes }) => routes.get(key) ?? [])
      route.connections = reports.reduce((sum, { connections }) => sum + connections, 0)
      for (const [hash, stats] of route.stats)
        stats.inFlight = reports.reduce((sum, { inFlight }) => sum + (inFlight[hash] ?? 0), 0)
    }
  }

  #forgetRemoved(): void {
    for (const [key, route] of this.routes) {
      if (!route.removed || this.#workers().some(({ routes }) => routes.has(key))) continue
      route.retire()
      this.routes.delete(key)
    }
  }

  #died(place: Place, worker: WorkerProcess, { code, signal, error }: Death): void {
    const { clock, log } = this.#options
    delete place.worker
    this.#ports.left(worker)
    this.#questions.left(worker)
    this.#showOpen(worker.routes.keys())
    this.#forgetRemoved()
    if (this.#ending) return
    this.#deaths += 1
    const { waitMs, record } = afterDeath(place.record, clock.now() - worker.startedAt)
    place.record = record
    if (worker.serves) place.diedAt = clock.now()
    log.error('a worker died, and with it the requests that were under way in it', {
      worker: place.number,
      pid: worker.pid,
      ...(signal ? { signal } : { code }),
      ...(error ? { error } : {}),
      ...(this.#draining ? {} : { replacedInMs: waitMs }),
    })
    if (this.#draining) return
    place.restart = clock.setTimeout(() => this.#start(place), waitMs)
  }

  #killStuck(): void {
    const { clock, log } = this.#options
    for (const worker of this.#workers()) {
      worker.silentLooks += 1
      if (worker.silentLooks <= (worker.serves ? STUCK_LOOKS : START_LOOKS)) continue
      log.error('a worker hangs, it is killed', { worker: worker.number, pid: worker.pid })
      worker.kill()
    }
    this.#look = clock.setTimeout(() => this.#killStuck(), LOOK_MS)
  }
}
