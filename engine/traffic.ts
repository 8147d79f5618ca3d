/** The shares of traffic that are in force now, read back from the Routes and the routers. */
import type { Route } from '../api/route.ts'
import type { Context } from './context.ts'
import { isAcknowledged, isKnownEverywhere, isOutdatedNowhere, requestsInFlight } from './routers.ts'
import type { Weights } from './weights.ts'

export type Traffic = {
  /** For each version the most that any Route gives it. A fronting Service without a Route gives everything to the stable version. */
  readonly most: Weights
  /** For each version the least that any Route gives it. */
  readonly least: Weights
  /** Every ready router, and at least one, runs the newest Routes. */
  readonly acknowledged: boolean
  /** No router sends by an older version of the Routes. */
  readonly outdatedNowhere: boolean
  /** Every ready router knows an endpoint of the version. */
  readonly knows: (hash: string) => boolean
  /** Requests (or connections) to the version that routers have not finished. */
  readonly inFlight: (hash: string) => number
  /** True when every fronting Service's Route names this version as the stable one. */
  readonly isLeader: (hash: string) => boolean
}

const weightOf = (route: Route, hash: string): number => route.spec.backends.find(backend => backend.hash === hash)?.weight ?? 0

const collect = (routes: readonly Route[], pick: (...weights: number[]) => number): Weights => {
  const hashes = new Set(routes.flatMap(route => route.spec.backends.map(({ hash }) => hash)))
  return Object.fromEntries([...hashes].map(hash => [hash, pick(...routes.map(route => weightOf(route, hash)))]))
}

export const readTraffic = ({ fronting, strays, seen }: Context): Traffic => {
  const routes = [...fronting, ...strays].flatMap(({ route }) => route ?? [])
  return {
    most: collect(routes, Math.max),
    least: collect(routes, Math.min),
    acknowledged: routes.length > 0 && routes.every(route => isAcknowledged(route, seen.routers)),
    outdatedNowhere: routes.every(route => isOutdatedNowhere(route, seen.routers)),
    knows: hash => routes.length > 0 && routes.every(route => isKnownEverywhere(route, hash, seen.routers)),
    inFlight: hash => routes.reduce((sum, route) => sum + requestsInFlight(route, hash, seen.routers), 0),
    isLeader: hash =>
      fronting.every(service =>
        Boolean(service.route?.spec.backends.some(backend => backend.role === 'stable' && backend.hash === hash)),
      ),
  }
}
