/** What the routers say about a Route: whether they run it, and which endpoints they know. */
import type { Route } from '../api/route.ts'
import type { RouteReport } from '../api/router-admin.ts'
import type { RouterSeen } from './seen.ts'

const keyOf = (route: Route): string => `${route.metadata.namespace ?? ''}/${route.metadata.name}`

const reportOf = (router: RouterSeen, route: Route): RouteReport | undefined => router.report?.routes[keyOf(route)]

/** The very version: a report about a deleted Route of the same name must not count for a new one. */
const runs = (router: RouterSeen, route: Route): boolean => {
  const report = reportOf(router, route)
  return report !== undefined && report.version === route.spec.version && report.listening
}

/** Every ready router, and at least one, runs this version. What must be true before something relies on the routers. */
export const isAcknowledged = (route: Route, routers: readonly RouterSeen[]): boolean => {
  const ready = routers.filter(router => router.ready)
  return ready.length > 0 && ready.every(router => runs(router, route))
}

/**
 * No router sends by an older version: every one that is ready or answers runs this one. Also true when no router is left: then
 * none sends anything. What must be true before a version is taken away.
 */
export const isOutdatedNowhere = (route: Route, routers: readonly RouterSeen[]): boolean =>
  routers.filter(router => router.ready || router.report !== undefined).every(router => runs(router, route))

/** Every ready router knows at least one endpoint of the version. */
export const isKnownEverywhere = (route: Route, hash: string, routers: readonly RouterSeen[]): boolean => {
  const ready = routers.filter(router => router.ready)
  return ready.length > 0 && ready.every(router => (reportOf(router, route)?.upstreams[hash] ?? 0) > 0)
}

/** Client connections that routers still hold for the Route. */
export const openConnections = (route: Route, routers: readonly RouterSeen[]): number =>
  routers.reduce((sum, router) => sum + (reportOf(router, route)?.connections ?? 0), 0)

/** Requests of one version that routers have not finished. */
export const requestsInFlight = (route: Route, hash: string, routers: readonly RouterSeen[]): number =>
  routers.reduce((sum, router) => sum + (reportOf(router, route)?.inFlight[hash] ?? 0), 0)

const refusalBy = ({ report }: RouterSeen, route: Route): string => {
  const refused = report?.refused?.[keyOf(route)]
  return refused?.version === route.spec.version ? ` refuses it: ${refused.message}` : ''
}

/** The ready routers that do not run the version yet, for people; with the reason where one refuses it. */
export const lagging = (route: Route, routers: readonly RouterSeen[]): string => {
  const ready = routers.filter(router => router.ready)
  if (ready.length === 0) return 'no router is ready'
  return ready
    .filter(router => !runs(router, route))
    .map(router => `${router.name}${refusalBy(router, route)}`)
    .join(', ')
}
