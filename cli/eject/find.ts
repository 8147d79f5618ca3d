/** Everything that Sluice has its hands on: Deployments in an update, and those whose Service the routers carry at rest too. */
import { isHeld } from '../../api/hold.ts'
import type { Deployment, Service } from '../../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, SAVED_SELECTOR } from '../../api/names.ts'
import type { Route } from '../../api/route.ts'
import type { KubeClient } from '../../kube/client.ts'
import { DEPLOYMENTS, ROUTES, SERVICES } from '../../kube/resources.ts'
import { readList } from '../../view/read-objects.ts'

export type Place = { readonly namespace: string; readonly name: string }

const placeOf = (metadata: { readonly namespace?: string }, name: string | undefined): readonly Place[] =>
  name === undefined ? [] : [{ namespace: metadata.namespace ?? '', name }]

/** In all namespaces, by namespace and name; only Deployments that are there. */
export const findInUpdate = async (client: KubeClient): Promise<readonly Place[]> => {
  const [deployments, services, routes] = await Promise.all([
    readList<Deployment>(client, DEPLOYMENTS, {}),
    readList<Service>(client, SERVICES, { labelSelector: DEPLOYMENT_LABEL }),
    readList<Route>(client, ROUTES, {}),
  ])
  const places = [
    ...deployments.filter(isHeld).flatMap(({ metadata }) => placeOf(metadata, metadata.name)),
    ...services
      .filter(({ metadata }) => metadata.annotations?.[SAVED_SELECTOR] !== undefined)
      .flatMap(({ metadata }) => placeOf(metadata, metadata.labels?.[DEPLOYMENT_LABEL])),
    ...routes.flatMap(({ metadata, spec }) => placeOf(metadata, spec.deployment)),
  ]
  const there = new Set(deployments.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
  const byKey = new Map(places.map(place => [`${place.namespace}/${place.name}`, place]))
  return [...byKey]
    .filter(([key]) => there.has(key))
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([, place]) => place)
}
