/** What an event has to be told of to whom, and what of it was told before; as Argo's engine decides it. Pure. */
import { createHash } from 'node:crypto'
import { compileCondition, evaluate } from '../analysis/expr/compile.ts'
import { toExprValue } from '../analysis/expr/run/json.ts'
import type { Json } from '../analysis/providers/json.ts'
import type { Condition, Config } from './config.ts'
import { type Destination, destinationsOf, triggerOf } from './destinations.ts'

/** On a Rollout: which of the conditional notifications were sent and when (Unix seconds), as JSON. */
export const NOTIFIED_ANNOTATION = 'notified.notifications.argoproj.io'
/** More are not remembered; the oldest go. */
const MOST_NOTIFIED = 100

export type Notified = { readonly [key: string]: number }

export type ToSend = {
  readonly destination: Destination
  readonly templates: readonly string[]
  /** Remembered when it was sent; undefined: every event is told. */
  readonly key?: string
}

export type Plan = {
  readonly toSend: readonly ToSend[]
  /** Conditions that do not hold any more, so that they are told again when they next do. */
  readonly forget: readonly string[]
  readonly problems: readonly string[]
}

/** What conditions and templates can speak of. */
export type Variables = { readonly rollout: Json; readonly analysisRuns: readonly unknown[]; readonly context: Json }

const hashOf = (when: string): string => createHash('sha1').update(when).digest('base64url')

type Asked = { readonly value: unknown } | { readonly problem: string }

const ask = (source: string, variables: Variables, now: number): Asked => {
  const env = new Map(Object.entries(variables).map(([name, value]) => [name, toExprValue(value)] as const))
  const compiled = compileCondition(source, env)
  if ('problem' in compiled) return { problem: compiled.problem.message }
  const answer = evaluate(compiled.program, env, now)
  return 'problem' in answer ? { problem: answer.problem.message } : { value: answer.value }
}

type Judged = { readonly isTriggered: boolean; readonly key?: string; readonly isOnce: boolean }

/** Whether a condition holds for a Rollout now, and the key by which it is remembered. */
export const judgeTrigger = (
  { when, oncePer }: Condition,
  i: number,
  variables: Variables,
  now: number,
): Judged | { readonly problem: string } => {
  const held = when === '' ? { value: true } : ask(when, variables, now)
  if ('problem' in held) return { problem: `when: ${held.problem}` }
  if (typeof held.value !== 'boolean') return { problem: `when: ${JSON.stringify(when)} is neither true nor false` }
  if (oncePer === '') return { isTriggered: held.value, isOnce: false, ...(when !== '' && { key: `[${i}].${hashOf(when)}` }) }
  const per = ask(oncePer, variables, now)
  if ('problem' in per) return { problem: `oncePer: ${per.problem}` }
  return { isTriggered: held.value, isOnce: true, key: `${String(per.value)}:[${i}].${hashOf(when)}` }
}

export type Happened = {
  /** Of the event, e.g. RolloutCompleted. */
  readonly reason: string
  readonly annotations: { readonly [key: string]: string }
  readonly labels: { readonly [key: string]: string }
  readonly variables: Variables
  readonly notified: Notified
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The destinations of an event; none when its trigger is not there or nobody has subscribed to it, which is no fault. */
export const whoIsTold = (
  config: Config,
  { reason, annotations, labels }: Pick<Happened, 'reason' | 'annotations' | 'labels'>,
) =>
  config.triggers.has(triggerOf(reason)) ? destinationsOf(triggerOf(reason), { annotations, labels }, config.subscriptions) : []

type Step = Partial<{ readonly send: ToSend; readonly forget: string }>

/** What one condition means for one destination. */
const stepOf = (key: string | undefined, judged: Judged, notified: Notified, told: Omit<ToSend, 'key'>): Step => {
  const wasTold = key !== undefined && Object.hasOwn(notified, key)
  if (judged.isTriggered) return wasTold ? {} : { send: { ...told, ...(key !== undefined && { key }) } }
  return wasTold && !judged.isOnce ? { forget: key } : {}
}

export const planNotifications = (config: Config, happened: Happened): Plan => {
  const trigger = triggerOf(happened.reason)
  const steps: Step[] = []
  const problems: string[] = []
  const destinations = whoIsTold(config, happened)
  for (const [i, condition] of (config.triggers.get(trigger) ?? []).entries()) {
    const judged = judgeTrigger(condition, i, happened.variables, happened.now)
    if ('problem' in judged) {
      problems.push(`trigger.${trigger}[${i}]: ${judged.problem}`)
      continue
    }
    for (const destination of destinations) {
      const key = judged.key && keyOf(trigger, judged.key, destination)
      steps.push(stepOf(key, judged, happened.notified, { destination, templates: condition.templates }))
    }
  }
  const toSend = steps.flatMap(({ send }) => (send === undefined ? [] : [send]))
  const forget = steps.flatMap(step => (step.forget === undefined ? [] : [step.forget]))
  return { toSend, forget, problems }
}

/** `TRIGGER:[INDEX].HASH:SERVICE:RECIPIENT`, with what `oncePer` gave and a colon before it. */
const keyOf = (trigger: string, judged: string, { service, recipient }: Destination): string => {
  const colon = judged.lastIndexOf(':[')
  const [per, condition] = colon === -1 ? ['', judged] : [judged.slice(0, colon + 1), judged.slice(colon + 1)]
  return `${per}${trigger}:${condition}:${service}:${recipient}`
}

/** The annotation's map; one that cannot be read is empty. */
export const readNotified = (annotation: string | undefined): Notified => {
  try {
    const read: unknown = JSON.parse(annotation ?? '{}')
    return typeof read === 'object' && read !== null
      ? Object.fromEntries(Object.entries(read).filter(([, at]) => typeof at === 'number'))
      : {}
  } catch {
    // Somebody else's text: the worst that follows is one notification more.
    return {}
  }
}

/** Undefined when nothing has changed; null when nothing is left. */
export const nextNotified = (
  before: Notified,
  sent: readonly string[],
  forget: readonly string[],
  now: number,
): string | null | undefined => {
  if (sent.length === 0 && forget.length === 0) return undefined
  const kept = Object.entries({ ...before, ...Object.fromEntries(sent.map(key => [key, Math.floor(now / 1000)])) })
    .filter(([key]) => !forget.includes(key))
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_NOTIFIED)
  return kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept))
}
