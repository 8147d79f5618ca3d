/** Out of proxy mode: first nothing but the final version's pods is left, then the pods stand beside the routers, then the routers go. */
import { detachOps } from '../../api/service-mode.ts'
import type { Intent } from '../intents.ts'
import { isOutdatedNowhere, openConnections } from '../routers.ts'
import { isSame } from '../same.ts'
import { clock } from '../time.ts'
import { RECHECK_MS, type Waiting } from '../waiting.ts'
import { giveSelectorBack, patchFronted } from './patch.ts'
import { deleteSlices, foreignSlices, isPublished, nativeReady, readyRouterEndpoints } from './slices.ts'
import type { LeaveStep, ModeStep, Routed } from './step.ts'

const waits = ({ seen, since, mode }: Routed, step: LeaveStep, what: string, ends: string): Waiting => ({
  reason: 'LeavingProxyMode',
  what: `Service ${seen.service.metadata.name} (${step}): ${what}`,
  since,
  ends,
  until: mode.now + RECHECK_MS,
})

/** While other versions have pods the Service's own selector must not come back: it would take them in. */
const stayDetached = ({ seen }: Routed): readonly Intent[] =>
  seen.service.spec.selector === undefined
    ? deleteSlices(foreignSlices(seen), 'they lead past the routers')
    : patchFronted(seen.service, detachOps(seen.service), 'other versions still have pods')

const finalWeight: ModeStep = routed => {
  const { route, mode } = routed
  if (!mode.onlyFinal) {
    const waiting = waits(routed, 'final-weight', 'the other versions stop', 'ends when their pods are gone')
    return { intents: stayDetached(routed), waiting, endpoints: 'ready' }
  }
  if (isSame(route.spec.backends, mode.wish.backends) && isOutdatedNowhere(route, mode.routers)) return { next: 'attach' }
  const waiting = waits(
    routed,
    'final-weight',
    'all routers send everything to one version',
    'ends when each runs the newest Route',
  )
  return { intents: [], waiting, endpoints: 'ready' }
}

const attach: ModeStep = routed => {
  const { service } = routed.seen
  const patch = giveSelectorBack(service, routed.mode)
  if (patch.length === 0) return { next: 'native-endpoints' }
  return {
    intents: patchFronted(service, patch, 'its pods become endpoints again, beside the routers'),
    waiting: waits(routed, 'attach', 'its selector comes back', 'ends when that is written'),
    endpoints: 'ready',
  }
}

const nativeEndpoints: ModeStep = routed => {
  const { seen, mode } = routed
  const wanted = mode.backends.find(({ hash }) => hash === mode.stableHash)?.readyEndpoints ?? 0
  const there = nativeReady(seen)
  if (there >= wanted) return { next: 'native-propagate' }
  return {
    intents: [],
    waiting: waits(routed, 'native-endpoints', 'its pods are published', `ends when ${wanted} are (${there} now)`),
    endpoints: 'ready',
  }
}

const nativePropagate: ModeStep = routed => {
  const end = routed.since + routed.mode.settings.propagationMs
  if (routed.mode.now >= end) return { next: 'drain-publish' }
  const waiting = waits(routed, 'native-propagate', 'the service proxies take up the pods', `ends at ${clock(end)}`)
  return { intents: [], waiting: { ...waiting, until: end }, endpoints: 'ready' }
}

/** From here on new connections go to the pods; the routers keep what they have. */
const drainPublish: ModeStep = routed => {
  const { seen, route, mode } = routed
  // Without a router nobody publishes, and nothing has to be drained.
  const noRouter = !mode.routers.some(({ ready }) => ready)
  const published = isPublished(seen, route) && readyRouterEndpoints(seen) === 0
  const isTold = route.spec.endpoints === 'draining' && isOutdatedNowhere(route, mode.routers)
  if (isTold && (published || noRouter)) return { next: 'drain' }
  const waiting = waits(
    routed,
    'drain-publish',
    'the routers publish themselves as draining',
    'ends when their EndpointSlices say so',
  )
  return { intents: [], waiting, endpoints: 'draining' }
}

const drain: ModeStep = routed => {
  const { since, mode, route } = routed
  const { propagationMs, maxDrainMs } = mode.settings
  const open = openConnections(route, mode.routers)
  const latest = since + Math.max(maxDrainMs, propagationMs)
  if (mode.now >= since + propagationMs && (open === 0 || mode.now >= latest)) return { next: 'remove' }
  const waiting = waits(routed, 'drain', `${open} connections end`, `ends when none is left, at the latest at ${clock(latest)}`)
  const until = mode.now < since + propagationMs ? since + propagationMs : Math.min(latest, mode.now + RECHECK_MS)
  return { intents: [], waiting: { ...waiting, until }, endpoints: 'draining' }
}

const remove: ModeStep = routed => {
  const { route } = routed
  const { name, uid = '', deletionTimestamp } = route.metadata
  return {
    intents: deletionTimestamp === undefined ? [{ kind: 'deleteRoute', name, uid }] : [],
    waiting: waits(routed, 'remove', 'its Route is removed', 'ends when it is gone'),
    endpoints: route.spec.endpoints,
  }
}

export const leaveSteps = {
  'final-weight': finalWeight,
  attach,
  'native-endpoints': nativeEndpoints,
  'native-propagate': nativePropagate,
  'drain-publish': drainPublish,
  drain,
  remove,
} satisfies Record<LeaveStep, ModeStep>
