/** GET with `watch=true`: what happens to objects, as a stream of one JSON document a line. */
import type { Api } from '../api.ts'
import type { Answer, Call } from '../call.ts'
import { badRequest, expired, Failure } from '../failure.ts'
import type { JsonObject } from '../json.ts'
import { apiVersionOf } from '../kind.ts'
import type { Matches } from '../selectors.ts'
import type { Stored, StoreEvent } from '../store.ts'
import { wantsTable } from '../table/negotiate.ts'
import { renderTable } from '../table/render.ts'
import { toServed } from './convert.ts'
import { EventQueue } from './event-queue.ts'
import { matchesOf, revisionOf } from './read.ts'

type Shown = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: JsonObject }

/** Every watch of an object sends the same text. */
const encoded = new WeakMap<JsonObject, string>()

const textOfObject = (object: JsonObject): string => {
  const known = encoded.get(object)
  if (known) return known
  const made = JSON.stringify(object)
  encoded.set(object, made)
  return made
}

const line = ({ type, object }: Shown): string => `{"type":"${type}","object":${textOfObject(object)}}\n`

const inNamespace = (call: Call, object: Stored) => !call.namespace || object.metadata.namespace === call.namespace

/** An event as a selector sees it: an object that starts to match is ADDED, one that no longer does DELETED. */
const seenThrough = (
  matches: Matches,
  event: StoreEvent,
): { readonly type: Shown['type']; readonly object: Stored } | undefined => {
  const before = event.previous !== undefined && matches(event.previous)
  const after = event.type !== 'DELETED' && matches(event.object)
  if (event.type === 'DELETED') return before || matches(event.object) ? { type: 'DELETED', object: event.object } : undefined
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: event.object }
  if (!before || !event.previous) return undefined
  const version = event.object.metadata.resourceVersion ?? ''
  return { type: 'DELETED', object: { ...event.previous, metadata: { ...event.previous.metadata, resourceVersion: version } } }
}

type Watch = {
  readonly api: Api
  readonly call: Call
  readonly matches: Matches
  readonly queue: EventQueue
  /** The newest revision that was sent or that a bookmark may name. */
  revision: number
  /** A Table says its columns once in a stream. */
  toldColumns: boolean
}

const shownObject = (watch: Watch, object: Stored): JsonObject => {
  const { api, call } = watch
  const served = toServed(call.kind, object)
  if (!wantsTable(call)) return served
  const withoutColumns = watch.toldColumns
  watch.toldColumns = true
  return renderTable(call, { items: [served], revision: object.metadata.resourceVersion ?? '', now: api.clock(), withoutColumns })
}

const bookmark = (watch: Watch, annotations?: JsonObject): Shown => {
  const { kind } = watch.call
  const metadata = { resourceVersion: String(watch.revision), creationTimestamp: null, ...(annotations ? { annotations } : {}) }
  return { type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } }
}

const pass = (watch: Watch, event: StoreEvent): void => {
  watch.revision = Math.max(watch.revision, event.revision)
  if (!inNamespace(watch.call, event.object)) return
  const seen = seenThrough(watch.matches, event)
  if (seen) watch.queue.push(line({ type: seen.type, object: shownObject(watch, seen.object) }))
}

/** Every object that is there, as ADDED events; then, when asked for, the bookmark that ends them. */
const sendInitial = (watch: Watch, endMark: boolean): void => {
  const { api, call } = watch
  const items = api.store.list(call.kind.storage, call.namespace).filter(watch.matches)
  for (const item of items) watch.queue.push(line({ type: 'ADDED', object: shownObject(watch, item) }))
  watch.revision = api.store.revision
  if (endMark) watch.queue.push(line(bookmark(watch, { 'k8s.io/initial-events-end': 'true' })))
}

const MAX_SECONDS = 60 * 60

const timeoutMs = (call: Call): number => {
  const text = call.query.get('timeoutSeconds')
  if (!text || text === '0') return MAX_SECONDS * 500
  const seconds = Number(text)
  if (!Number.isInteger(seconds) || seconds < 0)
    throw badRequest(`timeoutSeconds: Invalid value: ${JSON.stringify(text)}: must be a whole number of seconds`)
  return Math.min(seconds, MAX_SECONDS) * 1000
}

type Start = { readonly initial: boolean; readonly endMark: boolean; readonly events: readonly StoreEvent[] }

const tooOld = (revision: number): Failure =>
  expired(`too old resource version: ${revision} (the history of this resource is shorter)`)

/** What a watch sends first, from `resourceVersion` and `sendInitialEvents`; refuses (410) a version that is no longer known. */
const startOf = (api: Api, call: Call): Start => {
  const asked = call.query.get('resourceVersion') ?? ''
  const initialEvents = call.query.get('sendInitialEvents')
  if (initialEvents === 'true') {
    if (call.query.get('resourceVersionMatch') !== 'NotOlderThan') {
      throw badRequest(
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      )
    }
    return { initial: true, endMark: call.query.get('allowWatchBookmarks') === 'true', events: [] }
  }
  if (asked === '' || asked === '0') return { initial: initialEvents !== 'false', endMark: false, events: [] }
  const events = api.store.eventsAfter(call.kind.storage, revisionOf(asked))
  if (events === 'expired') throw tooOld(revisionOf(asked))
  return { initial: false, endMark: false, events }
}

const wantsBookmarks = (call: Call) => call.query.get('allowWatchBookmarks') === 'true'

const sendBookmark = (watch: Watch): void => {
  watch.revision = Math.max(watch.revision, watch.api.store.revision)
  watch.queue.push(line(bookmark(watch)))
}

const repeatBookmarks = (watch: Watch): (() => void) => {
  if (!wantsBookmarks(watch.call)) return () => {}
  const timer = setInterval(() => sendBookmark(watch), watch.api.watches.bookmarkMs)
  return () => clearInterval(timer)
}

const endWhen = (watch: Watch, unsubscribe: () => void): void => {
  const { call, api, queue } = watch
  const stopBookmarks = repeatBookmarks(watch)
  const timer = setTimeout(() => {
    // The next watch can start where this one ends.
    if (wantsBookmarks(call)) sendBookmark(watch)
    queue.end()
  }, timeoutMs(call))
  const cut = api.watches.ended()
  const onCut = () => queue.fail(new Error('the watch was cut'))
  const onGone = () => queue.end()
  cut.addEventListener('abort', onCut, { once: true })
  call.signal.addEventListener('abort', onGone, { once: true })
  queue.onEnd(() => {
    clearTimeout(timer)
    stopBookmarks()
    unsubscribe()
    cut.removeEventListener('abort', onCut)
    call.signal.removeEventListener('abort', onGone)
  })
  if (cut.aborted) onCut()
  if (call.signal.aborted) onGone()
}

const errorStream = (failure: Failure): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
  body: line({ type: 'ERROR', object: failure.status }),
})

/** Starts a watch. A version that is too old is told in the stream, as the watch cache of Kubernetes does, or by the HTTP status. */
export const handleWatch = async (api: Api, call: Call): Promise<Answer> => {
  const matches = matchesOf(call)
  timeoutMs(call)
  try {
    return openWatch(api, call, matches)
  } catch (error) {
    if (error instanceof Failure && error.code === 410 && api.watches.expiry() === 'event') return errorStream(error)
    throw error
  }
}

const openWatch = (api: Api, call: Call, matches: Matches): Answer => {
  const start = startOf(api, call)
  const from = Number(call.query.get('resourceVersion') || 0)
  const queue = new EventQueue(api.watches.bufferLimit)
  const watch: Watch = { api, call, matches, queue, revision: from, toldColumns: false }
  if (start.initial) sendInitial(watch, start.endMark)
  for (const event of start.events) pass(watch, event)
  const unsubscribe = api.store.subscribe(call.kind.storage, event => {
    // A watch may start from a version that is yet to come.
    if (event.revision > from) pass(watch, event)
  })
  endWhen(watch, unsubscribe)
  return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }, body: queue }
}
