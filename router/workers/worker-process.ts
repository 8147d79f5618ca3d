/** One worker as the primary sees it: its process, and what it last said of itself. */
import { type ChildProcess, fork, type SendHandle } from 'node:child_process'
import type { RouteReport } from '../../api/router-admin.ts'
import type { BoundSocket } from './bound-ports.ts'
import type { WorkerView } from './merge-reports.ts'
import type { FromWorker, ToWorker, WorkerCost, WorkerReport, WorkerSettings } from './protocol.ts'
import { changeBetween, NO_OBJECTS, type TableObjects } from './table-change.ts'

export type Death = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly error?: Error }

export type WorkerProcessOptions = {
  /** The script that runWorker() is called by, and its arguments. */
  readonly script: string
  readonly args: readonly string[]
  readonly settings: WorkerSettings
  readonly now: () => number
  readonly onMessage: (worker: WorkerProcess, message: FromWorker) => void
  /** Once; nothing comes after it. */
  readonly onDeath: (worker: WorkerProcess, death: Death) => void
}

export class WorkerProcess implements WorkerView {
  readonly number: number
  readonly startedAt: number
  readonly from = new Map<string, number>()
  readonly routes = new Map<string, RouteReport>()
  serves = false
  connections = 0
  drained = false
  /** How often it has been looked at since it last said anything. */
  silentLooks = 0
  cost: WorkerCost = { cpuSeconds: 0, residentBytes: 0, lagSeconds: 0 }
  readonly #child: ChildProcess
  #sent: TableObjects | undefined

  constructor({ script, args, settings, now, onMessage, onDeath }: WorkerProcessOptions) {
    this.number = settings.worker
    this.startedAt = now()
    this.#child = fork(script, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (message: FromWorker) => onMessage(this, message))
    let isDead = false
    const died = (death: Death): void => {
      if (isDead) return
      isDead = true
      onDeath(this, death)
    }
    // The channel is read to its end first, so that the last report is heard.
    this.#child.once('close', (code, signal) => died({ code, signal }))
    this.#child.on('error', error => {
      if (this.#child.pid === undefined) died({ code: null, signal: null, error })
    })
    this.send({ do: 'start', settings })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** It has told of a table in force. */
  get hasReported(): boolean {
    return this.routes.size > 0 || this.serves
  }

  send(message: ToWorker, socket?: BoundSocket): void {
    // A channel that is gone is told by the death of the process.
    if (this.#child.connected) this.#child.send(message, socket as unknown as SendHandle | undefined, {}, () => {})
  }

  /** Tells it what it does not know yet. */
  apply(objects: TableObjects): void {
    this.send({ do: 'apply', change: changeBetween(this.#sent ?? NO_OBJECTS, objects) })
    if (this.#sent === undefined) for (const [key, { spec }] of objects.routes) this.from.set(key, spec.version)
    this.#sent = objects
    for (const key of this.from.keys()) if (!objects.routes.has(key)) this.from.delete(key)
  }

  /** Takes over the state that a report gives; its counts are for the caller. */
  take({ routes, serves, connections, drained, cost }: WorkerReport): void {
    this.silentLooks = 0
    for (const [key, report] of Object.entries(routes)) {
      if (report === null) this.routes.delete(key)
      else this.routes.set(key, report)
      // From its first own acknowledgement on that is what counts.
      if (report !== null && report.version > 0) this.from.delete(key)
    }
    this.serves ||= serves
    Object.assign(this, { connections, drained, cost })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
