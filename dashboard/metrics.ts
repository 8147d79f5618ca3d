/** What the dashboard counts, in a registry of its own. */
import { Counter, Gauge, Registry } from 'prom-client'
import type { Action } from './contract.ts'

export type DashboardMetrics = {
  readonly registry: Registry
  readonly countRequest: (method: string, status: number) => void
  readonly countAction: (action: Action, outcome: 'done' | 'refused') => void
  /** A stream began or ended. */
  readonly countStream: (change: 1 | -1) => void
  /** Read when the metrics are. */
  readonly observeSessions: (count: () => number) => void
}

/** Methods as label values; all others are one, so that no caller can make labels up. */
const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE']

export const makeMetrics = (): DashboardMetrics => {
  const registry = new Registry()
  const requests = new Counter({
    name: 'sluice_dashboard_requests_total',
    help: 'Answers of the dashboard, by method and class of status.',
    labelNames: ['method', 'status'],
    registers: [registry],
  })
  const actions = new Counter({
    name: 'sluice_dashboard_actions_total',
    help: 'Actions that people took, by action and whether they were done or refused.',
    labelNames: ['action', 'outcome'],
    registers: [registry],
  })
  const streams = new Gauge({
    name: 'sluice_dashboard_streams',
    help: 'Pages and programs that are being told of changes now.',
    registers: [registry],
  })
  return {
    registry,
    countRequest: (method, status) =>
      requests.inc({ method: METHODS.includes(method) ? method : 'other', status: `${Math.floor(status / 100)}xx` }),
    countAction: (action, outcome) => actions.inc({ action, outcome }),
    countStream: change => streams.inc(change),
    observeSessions: count => {
      new Gauge({
        name: 'sluice_dashboard_sessions',
        help: 'People who are signed in.',
        registers: [registry],
        collect() {
          this.set(count())
        },
      })
    },
  }
}
