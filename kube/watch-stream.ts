/** One watch: the lines of a streamed answer as events, with a limit on silence. */
import type { KubeObject } from '../api/kubernetes.ts'
import { abortable } from './abortable.ts'
import { apiErrorOf, parseJson, readLines, readRefusal } from './answer.ts'
import { collectionPath, queryOf } from './api-path.ts'
import type { Resource, Transport, WatchEvent, WatchOptions } from './client.ts'
import type { Clock } from './clock.ts'
import { IdleError } from './errors.ts'

const watchPath = (resource: Resource, options: WatchOptions): string =>
  collectionPath(resource, options.namespace) +
  queryOf({
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: options.resourceVersion,
    timeoutSeconds: options.timeoutSeconds,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
  })

/** Aborts when `touch` was not called for `ms`. One timer at a time, however busy the stream is. */
const watchForSilence = (clock: Clock, ms: number, onSilence: () => void): { touch: () => void; cancel: () => void } => {
  let lastTouch = clock.now()
  const arm = (wait: number) =>
    clock.setTimeout(() => {
      const left = lastTouch + ms - clock.now()
      if (left <= 0) onSilence()
      else timer = arm(left)
    }, wait)
  let timer = arm(ms)
  return {
    touch: () => {
      lastTouch = clock.now()
    },
    cancel: () => timer.cancel(),
  }
}

async function* touching(body: AsyncIterable<Uint8Array>, touch: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    touch()
    yield chunk
  }
}

const EVENT_TYPES: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

const isObject = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null

/** Throws ApiError for an ERROR event and SyntaxError for what is not an event. */
const decodeEvent = <T extends KubeObject>(line: string, what: string): WatchEvent<T> => {
  const value = parseJson(line, what)
  if (!isObject(value) || !isObject(value['object'])) throw new SyntaxError(`${what}: not a watch event: ${line.slice(0, 80)}`)
  if (value['type'] === 'ERROR') {
    const code = value['object']['code']
    throw apiErrorOf(typeof code === 'number' ? code : 500, value['object'], what)
  }
  if (typeof value['type'] !== 'string' || !EVENT_TYPES.has(value['type']) || !isObject(value['object']['metadata']))
    throw new SyntaxError(`${what}: not a watch event: ${line.slice(0, 80)}`)
  return value as unknown as WatchEvent<T>
}

/** See KubeClient.watch. Ends quietly on the caller's abort, and leaves no timer and no request behind whatever way it ends. */
export async function* watchEvents<T extends KubeObject>(
  transport: Transport,
  clock: Clock,
  resource: Resource,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const path = watchPath(resource, options)
  const what = `watch ${path}`
  const ending = new AbortController()
  const onAbort = (): void => ending.abort(options.signal.reason)
  options.signal.addEventListener('abort', onAbort, { once: true })
  if (options.signal.aborted) onAbort()
  const silence = watchForSilence(clock, options.idleMs, () => ending.abort(new IdleError(what, options.idleMs)))
  let lines: AsyncGenerator<string> | undefined
  try {
    ending.signal.throwIfAborted()
    const request = { method: 'GET', path, headers: { accept: 'application/json' }, signal: ending.signal }
    const answer = await abortable(transport(request), ending.signal)
    if (answer.status !== 200) throw await abortable(readRefusal(answer, what, clock.now()), ending.signal)
    lines = readLines(touching(answer.body, silence.touch))
    for (;;) {
      const line = await abortable(lines.next(), ending.signal)
      if (line.done) return
      yield decodeEvent<T>(line.value, what)
    }
  } catch (error) {
    if (options.signal.aborted) return
    // A transport has its own words for an aborted request; the reason is what the caller needs.
    throw ending.signal.aborted ? ending.signal.reason : error
  } finally {
    silence.cancel()
    options.signal.removeEventListener('abort', onAbort)
    ending.abort()
    // For a transport that looks at no signal. Not waited for: a generator that waits for more bytes ends when they come.
    lines?.return(undefined).catch(() => {})
  }
}
