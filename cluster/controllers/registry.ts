/** The controllers that run in the cluster, and starting them all. */
import type { KubeClient } from '../../kube/client.ts'
import { type Clock, systemClock } from '../../kube/clock.ts'
import { makeEventRecorder } from '../../kube/events.ts'
import type { Logger } from '../../kube/log.ts'
import type { Caches } from './caches.ts'
import type { Controller, RunningController } from './controller.ts'
import { startController } from './controller.ts'
import { deploymentController } from './deployment-controller.ts'
import { endpointSliceController } from './endpoint-slice-controller.ts'
import { endpointSliceMirroringController } from './endpoint-slice-mirroring-controller.ts'
import { endpointsController } from './endpoints-controller.ts'
import { replicaSetController } from './replica-set-controller.ts'
import { serviceAccountController } from './service-account-controller.ts'

export const CONTROLLERS: readonly Controller[] = [
  deploymentController,
  replicaSetController,
  endpointSliceController,
  endpointsController,
  endpointSliceMirroringController,
  serviceAccountController,
]

export type ControllersOptions = {
  readonly client: KubeClient
  readonly caches: Caches
  readonly log: Logger
  readonly clock?: Clock
  readonly random?: () => number
}

/** Starts every controller of the list; `stop` resolves when none is at work. */
export function startControllers({ client, caches, log, clock = systemClock, random = Math.random }: ControllersOptions): {
  readonly stop: () => Promise<void>
} {
  const running: readonly RunningController[] = CONTROLLERS.map(controller => {
    const ownLog = log.with({ controller: controller.name })
    const events = makeEventRecorder({ client, component: controller.name, instance: 'cluster', clock, log: ownLog })
    return startController(controller, { client, caches, events, log: ownLog, clock, random })
  })
  return { stop: async () => void (await Promise.all(running.map(controller => controller.stop()))) }
}
