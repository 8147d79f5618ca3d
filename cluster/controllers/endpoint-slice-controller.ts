/** Keeps the native EndpointSlices of Services with a selector. */
import type { EndpointSlice } from '../../api/kubernetes.ts'
import { MANAGED_BY_SLICE, NATIVE_SLICE_CONTROLLER } from '../../api/names.ts'
import { splitKey } from '../../kube/object-store.ts'
import { BY_NAMESPACE, BY_SERVICE, serviceKeyOf } from './caches.ts'
import type { Controller, ControllerContext } from './controller.ts'
import { watchOf } from './controller.ts'
import { planSlices } from './endpoints/slice-plan.ts'
import { Expectations } from './expectations.ts'
import { serviceWatches } from './service-watch.ts'
import { executeSlicePlan, type SliceShell } from './slices.ts'

const isNative = (slice: EndpointSlice): boolean => slice.metadata.labels?.[MANAGED_BY_SLICE] === NATIVE_SLICE_CONTROLLER

export const endpointSliceController: Controller = {
  name: 'endpoint-slice-controller',
  make: context => {
    const expectations = new Expectations(context.clock)
    const ownSlices = watchOf(context.caches.slices, slice => {
      const key = isNative(slice) ? serviceKeyOf(slice) : undefined
      if (key === undefined) return []
      expectations.settle(key, slice.metadata.name)
      return [key]
    })
    return {
      watches: [...serviceWatches(context.caches), ownSlices],
      reconcile: key => reconcile({ ...context, expectations }, key),
    }
  },
}

/** A Service that is gone needs nothing: its slices are owned by it. */
async function reconcile(shell: ControllerContext & SliceShell, key: string): Promise<number | undefined> {
  const { caches, expectations } = shell
  const { namespace = '', name } = splitKey(key)
  const service = caches.services.get(namespace, name)
  if (!service) return undefined
  const awaited = expectations.awaitedUntil(key)
  if (awaited !== undefined) return awaited
  const slices = caches.slices.by(BY_SERVICE, key).filter(isNative)
  await executeSlicePlan(shell, { owner: service, key }, planSlices(service, caches.pods.by(BY_NAMESPACE, namespace), slices))
  return undefined
}
