/** Mirrors Endpoints objects of Services without selector into slices, until they carry the label skip-mirror. */
import type { EndpointSlice } from '../../api/kubernetes.ts'
import { MANAGED_BY_SLICE, MIRRORING_SLICE_CONTROLLER } from '../../api/names.ts'
import { keyOf, splitKey } from '../../kube/object-store.ts'
import { BY_SERVICE, serviceKeyOf } from './caches.ts'
import type { Controller, ControllerContext } from './controller.ts'
import { watchOf } from './controller.ts'
import { planMirror } from './endpoints/mirror-plan.ts'
import { Expectations } from './expectations.ts'
import { serviceKey } from './service-watch.ts'
import { deleteSlices, executeSlicePlan, type SliceShell } from './slices.ts'

const isMirrored = (slice: EndpointSlice): boolean => slice.metadata.labels?.[MANAGED_BY_SLICE] === MIRRORING_SLICE_CONTROLLER

export const endpointSliceMirroringController: Controller = {
  name: 'endpoint-slice-mirroring-controller',
  make: context => {
    const expectations = new Expectations(context.clock)
    const ownSlices = watchOf(context.caches.slices, slice => {
      const key = isMirrored(slice) ? serviceKeyOf(slice) : undefined
      if (key === undefined) return []
      expectations.settle(key, slice.metadata.name)
      return [key]
    })
    return {
      watches: [
        watchOf(context.caches.endpoints, endpoints => [keyOf(endpoints)]),
        watchOf(context.caches.services, service => [serviceKey(service)]),
        ownSlices,
      ],
      reconcile: key => reconcile({ ...context, expectations }, key),
    }
  },
}

async function reconcile(shell: ControllerContext & SliceShell, key: string): Promise<number | undefined> {
  const { client, caches, expectations } = shell
  const awaited = expectations.awaitedUntil(key)
  if (awaited !== undefined) return awaited
  const { namespace, name } = splitKey(key)
  const endpoints = caches.endpoints.get(namespace, name)
  const slices = caches.slices.by(BY_SERVICE, key).filter(isMirrored)
  const plan = planMirror(endpoints, caches.services.get(namespace, name), slices)
  if (endpoints) await executeSlicePlan(shell, { owner: endpoints, key }, plan)
  else await deleteSlices(client, plan.delete)
  return undefined
}
