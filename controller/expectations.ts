/**
 * Remembers the controller's own writes until its caches have seen them. A cache lags behind a write; deciding from it at once would
 * do the same thing twice. A resourceVersion says nothing but whether two states are the same one, so the wait is for the very
 * version that the API server answered; where it never shows (a watch that was relisted over it), the wait ends by itself.
 */
import type { KubeObject } from '../api/kubernetes.ts'

/** After so long a cache that has not shown a write is believed anyway. */
const PATIENCE_MS = 2000

export type Expectations = {
  /** Work on `key` wrote `object` as the server answered it. */
  readonly wrote: (key: string, object: KubeObject) => void
  /** A cache now shows `object`. */
  readonly saw: (object: KubeObject) => void
  /** True while a write made for `key` is not in the caches yet. */
  readonly isBehind: (key: string) => boolean
}

const nameOf = (object: KubeObject) => `${object.metadata.uid}@${object.metadata.resourceVersion}`

/** How many versions seen lately are remembered: the watch may be quicker than the answer to the write. */
const SEEN_KEPT = 4096

export const makeExpectations = (now: () => number): Expectations => {
  /** By key, so that a look at one is no look at all of them: until when each version is waited for. */
  const pending = new Map<string, Map<string, number>>()
  const keys = new Map<string, string>()
  const seen = new Set<string>()
  const forget = (name: string): void => {
    const key = keys.get(name)
    if (key === undefined) return
    keys.delete(name)
    const waits = pending.get(key)
    waits?.delete(name)
    if (waits?.size === 0) pending.delete(key)
  }
  return {
    wrote: (key, object) => {
      const name = nameOf(object)
      if (seen.has(name)) return
      keys.set(name, key)
      const waits = pending.get(key) ?? new Map<string, number>()
      pending.set(key, waits.set(name, now() + PATIENCE_MS))
    },
    saw: object => {
      const name = nameOf(object)
      seen.add(name)
      const [oldest] = seen
      if (seen.size > SEEN_KEPT && oldest !== undefined) seen.delete(oldest)
      forget(name)
    },
    isBehind: key => {
      for (const [name, until] of [...(pending.get(key) ?? [])]) if (until <= now()) forget(name)
      return pending.has(key)
    },
  }
}
