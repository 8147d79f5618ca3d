/** Whose EndpointSlices a Service has, and what they say. */
import type { Endpoint, EndpointSlice } from '../../api/kubernetes.ts'
import {
  MANAGED_BY_SLICE,
  MIRRORING_SLICE_CONTROLLER,
  NATIVE_SLICE_CONTROLLER,
  SLICE_ROLE,
  SLUICE_SLICE_CONTROLLER,
} from '../../api/names.ts'
import type { Route } from '../../api/route.ts'
import type { Intent } from '../intents.ts'
import type { ServiceSeen } from '../seen.ts'

/** On each slice that Sluice publishes: the version of the Route that it was rendered from. */
export const ROUTE_VERSION = 'sluice.dev/route-version'

const managerOf = (slice: EndpointSlice): string | undefined => slice.metadata.labels?.[MANAGED_BY_SLICE]

export const isOurs = (slice: EndpointSlice): boolean => managerOf(slice) === SLUICE_SLICE_CONTROLLER

const isNative = (slice: EndpointSlice): boolean =>
  managerOf(slice) === NATIVE_SLICE_CONTROLLER || managerOf(slice) === MIRRORING_SLICE_CONTROLLER

/** Slices that lead past the routers once the Service has no selector. */
export const foreignSlices = ({ slices }: ServiceSeen): readonly EndpointSlice[] => slices.filter(isNative)

const readyAddresses = (slices: readonly EndpointSlice[]): ReadonlySet<string> =>
  new Set(
    slices
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      // A pod of a dual-stack Service stands in a slice of each family, and is one.
      .flatMap(({ addresses, targetRef }) => targetRef?.uid ?? addresses.slice(0, 1)),
  )

/** Ready endpoints that the native slice controller has published. */
export const nativeReady = ({ slices }: ServiceSeen): number =>
  readyAddresses(slices.filter(slice => managerOf(slice) === NATIVE_SLICE_CONTROLLER)).size

/** Every slice of ours was rendered from this version of the Route or a later one. */
export const isPublished = ({ slices }: ServiceSeen, route: Route): boolean => {
  const ours = slices.filter(isOurs)
  const isFresh = (slice: EndpointSlice) => Number(slice.metadata.annotations?.[ROUTE_VERSION] ?? 0) >= route.spec.version
  return ours.some(slice => slice.metadata.labels?.[SLICE_ROLE] === 'router') && ours.every(isFresh)
}

const routerSlices = ({ slices }: ServiceSeen): readonly EndpointSlice[] =>
  slices.filter(slice => isOurs(slice) && slice.metadata.labels?.[SLICE_ROLE] === 'router')

/** Routers that new connections are sent to. */
export const readyRouterEndpoints = (seen: ServiceSeen): number => readyAddresses(routerSlices(seen)).size

const isLastResort = ({ conditions }: Endpoint): boolean => conditions?.serving === true && conditions.terminating === true

/** Whether our slices alone lead anywhere: to routers, or with all of them dead to the pods that fail-open names. */
export const leadSomewhere = (seen: ServiceSeen): boolean =>
  readyRouterEndpoints(seen) > 0 || seen.slices.filter(isOurs).some(({ endpoints }) => (endpoints ?? []).some(isLastResort))

export const deleteSlices = (slices: readonly EndpointSlice[], why: string): readonly Intent[] =>
  slices.map(({ metadata }) => ({ kind: 'deleteSlice', name: metadata.name, uid: metadata.uid ?? '', why }))
