/** Into proxy mode, in the order that loses no request: nothing moves before what makes it safe was seen. */
import { SKIP_MIRROR } from '../../api/names.ts'
import { detachOps, skipMirrorOps } from '../../api/service-mode.ts'
import type { Intent } from '../intents.ts'
import { isAcknowledged, isKnownEverywhere, lagging } from '../routers.ts'
import { clock } from '../time.ts'
import { RECHECK_MS, type Waiting } from '../waiting.ts'
import { patchFronted } from './patch.ts'
import { deleteSlices, foreignSlices, isPublished, leadSomewhere, readyRouterEndpoints } from './slices.ts'
import type { EnterStep, ModeStep, Routed, StepOutcome } from './step.ts'

const waits = ({ seen, since, mode }: Routed, step: EnterStep, what: string, ends: string): Waiting => ({
  reason: 'EnteringProxyMode',
  what: `Service ${seen.service.metadata.name} (${step}): ${what}`,
  since,
  ends,
  until: mode.now + RECHECK_MS,
})

/** The routers run the Route and each knows a ready pod of the stable version; the Service does not lead to them yet. */
const routerAck: ModeStep = routed => {
  const { route, mode, seen } = routed
  const acked = isAcknowledged(route, mode.routers)
  if (acked && isKnownEverywhere(route, mode.stableHash, mode.routers)) return { next: 'publish' }
  const ends = acked
    ? 'ends when every ready router knows a ready pod of the stable version'
    : `ends when every ready router runs version ${route.spec.version} of the Route (missing: ${lagging(route, mode.routers)})`
  return {
    intents: [],
    waiting: waits(routed, 'router-ack', 'the routers take up the Route', ends),
    endpoints: seen.service.spec.selector === undefined ? 'ready' : 'none',
  }
}

/** The routers stand among the endpoints, beside the pods: both lead to the stable version. */
const publish: ModeStep = routed => {
  const { route, mode, seen } = routed
  const published = route.spec.endpoints === 'ready' && isPublished(seen, route) && readyRouterEndpoints(seen) > 0
  if (published && isAcknowledged(route, mode.routers)) return { next: 'propagate' }
  const waiting = waits(
    routed,
    'publish',
    'the routers publish themselves as endpoints',
    'ends when their EndpointSlices are there',
  )
  return { intents: [], waiting, endpoints: 'ready' }
}

const askProbe = ({ seen, route, mode }: Routed, step: EnterStep): Intent => ({
  kind: 'probe',
  service: seen.service.metadata.name,
  routeVersion: route.spec.version,
  step,
  count: mode.settings.probes,
})

const probed = ({ seen, route }: Routed, step: EnterStep) => {
  const { probe } = seen
  return probe?.step === step && probe.routeVersion === route.spec.version ? probe : undefined
}

/** Time for every node's service proxy, and proof from at least one of them. */
const propagate: ModeStep = routed => {
  const end = routed.since + routed.mode.settings.propagationMs
  if (routed.mode.now < end) {
    const waiting = waits(routed, 'propagate', 'the service proxies take up the endpoints', `ends at ${clock(end)}`)
    return { intents: [], waiting: { ...waiting, until: end }, endpoints: 'ready' }
  }
  // With session affinity the prober stays on the endpoint that it got first, a pod perhaps; the probes after detach are the proof then.
  const isPinned = routed.seen.service.spec.sessionAffinity === 'ClientIP'
  if (isPinned || (probed(routed, 'propagate')?.answeredByRouter ?? 0) > 0) return { next: 'skip-mirror' }
  const waiting = waits(routed, 'propagate', 'connections reach a router', 'ends when a probe is answered by a router')
  return { intents: [askProbe(routed, 'propagate')], waiting, endpoints: 'ready' }
}

/** The native Endpoints controller copies the Service's labels to the Endpoints object, from where the mirroring controller reads them. */
const skipMirror: ModeStep = routed => {
  const { service, endpointsLabels } = routed.seen
  const patch = skipMirrorOps(service, true)
  if (patch.length === 0 && (endpointsLabels === undefined || endpointsLabels[SKIP_MIRROR] === 'true')) return { next: 'detach' }
  return {
    intents: patchFronted(service, patch, 'keeps the leftover Endpoints from being mirrored into slices'),
    waiting: waits(routed, 'skip-mirror', 'its Endpoints take over the label skip-mirror', 'ends when they have it'),
    endpoints: 'ready',
  }
}

const detach: ModeStep = routed => {
  const { service } = routed.seen
  if (service.spec.selector === undefined) return { next: 'clean-slices' }
  // Without a selector nobody but the routers keeps endpoints: they have to be there still.
  if (!leadSomewhere(routed.seen)) return { next: 'publish' }
  return {
    intents: patchFronted(service, detachOps(service), 'from here on only the routers decide which pods get requests'),
    waiting: waits(routed, 'detach', 'its selector is put aside', 'ends when that is written'),
    endpoints: 'ready',
  }
}

/** Only after the selector is gone: the native controller would make them again. */
const cleanSlices: ModeStep = routed => {
  if (routed.seen.service.spec.selector !== undefined) return { next: 'detach' }
  const foreign = foreignSlices(routed.seen)
  if (foreign.length === 0) return { next: 'probe-1' }
  if (!leadSomewhere(routed.seen)) {
    const ends = 'ends when a router, or a stable pod for the case that none is left, is published'
    return { intents: [], waiting: waits(routed, 'clean-slices', 'its last endpoints are kept', ends), endpoints: 'ready' }
  }
  return {
    intents: deleteSlices(foreign, 'they lead past the routers'),
    waiting: waits(routed, 'clean-slices', 'native EndpointSlices are removed', 'ends when none is left'),
    endpoints: 'ready',
  }
}

const probeRound =
  (step: 'probe-1' | 'probe-2', next: EnterStep): ModeStep =>
  (routed): StepOutcome => {
    if (routed.seen.service.spec.selector !== undefined) return { next: 'detach' }
    const probe = probed(routed, step)
    if (probe !== undefined && probe.asked > 0 && probe.answeredByRouter === probe.asked) return { next }
    const told = probe ? ` (last time ${probe.answeredByRouter} of ${probe.asked})` : ''
    return {
      intents: [askProbe(routed, step)],
      waiting: waits(routed, step, 'new connections reach routers only', `ends when a router answers every probe${told}`),
      endpoints: 'ready',
    }
  }

/** There. An apply that puts the selector back, or a slice that a native controller made late, is undone. */
const proxy: ModeStep = ({ seen }) => {
  if (seen.service.spec.selector !== undefined) return { next: 'detach' }
  if (foreignSlices(seen).length > 0) return { next: 'clean-slices' }
  return { intents: [], endpoints: 'ready', done: true }
}

export const enterSteps = {
  'router-ack': routerAck,
  publish,
  propagate,
  'skip-mirror': skipMirror,
  detach,
  'clean-slices': cleanSlices,
  'probe-1': probeRound('probe-1', 'probe-2'),
  'probe-2': probeRound('probe-2', 'proxy'),
  proxy,
} satisfies Record<EnterStep, ModeStep>
