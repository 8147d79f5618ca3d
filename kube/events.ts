/**
 * Events about objects, as `kubectl describe` shows them. The same event again raises the count of the one that is there instead of
 * making another, as client-go's recorder does. An event that cannot be written is logged and lost: nothing may wait for it.
 */
import type { KubeObject } from '../api/kubernetes.ts'
import type { KubeClient } from './client.ts'
import type { Clock } from './clock.ts'
import { isAlreadyExists, isNotFound, messageOf } from './errors.ts'
import { type EventText, makeCorrelator } from './event-correlation.ts'
import type { Logger } from './log.ts'
import { EVENTS } from './resources.ts'

export type { EventText } from './event-correlation.ts'

export type EventRecorder = {
  /** Returns at once; the write goes its own way. */
  readonly record: (about: KubeObject, event: EventText) => void
  /** Resolves when everything recorded so far is written or lost. */
  readonly flush: () => Promise<void>
}

export type EventRecorderOptions = {
  readonly client: KubeClient
  /** Shown as the source, e.g. `sluice-controller`. */
  readonly component: string
  /** The process, e.g. its pod's name. */
  readonly instance: string
  readonly clock: Clock
  readonly log: Logger
}

/** A message longer than this is refused by the API server. */
const LONGEST_MESSAGE = 1024
/** How many events are remembered for being raised instead of made again. */
const KEPT = 1000
/** How many writes may wait, e.g. while the API server is away; what comes then is lost. A thousand objects that change at once tell several events each. */
const MOST_WAITING = 5000
/** Writes at once. Events of one object are written one after the other; not more, so that they leave connections to what is not only told. */
const LANES = 3

type Known = { readonly name: string; readonly count: number }

type CoreEvent = KubeObject & {
  readonly involvedObject: { readonly [field: string]: string | undefined }
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly source: { readonly component: string }
  readonly reportingComponent: string
  readonly reportingInstance: string
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly count: number
}

/** What is kept of an object whose event waits: a whole one might be long gone from the cache. */
const referenceTo = ({ apiVersion, kind, metadata: { namespace, name, uid, resourceVersion } }: KubeObject): KubeObject => ({
  apiVersion,
  kind,
  metadata: {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  },
})

/** The same lane for the same object, spread evenly. */
const laneOf = ({ metadata: { namespace = '', name } }: KubeObject): number => {
  let sum = 0
  for (const character of `${namespace}/${name}`) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return sum % LANES
}

/** Makes a recorder; the writes about one object are one after the other, so that a count is never raised before the event was made. */
export const makeEventRecorder = ({ client, component, instance, clock, log }: EventRecorderOptions): EventRecorder => {
  const known = new Map<string, Known>()
  const lanes = Array.from({ length: LANES }, () => Promise.resolve())
  const correlate = makeCorrelator()
  let made = 0
  let waiting = 0

  const create = async (about: KubeObject, event: EventText, key: string) => {
    // An event about what has no namespace stands in `default`, and names none.
    const { namespace, name, uid, resourceVersion } = about.metadata
    const at = new Date(clock.now()).toISOString()
    made += 1
    // Unique among processes and in time, as client-go's names are.
    const eventName = `${name.slice(0, 200).replace(/[-.]+$/, '')}.${clock.now().toString(16)}${made.toString(16)}${(uid ?? '').slice(0, 4)}`
    const body: CoreEvent = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: eventName, namespace: namespace ?? 'default' },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
      type: event.type,
      reason: event.reason,
      message: event.message,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    }
    await client.create(EVENTS, body)
    known.set(key, { name: eventName, count: 1 })
    if (known.size > KEPT) for (const oldest of known.keys()) return void known.delete(oldest)
  }

  const raise = async (about: KubeObject, event: EventText, key: string, before: Known) => {
    const { namespace = 'default' } = about.metadata
    const count = before.count + 1
    await client.patch(EVENTS, { namespace, name: before.name }, 'merge', {
      count,
      message: event.message,
      lastTimestamp: new Date(clock.now()).toISOString(),
    })
    known.set(key, { name: before.name, count })
  }

  const write = async (about: KubeObject, event: EventText, key: string) => {
    const before = known.get(key)
    try {
      if (before === undefined) return await create(about, event, key)
      await raise(about, event, key, before)
    } catch (error) {
      // The event has outlived its hour, or another process had the same name.
      if (!isNotFound(error) && !isAlreadyExists(error)) throw error
      await create(about, event, key)
    }
  }

  const lose = (about: KubeObject, event: EventText, error: string) =>
    log.warn('an event could not be written', { reason: event.reason, about: about.metadata.name, error })

  return {
    record: (about, text) => {
      const correlation = correlate(about, text, clock.now())
      if (correlation === undefined) return log.debug('too many events about one object', { about: about.metadata.name })
      const event = { ...correlation.event, message: correlation.event.message.slice(0, LONGEST_MESSAGE) }
      if (waiting >= MOST_WAITING) return lose(about, event, 'too many wait to be written')
      waiting += 1
      const [lane, reference] = [laneOf(about), referenceTo(about)]
      lanes[lane] = (lanes[lane] ?? Promise.resolve())
        .then(() => write(reference, event, correlation.key))
        .catch((error: unknown) => lose(reference, event, messageOf(error)))
        .finally(() => {
          waiting -= 1
        })
    },
    flush: async () => void (await Promise.all(lanes)),
  }
}
