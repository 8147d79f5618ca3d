/** The stream of changes: whether it is there, since when it is not, and when it is tried again. */
import { clock, span } from './format.ts'

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** Times in milliseconds since 1970. */
  | { readonly state: 'lost'; readonly since: number; readonly tries: number; readonly again: number }

export type ConnectionEvent = { readonly what: 'open' } | { readonly what: 'lost'; readonly now: number }

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 15_000

/** Twice as long each time, up to a limit. */
export const waitBefore = (tries: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries)

export const nextConnection = (connection: Connection, event: ConnectionEvent): Connection => {
  if (event.what === 'open') return { state: 'live' }
  const [since, tries] = connection.state === 'lost' ? [connection.since, connection.tries + 1] : [event.now, 0]
  return { state: 'lost', since, tries, again: event.now + waitBefore(tries) }
}

/** Undefined while there is nothing to say. */
export const describeConnection = (connection: Connection, now: number): string | undefined => {
  if (connection.state !== 'lost') return undefined
  const since = clock(new Date(connection.since).toISOString())
  const next = connection.again > now ? `next try in ${span(connection.again - now + 999)}` : 'trying now'
  return `Connection lost at ${since}, ${span(now - connection.since)} ago; what you see is from then. ${next[0]?.toUpperCase()}${next.slice(1)}.`
}
