/** Follows the Secret with the keys of sticky cookies, which the controller keeps. */
import { STICKY_SECRET } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import { messageOf } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import { acceptedKeys, readSharedKeys } from '../kube/shared-keys.ts'

const LOOK_MS = 60_000
/** Until the first key is there. */
const AGAIN_MS = 2_000

export type KeySource = {
  /** The Secret was asked for once, with whatever answer. */
  readonly hasAsked: () => boolean
  readonly stop: () => void
}

export type KeySourceOptions = {
  readonly client: KubeClient
  /** Where Sluice runs. */
  readonly namespace: string
  readonly clock: Clock
  readonly log: Logger
  /** Called with all keys, in base64, the one that signs first. */
  readonly onKeys: (keys: readonly string[]) => void
}

/** While the API server or the Secret is away the last keys stay; a router without any key keeps nobody by cookie. */
export const startKeySource = ({ client, namespace, clock, log, onKeys }: KeySourceOptions): KeySource => {
  const ended = new AbortController()
  let hasAsked = false
  let hasKeys = false
  let isSilent = false
  const look = async (): Promise<void> => {
    try {
      const keys = await readSharedKeys(client, { namespace, name: STICKY_SECRET })
      isSilent = false
      if (!keys || ended.signal.aborted) return
      hasKeys = true
      onKeys(acceptedKeys(keys))
    } catch (error) {
      if (!isSilent)
        log.warn('the keys of sticky cookies cannot be read; trying again', { secret: STICKY_SECRET, error: messageOf(error) })
      isSilent = true
    }
  }
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await look()
      hasAsked = true
      await sleep(clock, hasKeys ? LOOK_MS : AGAIN_MS, ended.signal)
    }
  }
  void run()
  return { hasAsked: () => hasAsked, stop: () => ended.abort() }
}
