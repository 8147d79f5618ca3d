/** Which Services a change of a pod concerns. */
import type { Pod, Service } from '../../api/kubernetes.ts'
import { BY_NAMESPACE, type Caches } from './caches.ts'
import type { Watch } from './controller.ts'
import { watchOf } from './controller.ts'
import { hasSelector, selects } from './endpoints/service-pods.ts'

export const serviceKey = ({ metadata }: Service): string => `${metadata.namespace ?? ''}/${metadata.name}`

const servicesOf = (caches: Caches, pod: Pod): readonly string[] =>
  caches.services
    .by(BY_NAMESPACE, pod.metadata.namespace ?? '')
    .filter(service => hasSelector(service) && selects(service, pod.metadata.labels))
    .map(serviceKey)

/** Services that changed, and those that select a pod that changed. */
export const serviceWatches = (caches: Caches): readonly Watch[] => [
  watchOf(caches.services, service => [serviceKey(service)]),
  watchOf(caches.pods, pod => servicesOf(caches, pod)),
]
