/**
 * The stream of changes, kept open. It is read with `fetch`, not with `EventSource`: that one hides the heart-beats, by which a
 * connection that is silently gone is noticed, and the status by which one is signed out.
 */
import type { StreamEvent } from '../../contract.ts'
import { type Connection, nextConnection } from './view/connection.ts'
import { readSse, SSE_START } from './view/sse.ts'

export type StreamListener = {
  readonly onEvent: (event: StreamEvent) => void
  readonly onConnection: (connection: Connection) => void
  readonly onSignedOut: () => void
}

export type OpenStream = {
  readonly close: () => void
  /** Does not wait for the next try. */
  readonly tryNow: () => void
}

/** Heart-beats come every 15 s; three that are missing mean that nobody is there. */
const SILENCE_MS = 45_000

export const openStream = (address: string, listener: StreamListener): OpenStream => {
  const closing = new AbortController()
  let connection: Connection = { state: 'connecting' }
  let lastId = ''
  let wake = (): void => {}

  const tell = (what: 'open' | 'lost'): void => {
    if (closing.signal.aborted) return
    connection = nextConnection(connection, what === 'open' ? { what } : { what, now: Date.now() })
    listener.onConnection(connection)
  }

  /** Tells each event; `alive` is called for each piece that comes, heart-beats as well. */
  const readAll = async (body: ReadableStream<Uint8Array>, alive: () => void): Promise<void> => {
    let state = { ...SSE_START, id: lastId }
    for await (const piece of pieces(body)) {
      alive()
      const read = readSse(state, piece)
      state = read.state
      lastId = state.id
      for (const { data } of read.events) {
        if (closing.signal.aborted) return
        const event: StreamEvent = JSON.parse(data)
        listener.onEvent(event)
      }
    }
  }

  /** Until the stream ends, for whatever reason. False when it makes no sense to try again. */
  const readOnce = async (): Promise<boolean> => {
    const attempt = new AbortController()
    const abort = (): void => attempt.abort()
    closing.signal.addEventListener('abort', abort)
    let silence = setTimeout(abort, SILENCE_MS)
    try {
      const headers = { accept: 'text/event-stream', ...(lastId === '' ? {} : { 'last-event-id': lastId }) }
      const response = await fetch(address, { headers, signal: attempt.signal, cache: 'no-store' })
      if (response.status === 401) {
        listener.onSignedOut()
        return false
      }
      if (!response.ok || response.body === null) return true
      tell('open')
      await readAll(response.body, () => {
        clearTimeout(silence)
        silence = setTimeout(abort, SILENCE_MS)
      })
      return true
    } finally {
      clearTimeout(silence)
      closing.signal.removeEventListener('abort', abort)
      attempt.abort()
    }
  }

  const waitForNextTry = (): Promise<void> =>
    new Promise(resolve => {
      wake = resolve
      if (connection.state === 'lost') setTimeout(resolve, connection.again - Date.now())
    })

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      // Any failure to read is a lost connection, which the page says; there is nothing else to do about it.
      const goOn = await readOnce().catch(() => true)
      if (!goOn || closing.signal.aborted) return
      tell('lost')
      await waitForNextTry()
    }
  }
  const tryNow = (): void => wake()
  window.addEventListener('online', tryNow)
  closing.signal.addEventListener('abort', () => window.removeEventListener('online', tryNow))
  void run()
  return { close: () => closing.abort(), tryNow }
}

/** The body as text. */
async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield decoder.decode(read.value, { stream: true })
}
