/** Events of Rollouts and the notifications about them, counted under Argo Rollouts' names. */
import { Counter, Histogram, type Registry } from 'prom-client'
import type { EventRecorder } from '../../kube/events.ts'
import type { NotifierOptions } from '../notifications.ts'
import { BUCKETS } from './passes.ts'
import { keepSeries, type Presence } from './series.ts'

const NAMED = ['namespace', 'name'] as const
const TYPED = [...NAMED, 'type', 'reason'] as const

/** The recorder, with its events about Rollouts counted; those about an annotated Deployment are events of the Rollout of its name. */
export const makeEventCounter = (registry: Registry, presence: Presence): ((events: EventRecorder) => EventRecorder) => {
  const counter = new Counter({
    name: 'rollout_events_total',
    help: 'Events about a Rollout, or about the annotated Deployment of its name.',
    labelNames: TYPED,
    registers: [registry],
  })
  const series = keepSeries(presence)
  return events => ({
    ...events,
    record: (about, event) => {
      events.record(about, event)
      if (about.kind !== 'Rollout' && about.kind !== 'Deployment') return
      const { namespace = '', name } = about.metadata
      const { type, reason } = event
      const labels = { namespace, name, type, reason }
      const [add, remove] = [() => counter.inc(labels), () => counter.remove(labels)]
      series.note(namespace, name, `${type} ${reason}`, add, remove)
    },
  })
}

/** What the notifier calls after each notification. */
export const makeNotificationCounter = (registry: Registry, presence: Presence): NonNullable<NotifierOptions['observe']> => {
  const registers = [registry]
  const sent = new Counter({
    name: 'notification_send_success',
    help: 'Notifications that a service accepted, by the event that they tell of.',
    labelNames: TYPED,
    registers,
  })
  const failed = new Counter({
    name: 'notification_send_error',
    help: 'Notifications that could not be rendered or sent, by the event that they tell of.',
    labelNames: TYPED,
    registers,
  })
  const lasted = new Histogram({
    name: 'notification_send',
    help: 'Seconds that sending one notification took, further tries included.',
    labelNames: NAMED,
    buckets: BUCKETS,
    registers,
  })
  const series = keepSeries(presence)
  return ({ namespace, name, type, reason, seconds, isSent }) => {
    const counter = isSent ? sent : failed
    const labels = { namespace, name, type, reason }
    const count = () => counter.inc(labels)
    series.note(namespace, name, `${isSent} ${type} ${reason}`, count, () => counter.remove(labels))
    const observe = () => lasted.observe({ namespace, name }, seconds)
    series.note(namespace, name, 'lasted', observe, () => lasted.remove({ namespace, name }))
  }
}
