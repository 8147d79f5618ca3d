/**
 * Keeps the newest report of every router and tells when one has changed in a way that a rollout may wait for. Routers acknowledge on
 * their admin port, which nobody can watch, so they are asked: often while a rollout is moving, seldom at rest.
 */
import type { RouteReport, RouterReport } from '../api/router-admin.ts'
import type { Clock, Timer } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'

export type RouterWatch = {
  /** By pod name; a router that did not answer is missing. */
  readonly reports: () => ReadonlyMap<string, RouterReport>
  readonly stop: () => void
}

export type RouterWatchOptions = {
  readonly ask: () => Promise<ReadonlyMap<string, RouterReport | Error>>
  /** True while any Route exists. */
  readonly isAnyRoute: () => boolean
  /** Called with `NAMESPACE/NAME` of each Route of which some router says something new. */
  readonly onChange: (route: string) => void
  readonly clock: Clock
  readonly log: Logger
  readonly everyMs?: number
}

const DEFAULT_EVERY_MS = 250

/** Requests under way change all the time; only their coming to an end is news. */
const newsOf = (report: RouteReport | undefined): string =>
  report === undefined
    ? 'none'
    : JSON.stringify([
        report.version,
        report.listening,
        report.upstreams,
        report.connections === 0,
        Object.values(report.inFlight).every(n => n === 0),
      ])

const routesIn = (reports: ReadonlyMap<string, RouterReport>): Set<string> =>
  new Set([...reports.values()].flatMap(report => Object.keys(report.routes)))

/** The Routes of which at least one router's news differ between two rounds. Pure. */
export const changedRoutes = (
  before: ReadonlyMap<string, RouterReport>,
  after: ReadonlyMap<string, RouterReport>,
): readonly string[] => {
  const routers = new Set([...before.keys(), ...after.keys()])
  const routes = routesIn(before).union(routesIn(after))
  return [...routes].filter(route =>
    [...routers].some(name => newsOf(before.get(name)?.routes[route]) !== newsOf(after.get(name)?.routes[route])),
  )
}

/** Starts asking; ends with `stop`. */
export const startRouterWatch = (options: RouterWatchOptions): RouterWatch => {
  const { clock, log, everyMs = DEFAULT_EVERY_MS } = options
  let reports: ReadonlyMap<string, RouterReport> = new Map()
  let timer: Timer | undefined
  let stopped = false
  const silent = new Set<string>()

  const note = (name: string, answer: RouterReport | Error) => {
    if (!(answer instanceof Error)) return void silent.delete(name)
    // Once a router, not once a round.
    if (!silent.has(name)) log.warn('a router does not answer on its admin port', { router: name, error: answer.message })
    silent.add(name)
  }

  const round = async () => {
    const answers = options.isAnyRoute() ? await options.ask() : new Map<string, RouterReport | Error>()
    const next = new Map<string, RouterReport>()
    for (const [name, answer] of answers) {
      note(name, answer)
      if (!(answer instanceof Error)) next.set(name, answer)
    }
    const changed = changedRoutes(reports, next)
    reports = next
    for (const route of changed) options.onChange(route)
  }

  const loop = () => {
    if (stopped) return
    round()
      .catch((error: unknown) => log.error('asking the routers failed', { error: String(error) }))
      .finally(() => {
        if (!stopped) timer = clock.setTimeout(loop, everyMs)
      })
  }
  loop()
  return {
    reports: () => reports,
    stop: () => {
      stopped = true
      timer?.cancel()
    },
  }
}
