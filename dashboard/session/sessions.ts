/** Who is signed in: each session is one person's credentials and what is watched with them. Kept in memory only. */
import { createHash, randomBytes } from 'node:crypto'
import type { KubeClient } from '../../kube/client.ts'
import type { Clock } from '../../kube/clock.ts'
import type { Streamer } from '../../kube/stream.ts'
import { makeOverviewFeed, type OverviewFeed } from '../feed/overview-feed.ts'

/** A client that is one person for the API server. */
export type Person = {
  readonly client: KubeClient
  /** What comes bit by bit, with the same credentials; absent: not here. */
  readonly stream?: Streamer
  /** As the API server says. */
  readonly user: string
  /** Namespaces to look at where the person may neither list all of the cluster nor the namespaces. */
  readonly namespaces: readonly string[]
  /** The same for the same credentials, which it does not give away; absent: never the same. Sessions with one key share one watch. */
  readonly key?: string
  readonly close: () => Promise<void>
}

export type Session = Person & {
  readonly overview: OverviewFeed
  /** Aborted when the session ends. */
  readonly signal: AbortSignal
}

export type Sessions = {
  /** The answer is what the cookie says; nothing else knows it. */
  readonly open: (person: Person) => string
  /** For a person whom each request names anew, e.g. by a token that a proxy sends: the same `key` is the same session. */
  readonly of: (key: string) => Session | undefined
  readonly put: (key: string, person: Person) => Session
  readonly end: (id: string) => void
  readonly count: () => number
  readonly close: () => Promise<void>
}

/** A session that nobody used for so long, and any that is so old, ends. */
export const IDLE_MS = 8 * 3600_000
const LONGEST_MS = 24 * 3600_000
const MOST = 500
const SWEEP_MS = 60_000

type Kept = { readonly session: Session; readonly ending: AbortController; readonly openedAt: number; usedAt: number }

type Watched = Person & { readonly overview: OverviewFeed }

/** However many browsers somebody has open: the credentials are watched with once, until the last of their sessions ends. */
const makeShared = (clock: Clock) => {
  const shared = new Map<string, { readonly watched: Watched; users: number }>()
  return {
    take: (person: Person): Watched => {
      const { key } = person
      const known = key === undefined ? undefined : shared.get(key)
      if (known !== undefined) {
        known.users += 1
        void person.close()
        return known.watched
      }
      const watched = { ...person, overview: makeOverviewFeed(person, clock) }
      if (key !== undefined) shared.set(key, { watched, users: 1 })
      return watched
    },
    /** Stops and closes what nobody uses any more. */
    leave: async ({ key, overview, close }: Watched): Promise<void> => {
      const known = key === undefined ? undefined : shared.get(key)
      if (known !== undefined) {
        known.users -= 1
        if (known.users > 0) return
        shared.delete(key ?? '')
      }
      await overview.stop()
      await close()
    },
  }
}

/** Ids are kept as hashes only, so that memory shows none that would be let in. */
const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64')

export const makeSessions = (clock: Clock): Sessions => {
  const kept = new Map<string, Kept>()
  const shared = makeShared(clock)
  const leaving = new Set<Promise<void>>()
  const drop = (key: string): void => {
    const one = kept.get(key)
    if (one === undefined) return
    kept.delete(key)
    one.ending.abort()
    const left = shared.leave(one.session).finally(() => leaving.delete(left))
    leaving.add(left)
  }
  const isOver = ({ openedAt, usedAt }: Kept): boolean => clock.now() - usedAt > IDLE_MS || clock.now() - openedAt > LONGEST_MS
  const sweep = (): void => {
    for (const [key, one] of kept) if (isOver(one)) drop(key)
  }
  let timer = clock.setTimeout(tick, SWEEP_MS)
  function tick(): void {
    sweep()
    timer = clock.setTimeout(tick, SWEEP_MS)
  }
  const put = (id: string, person: Person): Session => {
    const ending = new AbortController()
    const session = { ...shared.take(person), signal: ending.signal }
    const [oldest] = kept.keys()
    if (kept.size >= MOST && oldest !== undefined) drop(oldest)
    kept.set(hashOf(id), { session, ending, openedAt: clock.now(), usedAt: clock.now() })
    return session
  }
  return {
    open: person => {
      const id = randomBytes(32).toString('base64url')
      put(id, person)
      return id
    },
    put,
    of: id => {
      const key = hashOf(id)
      const one = kept.get(key)
      if (one === undefined) return undefined
      if (isOver(one)) {
        drop(key)
        return undefined
      }
      one.usedAt = clock.now()
      return one.session
    },
    end: id => drop(hashOf(id)),
    count: () => kept.size,
    close: async () => {
      timer.cancel()
      for (const key of [...kept.keys()]) drop(key)
      await Promise.all(leaving)
    },
  }
}
