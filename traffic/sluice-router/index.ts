/** Sluice's own routers: the Services that callers use go through them while an update is in flight, split exactly by Routes. */
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { SLUICE_ROUTER } from '../../api/rollout-traffic.ts'
import { percentOfWeight } from '../../api/traffic-weight.ts'
import {
  makeBackends,
  makeHeaderRoutes,
  makeMirrorRoutes,
  makePorts,
  makeSticky,
  makeTimeouts,
  type Ports,
  type RouteWish,
} from '../../engine/make-route.ts'
import { labelService, unlabelService } from '../../engine/modes.ts'
import type { WayOut } from '../../engine/preflight/way-out.ts'
import type { TrafficPlan, TrafficProvider, TrafficView, TrafficWish } from '../../engine/rollout/traffic/provider.ts'
import { isAcknowledged, isOutdatedNowhere, lagging } from '../../engine/routers.ts'
import type { ServiceSeen } from '../../engine/seen.ts'
import { planServiceMode } from '../../engine/service-mode/index.ts'
import type { ModeContext, ServiceMode } from '../../engine/service-mode/step.ts'
import { RECHECK_MS, type Waiting } from '../../engine/waiting.ts'
import { checkConfig, readConfig } from './config.ts'
import { pinnedTo, readFronts, readState } from './read.ts'

const makeWish = (view: TrafficView, { service }: ServiceSeen, wish: TrafficWish): RouteWish => {
  const { shares, headerRoutes, mirrorRoutes } = wish
  const { name } = service.metadata
  const weights = Object.fromEntries(shares.map(({ hash, weight }) => [hash, percentOfWeight(view.strategy, weight)]))
  const canary = shares.find(({ role }) => role === 'canary')?.hash
  const headers = canary === undefined ? [] : makeHeaderRoutes(headerRoutes, canary)
  const mirrors = canary === undefined ? [] : makeMirrorRoutes(mirrorRoutes, canary)
  // The service proxies pin a client to a router then, which must pin it to a version and a pod.
  const isPinned = service.spec.sessionAffinity === 'ClientIP'
  const config = readConfig(view.strategy)
  const timeouts = makeTimeouts(config.timeouts)
  const sticky = makeSticky(config.sticky) ?? (isPinned ? { by: 'ip' as const } : undefined)
  return {
    backends: makeBackends(name, shares, weights),
    ...(headers.length > 0 && { headerRoutes: headers }),
    ...(mirrors.length > 0 && { mirrorRoutes: mirrors }),
    ...(sticky && { sticky }),
    ...(timeouts && { timeouts }),
    ...(isPinned && { affinity: 'client-ip' as const }),
  }
}

/** Also those that a router may still send to by an older Route. */
const neededHashes = (
  { seen: { backends, routers } }: TrafficView,
  { route, service }: ServiceSeen,
  wish: TrafficWish,
): readonly string[] => {
  const old = backends.filter(({ frontedService }) => frontedService === service.metadata.name).map(({ hash }) => hash)
  const isOld = route !== undefined && !isOutdatedNowhere(route, routers)
  return [...new Set([...wish.shares.map(({ hash }) => hash), ...(isOld ? old : [])])]
}

const WAY_OUT: WayOut = {
  workload: 'this Rollout',
  noRouters: 'take trafficRouting out of the Rollout',
  leaveOut: `name another one in trafficRouting.plugins["${SLUICE_ROUTER}"].services`,
}

const modeContext = (view: TrafficView, seen: ServiceSeen, wish: TrafficWish, listenPorts: Ports): ModeContext => {
  const { settings, routers, backends, surroundings } = view.seen
  const { name } = seen.service.metadata
  const stableHash = wish.shares[0]?.hash ?? ''
  const pinned = pinnedTo(seen)
  const labelled = pinned !== undefined && view.hashes.includes(pinned) ? pinned : stableHash
  return {
    now: view.now,
    placement: 'shared',
    deployment: view.name,
    settings,
    routers,
    versionLabel: ROLLOUTS_POD_TEMPLATE_HASH,
    stableHash,
    podLabels: { ...view.podLabels, [ROLLOUTS_POD_TEMPLATE_HASH]: labelled },
    podPrefixes: view.podPrefixes,
    template: view.template,
    ...(surroundings && { surroundings }),
    wayOut: WAY_OUT,
    wish: makeWish(view, seen, wish),
    // A Service that selects one version only takes in no other when its selector comes back.
    onlyFinal: wish.isAtRest && (wish.isAlone || pinned === stableHash),
    backends: backends.filter(({ frontedService }) => frontedService === name),
    hashes: neededHashes(view, seen, wish),
    listenPorts,
  }
}

/** Where everything is as told, but not every router has heard of it. */
const untilAcknowledged = ({ route }: ServiceSeen, { now, seen: { routers } }: TrafficView): readonly Waiting[] =>
  route === undefined || isAcknowledged(route, routers)
    ? []
    : [
        {
          reason: routers.some(({ ready }) => ready) ? 'RouterAcknowledgement' : 'RoutersUnavailable',
          what: routers.some(({ ready }) => ready)
            ? `Service ${route.spec.service}: the routers take up the weights`
            : 'No router is ready, all traffic goes to the pods of the stable version directly',
          ends: `ends when every ready router runs version ${route.spec.version} of the Route (missing: ${lagging(route, routers)})`,
          until: now + RECHECK_MS,
        },
      ]

const bring = (want: 'serve' | 'proxy', seen: ServiceSeen, view: TrafficView, context: ModeContext): ServiceMode => {
  const label = want === 'proxy' ? labelService(seen, view.name) : []
  // One patch of an object in a pass: two would contradict each other's resourceVersion.
  if (label.length > 0) return { intents: label, done: false }
  const mode = planServiceMode(seen, want, context)
  if (!mode.done || want === 'proxy') return mode
  const unlabel = unlabelService(seen, view.name)
  return { intents: unlabel, done: unlabel.length === 0 }
}

const portsOf = ({ seen: { takenPorts } }: TrafficView): Ports & { readonly taken: Set<number> } => ({
  taken: new Set(takenPorts),
  contested: new Set(takenPorts.filter((port, i) => takenPorts.indexOf(port) !== i)),
})

const planTraffic = (view: TrafficView, wish: TrafficWish): TrafficPlan => {
  const { fronts, strays, missing } = readFronts(view)
  const ports = portsOf(view)
  const isAlways = readConfig(view.strategy).mode === 'always'
  const want = wish.isAtRest && !isAlways ? 'serve' : 'proxy'
  const modes = fronts.map(seen => {
    const planned = bring(want, seen, view, modeContext(view, seen, wish, ports))
    if (seen.route === undefined) for (const { listenPort } of makePorts(seen, ports)) ports.taken.add(listenPort)
    return planned
  })
  const all = [...modes, ...strays.map(seen => bring('serve', seen, view, modeContext(view, seen, wish, ports)))]
  const absent: readonly Waiting[] = missing.map(name => ({
    reason: 'ServiceRefused',
    what: `service "${name}" not found`,
    ends: 'ends when it is there, or another one is named',
  }))
  return {
    intents: all.flatMap(({ intents }) => intents),
    waits: [
      ...absent,
      ...all.flatMap(({ waiting }) => waiting ?? []),
      ...modes.flatMap(({ done }, i) => (done && fronts[i] ? untilAcknowledged(fronts[i], view) : [])),
    ],
    isDone: all.every(({ done }) => done) && missing.length === 0,
  }
}

export const sluiceRouter: TrafficProvider = {
  name: SLUICE_ROUTER,
  isNamed: ({ trafficRouting }) => trafficRouting?.plugins?.[SLUICE_ROUTER] !== undefined,
  check: checkConfig,
  read: readState,
  plan: planTraffic,
}
