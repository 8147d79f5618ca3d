/** Keeps the keys that sticky cookies are signed with: in a Secret that the routers read. */
import { STICKY_SECRET } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import { isAlreadyExists, isConflict, messageOf } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import { acceptedKeys, type KeyRules, keepSharedKeys, type SharedKeys } from '../kube/shared-keys.ts'

const HOUR_MS = 3_600_000
/** A cookie lives a day; routers look at the Secret every minute. */
const RULES: KeyRules = { replaceMs: 30 * 24 * HOUR_MS, spreadMs: HOUR_MS, acceptMs: 48 * HOUR_MS }
const LOOK_MS = 60_000
const AGAIN_MS = 2_000

export type StickyKeys = {
  /** In base64; the first signs. Empty until the Secret is there. */
  readonly current: () => readonly string[]
  readonly stop: () => void
}

export type StickyKeysOptions = {
  readonly client: KubeClient
  readonly namespace: string
  readonly clock: Clock
  readonly log: Logger
  readonly rules?: KeyRules
}

/** For the leader. A Secret that was deleted is made again, with a new key: all cookies count as none then. */
export const startStickyKeys = ({ client, namespace, clock, log, rules = RULES }: StickyKeysOptions): StickyKeys => {
  const ended = new AbortController()
  const secret = { namespace, name: STICKY_SECRET }
  let keys: SharedKeys | undefined
  const look = async (): Promise<number> => {
    try {
      const before = keys
      keys = await keepSharedKeys({ client, secret, rules }, clock.now())
      if (before && before.current !== keys.current)
        log.info('sticky cookies are signed with another key from now on', { secret: STICKY_SECRET })
      return LOOK_MS
    } catch (error) {
      // Another leader was quicker: what it wrote is read at once.
      if (isConflict(error) || isAlreadyExists(error)) return 0
      log.warn('the keys of sticky cookies cannot be kept; trying again', { secret: STICKY_SECRET, error: messageOf(error) })
      return AGAIN_MS
    }
  }
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) await sleep(clock, await look(), ended.signal)
  }
  void run()
  return { current: () => (keys ? acceptedKeys(keys) : []), stop: () => ended.abort() }
}
