/** Keeps the Endpoints object of Services with a selector. */
import type { Endpoints, Service } from '../../api/kubernetes.ts'
import { isNotFound } from '../../kube/errors.ts'
import { keyOf, splitKey } from '../../kube/object-store.ts'
import { ENDPOINTS } from '../../kube/resources.ts'
import { BY_NAMESPACE } from './caches.ts'
import type { Controller, ControllerContext } from './controller.ts'
import { watchOf } from './controller.ts'
import { type EndpointsContent, planEndpoints } from './endpoints/endpoints-plan.ts'
import { replacing } from './replacing.ts'
import { serviceWatches } from './service-watch.ts'

export const endpointsController: Controller = {
  name: 'endpoint-controller',
  make: context => ({
    watches: [...serviceWatches(context.caches), watchOf(context.caches.endpoints, endpoints => [keyOf(endpoints)])],
    reconcile: key => reconcile(context, key),
  }),
}

async function reconcile({ client, caches }: ControllerContext, key: string): Promise<undefined> {
  const { namespace = '', name } = splitKey(key)
  const service = caches.services.get(namespace, name)
  const current = caches.endpoints.get(namespace, name)
  if (service) {
    const content = planEndpoints(service, caches.pods.by(BY_NAMESPACE, namespace), current)
    if (content && current) await client.patch(ENDPOINTS, { namespace, name }, 'merge', patchOf(current, content))
    else if (content) await client.create(ENDPOINTS, render(service, content))
  } else if (current) {
    await client.delete(ENDPOINTS, { namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

const patchOf = (current: Endpoints, { labels, subsets }: EndpointsContent): unknown => ({
  metadata: { resourceVersion: current.metadata.resourceVersion, labels: replacing(current.metadata.labels, labels) },
  subsets,
})

const render = ({ metadata }: Service, { labels, subsets }: EndpointsContent): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: metadata.name, namespace: metadata.namespace ?? '', labels },
  subsets,
})
