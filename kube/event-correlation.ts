/**
 * Which events are the same, and which are too many. As with client-go's correlator the same text again raises a count, and more than ten
 * different texts for one object and reason within ten minutes become one event. An object has a hundred writes at once, then one every half
 * minute, so that something that goes wrong all the time does not drown the API server (client-go allows 25, fewer than an update in many steps tells).
 */
import type { KubeObject } from '../api/kubernetes.ts'

export type EventText = {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, from a closed set. */
  readonly reason: string
  readonly message: string
}

export type Correlation = {
  /** Events with the same key are the same event. */
  readonly key: string
  readonly event: EventText
}

const MOST_TEXTS = 10
const SIMILAR_MS = 10 * 60_000
const BURST = 100
const REFILL_MS = 30_000
/** How many groups and objects are remembered. */
const KEPT = 2000

type Group = { readonly since: number; readonly messages: Set<string> }
type Allowance = { readonly left: number; readonly at: number }

/** Sets at the end of the map's order, and forgets what is longest at its beginning. */
const remember = <V>(map: Map<string, V>, key: string, value: V): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > KEPT && oldest !== undefined) map.delete(oldest)
}

/** Answers under which key and with which text an event is to be written; undefined when the object has had too many. */
export const makeCorrelator = (): ((about: KubeObject, event: EventText, now: number) => Correlation | undefined) => {
  const groups = new Map<string, Group>()
  const allowances = new Map<string, Allowance>()

  const isAllowed = (object: string, now: number): boolean => {
    const before = allowances.get(object) ?? { left: BURST, at: now }
    const left = Math.min(BURST, before.left + Math.max(0, now - before.at) / REFILL_MS)
    remember(allowances, object, { left: left >= 1 ? left - 1 : left, at: now })
    return left >= 1
  }
  return (about, event, now) => {
    const object = [about.kind, about.metadata.namespace, about.metadata.name, about.metadata.uid]
    if (!isAllowed(JSON.stringify(object), now)) return undefined
    const groupKey = JSON.stringify([...object, event.type, event.reason])
    const before = groups.get(groupKey)
    const group = before && now - before.since < SIMILAR_MS ? before : { since: now, messages: new Set<string>() }
    if (group.messages.size < MOST_TEXTS) group.messages.add(event.message)
    remember(groups, groupKey, group)
    return group.messages.has(event.message)
      ? { key: JSON.stringify([groupKey, event.message]), event }
      : { key: groupKey, event: { ...event, message: `(combined from similar events): ${event.message}` } }
  }
}
