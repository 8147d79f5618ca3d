/** Server-sent events: one stream a page, with all rollouts and, where asked for, one of them in full. */
import type { Request, Response } from 'express'
import { type Clock, sleep } from '../../kube/clock.ts'
import { isApiError, messageOf } from '../../kube/errors.ts'
import type { StreamEvent } from '../contract.ts'
import { type DetailFeed, startDetailFeed } from '../feed/detail-feed.ts'
import type { WatchedRows } from '../feed/overview-feed.ts'
import type { RowChanges } from '../feed/row-log.ts'
import { whoIs } from '../session/person.ts'
import type { Session } from '../session/sessions.ts'

export type StreamOptions = {
  readonly clock: Clock
  /** Where the routers run. */
  readonly sluiceNamespace: string
  readonly onStream: (change: 1 | -1) => void
}

/** Proxies end a connection on which nothing comes for a minute or so. */
const HEARTBEAT_MS = 15_000
/** A page that reads so slowly begins anew: the browser connects again by itself. */
const MOST_BUFFERED = 4 << 20

/** `TYPE`, data on one line (JSON has no line breaks), and the id to resume from where there is one. */
const frame = (event: StreamEvent, id: string | undefined): string => frameOf(event.type, JSON.stringify(event), id)

const frameOf = (type: StreamEvent['type'], data: string, id: string | undefined): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${data}\n\n`

/** A change is written as JSON once, however many pages are told of it. */
const texts = new WeakMap<RowChanges, string>()

const textOf = (changes: RowChanges): string => {
  const known = texts.get(changes)
  if (known !== undefined) return known
  const text = JSON.stringify({ type: 'changes', ...changes } satisfies StreamEvent)
  texts.set(changes, text)
  return text
}

/** `EPOCH.VERSION` of the last change that a page has. */
const missedBy = (lastId: string | undefined, { epoch, log }: WatchedRows): RowChanges | undefined => {
  const [known, version] = (lastId ?? '').split('.')
  return known === epoch && version !== undefined && /^\d+$/.test(version) ? log.since(Number(version)) : undefined
}

const targetIn = (value: unknown): { readonly namespace: string; readonly name: string } | undefined => {
  const [, namespace, name] = (typeof value === 'string' ? /^([^/]+)\/([^/]+)$/.exec(value) : undefined) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

/** Looks now and then whether the API server still knows the person, and whether it can be reached at all. */
const makeWatchdog = (session: Session, tell: (event: StreamEvent) => void, now: () => number) => {
  let lostAt: number | undefined
  const at = (ms: number): string => new Date(ms).toISOString()
  return async (): Promise<'ended' | 'alive'> => {
    try {
      await whoIs(session.client)
      if (lostAt !== undefined) tell({ type: 'connection', connected: true, since: at(now()) })
      lostAt = undefined
    } catch (error) {
      if (isApiError(error) && error.status === 401) {
        tell({ type: 'signed-out', message: 'The API server does not know your token any more; sign in again.' })
        return 'ended'
      }
      lostAt ??= now()
      tell({ type: 'connection', connected: false, since: at(lostAt), message: messageOf(error) })
    }
    return 'alive'
  }
}

export const serveStream = async (
  request: Request,
  response: Response,
  session: Session,
  { clock, sluiceNamespace, onStream }: StreamOptions,
): Promise<void> => {
  const watched = await session.overview.ready()
  const ending = new AbortController()
  const { signal } = ending
  const end = (): void => ending.abort()
  // The browser may be gone by now, and then nothing tells so any more.
  if (response.closed || response.destroyed) return
  response.once('close', end)
  session.signal.addEventListener('abort', end, { once: true })
  response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
  response.flushHeaders()
  onStream(1)
  const write = (text: string): void => {
    if (signal.aborted) return
    response.write(text)
    if (response.writableLength > MOST_BUFFERED) end()
  }
  const tell = (event: StreamEvent): void => write(frame(event, undefined))
  const idNow = (): string => `${watched.epoch}.${watched.log.version()}`
  const tellChanges = (changes: RowChanges): void => write(frameOf('changes', textOf(changes), idNow()))
  const missed = missedBy(request.get('last-event-id'), watched)
  if (missed === undefined) write(frame({ type: 'overview', overview: watched.overview() }, idNow()))
  else tellChanges(missed)
  const unsubscribe = watched.subscribe(tellChanges)
  const target = targetIn(request.query['rollout'])
  const pause = (ms: number, until: AbortSignal): Promise<void> => sleep(clock, ms, until)
  let detail: DetailFeed | undefined
  try {
    if (target !== undefined) {
      const { client } = session
      detail = await startDetailFeed({ client, sluiceNamespace, now: clock.now, ...target, tell, sleep: pause })
    }
    const look = makeWatchdog(session, tell, clock.now)
    while (!signal.aborted) {
      await sleep(clock, HEARTBEAT_MS, signal)
      write(': alive\n\n')
      if (!signal.aborted && (await look()) === 'ended') end()
    }
    if (session.signal.aborted && !response.closed)
      response.write(frame({ type: 'signed-out', message: 'The session has ended; sign in again.' }, undefined))
  } finally {
    onStream(-1)
    unsubscribe()
    session.signal.removeEventListener('abort', end)
    response.end()
    await detail?.stop()
  }
}
