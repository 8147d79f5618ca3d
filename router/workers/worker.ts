/** A worker: the data path alone. Its table, its sockets and the time to go come from the primary; what it counts goes there. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '../../kube/clock.ts'
import type { Logger } from '../../kube/log.ts'
import { SharedJars } from '../cookie-jar.ts'
import { laneContext } from '../data-path.ts'
import { Serving } from '../serving.ts'
import { buildTable, EMPTY_TABLE } from '../table.ts'
import type { BoundSocket } from './bound-ports.ts'
import type { FromWorker, ToWorker, WorkerCost, WorkerSettings } from './protocol.ts'
import { costOf, makeReporter } from './reporter.ts'
import { sharedBinding } from './shared-binding.ts'
import { applyChange, NO_OBJECTS } from './table-change.ts'

/** What a worker that is killed has counted since its last report is lost, so they are frequent. */
const REPORT_MS = 100
/** A worker without news says at least this often that it is alive. */
const SIGN_OF_LIFE_MS = 1_000
/** Counts are reported long before they would leave a ring of this size. */
const RING_SECONDS = 8
const LAG_WINDOW_MS = 15_000
/** As the primary's: a finer one would wake an idle worker all the time. */
const LAG_RESOLUTION_MS = 50

export type Worker = {
  readonly hear: (message: ToWorker, socket: BoundSocket | undefined) => void
  /** The last report. */
  readonly end: () => void
}

export type WorkerOptions = {
  readonly settings: WorkerSettings
  readonly clock: Clock
  readonly log: Logger
  readonly send: (message: FromWorker) => void
}

export const startWorker = ({ settings, clock, log, send }: WorkerOptions): Worker => {
  let draining = false
  let objects = NO_OBJECTS
  let table = EMPTY_TABLE
  let hasTable = false
  let toldAt = 0
  const binding = sharedBinding(send)
  const cookies = new SharedJars()
  const context = laneContext(settings, { clock, log, cookies, draining: () => draining })
  const { host, lingerMs } = settings
  const serving = new Serving({ context, host, lingerMs, binding, ringSeconds: RING_SECONDS })
  const changes = makeReporter(serving)
  const cost = watchCost(clock)

  const tell = ({ question, unlessIdle = false }: { readonly question?: number; readonly unlessIdle?: boolean } = {}): void => {
    const { report, isEmpty } = changes()
    const now = clock.now()
    if (unlessIdle && isEmpty && Math.abs(now - toldAt) < SIGN_OF_LIFE_MS) return
    toldAt = now
    const { connections } = serving
    const state = { serves: hasTable && serving.listening, connections, drained: draining && connections === 0, cost: cost() }
    send({ says: 'report', report: { ...report, ...state }, ...(question === undefined ? {} : { question }) })
  }
  serving.onChange(() => tell())
  const timer = setInterval(() => tell({ unlessIdle: !draining }), REPORT_MS)

  const apply = (change: Extract<ToWorker, { do: 'apply' }>['change']): void => {
    objects = applyChange(objects, change)
    const built = buildTable([...objects.routes.values()], [...objects.slices.values()], table)
    // The primary sends only what it has accepted itself.
    for (const refusal of built.refused) log.error('a worker refuses a Route that the router accepted', refusal)
    table = built.table
    hasTable = true
    serving.apply(table)
    tell()
  }
  const drain = (): void => {
    draining = true
    serving.close()
    tell()
  }
  return {
    hear: (message, socket) => {
      if (message.do === 'keys') cookies.use(message.keys)
      if (message.do === 'apply') apply(message.change)
      if (message.do === 'listen') binding.answered(message.port, socket, message.problem)
      if (message.do === 'report') tell({ question: message.question })
      if (message.do === 'drain') drain()
    },
    end: () => {
      clearInterval(timer)
      tell()
      serving.close()
      serving.destroyConnections()
    },
  }
}

const watchCost = (clock: Clock): (() => WorkerCost) => {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  delay.enable()
  let window = { since: clock.now(), before: 0 }
  let last: WorkerCost = { cpuSeconds: 0, residentBytes: 0, lagSeconds: 0 }
  return () => {
    const current = delay.percentile(99)
    last = costOf(Math.max(current, window.before), last)
    if (clock.now() - window.since >= LAG_WINDOW_MS) {
      window = { since: clock.now(), before: current }
      delay.reset()
    }
    return last
  }
}
