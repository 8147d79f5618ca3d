/** What every controller of the cluster is: what it watches, and what it does for a key. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Clock } from '../../kube/clock.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Informer } from '../../kube/informer.ts'
import type { Logger } from '../../kube/log.ts'
import { makeWorkQueue } from '../../kube/work-queue.ts'
import { runWorkers } from '../../kube/workers.ts'
import type { Caches } from './caches.ts'

export type ControllerContext = {
  readonly client: KubeClient
  readonly caches: Caches
  readonly events: EventRecorder
  readonly log: Logger
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
}

/** Calls `enqueue` for every key that a change concerns, also at once for what is there already. Answers how to end that. */
export type Watch = (enqueue: (key: string) => void) => () => void

export type ControllerParts = {
  readonly watches: readonly Watch[]
  /** Brings the world of one key closer to what it should be. May answer when to look again, in milliseconds since the epoch. */
  readonly reconcile: (key: string) => Promise<number | undefined>
}

export type Controller = {
  /** The name that its events carry, e.g. `deployment-controller`. */
  readonly name: string
  readonly make: (context: ControllerContext) => ControllerParts
}

/** Keys of the object as it is, and as it was before. */
export const watchOf =
  <T extends KubeObject>(informer: Informer<T>, keysOf: (object: T) => readonly string[]): Watch =>
  enqueue =>
    informer.onChange((_, object, previous) => {
      for (const version of [object, previous]) {
        if (version) for (const key of keysOf(version)) enqueue(key)
      }
    })

export type RunningController = { readonly name: string; readonly stop: () => Promise<void> }

const WORKERS = 8

export function startController(controller: Controller, context: ControllerContext): RunningController {
  const { log, clock } = context
  const { watches, reconcile } = controller.make(context)
  const queue = makeWorkQueue({ clock })
  const working = runWorkers({
    queue,
    workers: WORKERS,
    log,
    reconcile: async key => {
      const wakeAt = await reconcile(key)
      return wakeAt === undefined ? undefined : { requeueAfterMs: Math.max(0, wakeAt - clock.now()) }
    },
  })
  const unsubscribe = watches.map(watch => watch(queue.add))
  return {
    name: controller.name,
    stop: async () => {
      for (const end of unsubscribe) end()
      await queue.shutDown()
      await working
    },
  }
}
