/** The ejection's steps on Services: traffic to the stable version first, then its pods beside the routers, then the routers out. */

import type { JsonPatchOp } from '../../api/json-patch.ts'
import type { EndpointSlice, Service } from '../../api/kubernetes.ts'
import {
  BYPASS,
  FRONTED_SERVICE_LABEL,
  MANAGED_BY_SLICE,
  NATIVE_SLICE_CONTROLLER,
  SAVED_SELECTOR,
  SERVICE_NAME,
  SLICE_ROLE,
  SLUICE_SLICE_CONTROLLER,
} from '../../api/names.ts'
import type { Route } from '../../api/route.ts'
import { attachOps, skipMirrorOps } from '../../api/service-mode.ts'
import type { Resource } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'
import { ENDPOINT_SLICES, ROUTES, SERVICES } from '../../kube/resources.ts'
import { readList } from '../../view/read-objects.ts'
import { hashOf } from '../../view/rollout-view.ts'
import { bypassOps } from './bypass.ts'
import { type Ejection, type EjectStep, readStable, waitUntil } from './ejection.ts'

const names = (list: readonly { readonly metadata: { readonly name: string } }[]): string =>
  list.map(one => one.metadata.name).join(', ')

const slicesOf = ({ client, namespace }: Ejection, service: string): Promise<readonly EndpointSlice[]> =>
  readList<EndpointSlice>(client, ENDPOINT_SLICES, { namespace, labelSelector: `${SERVICE_NAME}=${service}` })

const managerOf = (slice: EndpointSlice): string | undefined => slice.metadata.labels?.[MANAGED_BY_SLICE]

/** Routers that new connections go to. */
const readyRouters = (slices: readonly EndpointSlice[]): number =>
  slices
    .filter(one => managerOf(one) === SLUICE_SLICE_CONTROLLER && one.metadata.labels?.[SLICE_ROLE] === 'router')
    .flatMap(one => one.endpoints ?? [])
    .filter(one => one.conditions?.ready !== false).length

const replaceRoute = (ejection: Ejection, route: Route, change: Partial<Route['spec']>): Promise<unknown> =>
  ejection.client.patch(ROUTES, { namespace: ejection.namespace, name: route.metadata.name }, 'json', [
    { op: 'test', path: '/metadata/resourceVersion', value: route.metadata.resourceVersion },
    { op: 'replace', path: '/spec', value: { ...route.spec, ...change, version: route.spec.version + 1 } },
  ] satisfies readonly JsonPatchOp[])

export const routeToStable: EjectStep = {
  title: 'the routers send everything to the stable version',
  run: async ejection => {
    const { view, stable } = await readStable(ejection)
    const hash = hashOf(stable)
    const split = view.services.flatMap(({ route }) =>
      route?.spec.backends.some(one => one.hash === hash) && route.spec.backends.some(one => one.hash !== hash && one.weight > 0)
        ? [route]
        : [],
    )
    for (const route of split) {
      const backends = route.spec.backends.map(one => ({ ...one, weight: one.hash === hash ? 100 : 0 }))
      await replaceRoute(ejection, route, { backends, headerRoutes: [], mirrorRoutes: [] })
    }
    if (split.length === 0) return undefined
    await ejection.session.sleep(ejection.options.propagationMs)
    return `set Route ${names(split)} to stable 100%, and gave the routers ${ejection.options.propagationMs / 1000} s`
  },
}

/** Ready addresses of the native slices. */
const nativeAddresses = (slices: readonly EndpointSlice[]): readonly string[] =>
  slices
    .filter(one => managerOf(one) === NATIVE_SLICE_CONTROLLER)
    .flatMap(one => one.endpoints ?? [])
    .filter(one => one.conditions?.ready !== false)
    .flatMap(one => one.addresses)

const isDetached = (service: Service): boolean => service.metadata.annotations?.[SAVED_SELECTOR] !== undefined

export const attachServices: EjectStep = {
  title: 'the Services select their pods themselves',
  run: async ejection => {
    const { client, namespace } = ejection
    const { view } = await readStable(ejection)
    const detached = view.services.map(one => one.service).filter(isDetached)
    for (const service of detached) {
      const test: JsonPatchOp = { op: 'test', path: '/metadata/resourceVersion', value: service.metadata.resourceVersion }
      const patch = [test, ...bypassOps(service, true), ...attachOps(service)]
      await client.patch(SERVICES, { namespace, name: service.metadata.name }, 'json', patch)
    }
    for (const { service } of view.services) await waitForPods(ejection, service.metadata.name)
    if (detached.length === 0) return undefined
    await ejection.session.sleep(ejection.options.propagationMs)
    return `gave ${names(detached)} their selectors back`
  },
}

/** Every ready pod of the stable version is published by the native controller. */
const waitForPods = (ejection: Ejection, service: string): Promise<void> =>
  waitUntil(ejection, async () => {
    const { view, stable } = await readStable(ejection)
    const pods = view.versions.find(one => one.replicaSet.metadata.name === stable.metadata.name)?.pods ?? []
    const ready = pods.filter(
      pod =>
        pod.metadata.deletionTimestamp === undefined &&
        pod.status?.conditions?.some(one => one.type === 'Ready' && one.status === 'True'),
    )
    const published = nativeAddresses(await slicesOf(ejection, service))
    const missing = ready.filter(pod => !published.includes(pod.status?.podIP ?? ''))
    return missing.length === 0
      ? undefined
      : `${missing.length} of ${ready.length} ready pods are not among the endpoints of Service ${service}`
  })

export const drainRouters: EjectStep = {
  title: 'new connections go to the pods, those through the routers end',
  run: async ejection => {
    const { view } = await readStable(ejection)
    const routes = view.services.flatMap(({ route }) => (route === undefined ? [] : [route]))
    const inPath = routes.filter(one => one.spec.endpoints === 'ready')
    for (const route of inPath) await replaceRoute(ejection, route, { endpoints: 'draining' })
    if (inPath.length > 0) await ejection.session.sleep(ejection.options.propagationMs)
    // The routers publish this themselves; where they are dead nobody else does.
    const forced: string[] = []
    for (const { service } of view.services) forced.push(...(await drainSlices(ejection, service.metadata.name)))
    if (inPath.length === 0 && forced.length === 0) return undefined
    await ejection.session.sleep(ejection.options.drainMs)
    return `took the routers of ${view.services.map(one => one.service.metadata.name).join(', ')} out of the path, and gave their connections ${ejection.options.drainMs / 1000} s`
  },
}

/** Marks routers that still are ready as draining; answers the names of the slices. */
const drainSlices = async (ejection: Ejection, service: string): Promise<readonly string[]> => {
  const slices = await slicesOf(ejection, service)
  if (readyRouters(slices) === 0) return []
  const routers = slices.filter(one => one.metadata.labels?.[SLICE_ROLE] === 'router')
  for (const slice of routers) {
    const endpoints = (slice.endpoints ?? []).map(one => ({
      ...one,
      conditions: { ready: false, serving: true, terminating: true },
    }))
    await ejection.client.patch(ENDPOINT_SLICES, { namespace: ejection.namespace, name: slice.metadata.name }, 'merge', {
      endpoints,
    })
  }
  return routers.map(one => one.metadata.name)
}

const remove = async ({ client, namespace }: Ejection, resource: Resource, name: string): Promise<void> => {
  try {
    await client.delete(resource, { namespace, name })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

export const removeTraces: EjectStep = {
  title: 'Routes, EndpointSlices and private Services of Sluice are gone',
  run: async ejection => {
    const { client, namespace } = ejection
    const { view } = await readStable(ejection)
    let removed = 0
    for (const { service, route } of view.services) {
      const { name } = service.metadata
      // The Route first: while it is there the routers write the slices again.
      if (route !== undefined) await remove(ejection, ROUTES, name)
      const slices = (await slicesOf(ejection, name)).filter(one => managerOf(one) === SLUICE_SLICE_CONTROLLER)
      for (const slice of slices) await remove(ejection, ENDPOINT_SLICES, slice.metadata.name)
      const own = await readList<Service>(client, SERVICES, { namespace, labelSelector: `${FRONTED_SERVICE_LABEL}=${name}` })
      for (const one of own) await remove(ejection, SERVICES, one.metadata.name)
      removed += slices.length + own.length + (route === undefined ? 0 : 1)
      await clearMarks(ejection, service, route !== undefined)
    }
    return removed === 0 ? undefined : `removed ${removed} objects`
  },
}

/** The skip-mirror label is ours where the Service was on its way into or out of the routers; its owner's otherwise. */
const clearMarks = async ({ client, namespace }: Ejection, service: Service, wasRouted: boolean): Promise<void> => {
  const isOurs = wasRouted || service.metadata.annotations?.[BYPASS] !== undefined
  const patch = isOurs ? [...bypassOps(service, false), ...skipMirrorOps(service, false)] : []
  if (patch.length > 0) await client.patch(SERVICES, { namespace, name: service.metadata.name }, 'json', patch)
}
