/**
 * Remembers the controller's own writes until its caches have seen them. A cache lags behind a write; deciding from it at once would
 * do the same thing twice. A resourceVersion says nothing but whether two states are the same one, so the wait is for the very
 * version that the API server answered; where it never shows (a watch that was relisted over it), the wait ends by itself.
 */
import type { KubeObject } from '../api/kubernetes.ts'

/** After so long a cache that has not shown a write is believed anyway. */
const PATIENCE_MS = 2000

type Pending = { readonly key: string; readonly until: number }

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
  const pending = new Map<string, Pending>()
  const seen = new Set<string>()
  return {
    wrote: (key, object) => {
      const name = nameOf(object)
      if (!seen.has(name)) pending.set(name, { key, until: now() + PATIENCE_MS })
    },
    saw: object => {
      const name = nameOf(object)
      pending.delete(name)
      seen.add(name)
      if (seen.size > SEEN_KEPT) for (const oldest of seen.keys()) return void seen.delete(oldest)
    },
    isBehind: key => {
      let behind = false
      for (const [name, wait] of pending) {
        if (wait.until <= now()) pending.delete(name)
        else if (wait.key === key) behind = true
      }
      return behind
    },
  }
}
