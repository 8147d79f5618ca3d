/** What the routers carry now, read back from Routes and from what routers say. */
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import type { Route } from '../../api/route.ts'
import { savedSelector } from '../../api/service-mode.ts'
import { weightOfPercent } from '../../api/traffic-weight.ts'
import type { TrafficState, TrafficView } from '../../engine/rollout/traffic/provider.ts'
import { isAcknowledged, isKnownEverywhere, isOutdatedNowhere } from '../../engine/routers.ts'
import type { ServiceSeen } from '../../engine/seen.ts'
import { foreignSlices } from '../../engine/service-mode/slices.ts'
import { frontsOf } from './config.ts'

export type Fronts = {
  /** Services that callers use. */
  readonly fronts: readonly ServiceSeen[]
  /** Services that have a Route of this Rollout and are not to have one any more. */
  readonly strays: readonly ServiceSeen[]
  /** Named, but not there. */
  readonly missing: readonly string[]
}

export const readFronts = ({ strategy, seen, name }: TrafficView): Fronts => {
  const isRouted = strategy.trafficRouting !== undefined
  const names = isRouted ? frontsOf(strategy) : []
  const there = seen.services.filter(({ service }) => service.metadata.deletionTimestamp === undefined)
  const fronts = there.filter(({ service }) => names.includes(service.metadata.name))
  return {
    fronts,
    strays: there.filter(one => one.route?.spec.deployment === name && !fronts.includes(one)),
    missing: names.filter(wanted => !fronts.some(({ service }) => service.metadata.name === wanted)),
  }
}

/** The hash of the one version whose pods it selects, or will select again; undefined where it takes pods of any. */
export const pinnedTo = ({ service }: ServiceSeen): string | undefined =>
  (service.spec.selector ?? savedSelector(service))?.[ROLLOUTS_POD_TEMPLATE_HASH]

const isInProxy = (seen: ServiceSeen): boolean =>
  seen.route?.status?.step === 'proxy' && seen.service.spec.selector === undefined && foreignSlices(seen).length === 0

const weightOf = (route: Route, hash: string): number => route.spec.backends.find(backend => backend.hash === hash)?.weight ?? 0

/** For each version the most that any Route gives it, in percent. */
const mostOf = (routes: readonly Route[]): readonly (readonly [hash: string, percent: number])[] => {
  const hashes = new Set(routes.flatMap(({ spec }) => spec.backends.map(({ hash }) => hash)))
  return [...hashes].map(hash => [hash, Math.max(...routes.map(route => weightOf(route, hash)))])
}

export const readState = (view: TrafficView): TrafficState => {
  const { seen, strategy } = view
  const { fronts, strays, missing } = readFronts(view)
  const engaged = [...fronts, ...strays]
  const routes = engaged.flatMap(({ route }) => route ?? [])
  const told = Object.fromEntries(mostOf(routes).map(([hash, percent]) => [hash, weightOfPercent(strategy, percent)]))
  const isSettled = routes.every(route => isOutdatedNowhere(route, seen.routers))
  const native = engaged.filter(({ service }) => service.spec.selector !== undefined)
  return {
    isSplitting: missing.length === 0 && fronts.length > 0 && fronts.every(isInProxy),
    isSafeBeside: fronts.every(one => one.service.spec.selector === undefined || pinnedTo(one) !== undefined),
    told,
    verified: routes.length > 0 && routes.every(route => isAcknowledged(route, seen.routers)),
    isSettled,
    knows: hash => routes.length > 0 && routes.every(route => isKnownEverywhere(route, hash, seen.routers)),
    // Routers may stand beside the pods, on the way in and on the way out.
    reaches: hash => native.some(one => pinnedTo(one) === hash) || (routes.length > 0 && (!isSettled || (told[hash] ?? 0) > 0)),
    isEngaged: routes.length > 0 || engaged.some(({ service }) => savedSelector(service) !== undefined),
  }
}
