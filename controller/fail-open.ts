/**
 * When no router is left, nobody is there to withdraw the routers' endpoints, and service proxies would go on sending to the dead.
 * The controller then withdraws them, so that the fail-open slice of each Service (its stable pods) is what counts. The routers'
 * own publisher puts them back when one is ready again.
 */
import type { Endpoint, EndpointSlice } from '../api/kubernetes.ts'
import { MANAGED_BY_SLICE, SLICE_ROLE, SLUICE_SLICE_CONTROLLER } from '../api/names.ts'
import { isPodReady } from '../api/pod-ready.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock, Timer } from '../kube/clock.ts'
import { isConflict, isNotFound, messageOf } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import { ENDPOINT_SLICES } from '../kube/resources.ts'
import type { Caches } from './caches.ts'

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready !== false

/** The endpoints with none of them ready or serving; undefined when that is so already or the slice is not the routers'. Pure. */
export const withdraw = (slice: EndpointSlice): readonly Endpoint[] | undefined => {
  const { labels = {} } = slice.metadata
  const endpoints = slice.endpoints ?? []
  if (labels[SLICE_ROLE] !== 'router' || labels[MANAGED_BY_SLICE] !== SLUICE_SLICE_CONTROLLER || !endpoints.some(isReady))
    return undefined
  return endpoints.map(endpoint => ({ ...endpoint, conditions: { ready: false, serving: false, terminating: false } }))
}

export type FailOpenOptions = {
  readonly client: KubeClient
  readonly caches: Pick<Caches, 'routerPods' | 'slices'>
  readonly clock: Clock
  readonly log: Logger
}

/** How soon a write that failed is tried again. */
const RETRY_MS = 500

/** Watches until stopped. */
export const startFailOpen = ({ client, caches, clock, log }: FailOpenOptions): { readonly stop: () => void } => {
  let retry: Timer | undefined
  const withdrawOne = async (slice: EndpointSlice) => {
    const endpoints = withdraw(slice)
    if (endpoints === undefined) return
    const { namespace = '', name, resourceVersion } = slice.metadata
    await client.patch(ENDPOINT_SLICES, { namespace, name }, 'merge', { metadata: { resourceVersion }, endpoints })
    log.warn('no router is ready: traffic goes to the stable pods directly', { slice: `${namespace}/${name}` })
  }
  const look = () => {
    if (caches.routerPods.list().some(isPodReady)) return
    for (const slice of caches.slices.list()) {
      withdrawOne(slice).catch((error: unknown) => {
        if (isConflict(error) || isNotFound(error)) return
        log.warn('the endpoints of dead routers could not be withdrawn; trying again', { error: messageOf(error) })
        retry?.cancel()
        retry = clock.setTimeout(look, RETRY_MS)
      })
    }
  }
  const unsubscribe = [caches.routerPods.onChange(look), caches.slices.onChange(look)]
  return {
    stop: () => {
      for (const end of unsubscribe) end()
      retry?.cancel()
    },
  }
}
