/** Serve mode and proxy mode of one Service, and every way between them; see step.ts for the steps and deployments' enter and leave order. */
import type { Route, RouterEndpoints, RouteSpec } from '../../api/route.ts'
import { skipMirrorOps } from '../../api/service-mode.ts'
import type { Intent } from '../intents.ts'
import { makePorts, makeRoute, makeRouteSpec } from '../make-route.ts'
import { isSame } from '../same.ts'
import type { ServiceSeen } from '../seen.ts'
import { planSidecarMode } from '../sidecar/mode.ts'
import { isSidecarRoute } from '../sidecar/placement.ts'
import { parseTime, timestamp } from '../time.ts'
import { renderWaiting, type Waiting } from '../waiting.ts'
import { enterSteps } from './enter.ts'
import { leaveSteps } from './leave.ts'
import { giveSelectorBack, patchFronted } from './patch.ts'
import { preflight } from './preflight.ts'
import { ensurePrivateServices, removePrivateServices } from './private-services.ts'
import { deleteSlices, isOurs } from './slices.ts'
import {
  ENTER_STEPS,
  type EnterStep,
  LEAVE_STEPS,
  type LeaveStep,
  type ModeContext,
  type ModeStep,
  type ServiceMode,
  type StepName,
} from './step.ts'

const STEPS: Record<StepName, ModeStep> = { ...enterSteps, ...leaveSteps }

const isEnter = (step: string): step is EnterStep => ENTER_STEPS.some(name => name === step)
const isLeave = (step: string): step is LeaveStep => LEAVE_STEPS.some(name => name === step)

const isDetached = ({ service }: ServiceSeen): boolean => service.spec.selector === undefined

/** The step that the Route notes; when the note is lost, the earliest that fits what is there. */
const readStep = (seen: ServiceSeen, route: Route): StepName => {
  const noted = route.status?.step ?? ''
  if (isEnter(noted) || isLeave(noted)) return noted
  if (route.spec.endpoints === 'draining') return 'drain-publish'
  if (isDetached(seen)) return 'clean-slices'
  return route.spec.endpoints === 'none' ? 'router-ack' : 'publish'
}

/** Turning round while entering: before the selector went there is nothing to bring back. */
const turnToLeave = (step: EnterStep, seen: ServiceSeen, route: Route): LeaveStep => {
  const wasInPath: readonly EnterStep[] = ['detach', 'clean-slices', 'probe-1', 'probe-2', 'proxy']
  if (isDetached(seen) || wasInPath.includes(step)) return 'final-weight'
  return route.spec.endpoints === 'none' ? 'remove' : 'attach'
}

/** Turning round while leaving: what was taken back is proved again. */
const turnToEnter = (step: LeaveStep, seen: ServiceSeen, route: Route): EnterStep => {
  if (isDetached(seen)) return 'clean-slices'
  if (step === 'final-weight') return 'detach'
  return route.spec.endpoints === 'none' ? 'router-ack' : 'publish'
}

const turn = (step: StepName, want: 'serve' | 'proxy', seen: ServiceSeen, route: Route): StepName => {
  if (want === 'serve' && isEnter(step)) return turnToLeave(step, seen, route)
  if (want === 'proxy' && isLeave(step)) return turnToEnter(step, seen, route)
  return step
}

const makeSpec = (seen: ServiceSeen, mode: ModeContext, endpoints: RouterEndpoints): RouteSpec =>
  makeRouteSpec(seen, mode.deployment, { ...mode.wish, endpoints, ports: makePorts(seen, mode.listenPorts) })

const updateRoute = (seen: ServiceSeen, route: Route, mode: ModeContext, endpoints: RouterEndpoints): readonly Intent[] => {
  const spec = makeSpec(seen, mode, endpoints)
  if (isSame(spec, route.spec)) return []
  const shares = spec.backends.map(({ role, weight }) => `${role} ${weight}%`).join(', ')
  return [
    {
      kind: 'updateRoute',
      name: route.metadata.name,
      resourceVersion: route.metadata.resourceVersion ?? '',
      spec: { ...spec, version: route.spec.version + 1 },
      why: `${shares}; routers among the endpoints: ${endpoints}`,
    },
  ]
}

const noteStep = (route: Route, step: StepName, since: number, waiting: Waiting | undefined): readonly Intent[] => {
  const message = waiting && renderWaiting(waiting, since)
  if (route.status?.step === step && route.status.message === message) return []
  const status = { step, since: timestamp(since), ...(message !== undefined && { message }) }
  return [{ kind: 'setRouteStatus', name: route.metadata.name, status }]
}

/** More than all steps in a row, so that a pass always ends. */
const MOST_STEPS = ENTER_STEPS.length + LEAVE_STEPS.length

const walk = (seen: ServiceSeen, route: Route, want: 'serve' | 'proxy', mode: ModeContext): ServiceMode => {
  const noted = readStep(seen, route)
  let step = turn(noted, want, seen, route)
  let since = step === route.status?.step ? (parseTime(route.status.since) ?? mode.now) : mode.now
  for (let i = 0; i < MOST_STEPS; i += 1) {
    const outcome = STEPS[step]({ seen, route, since, mode })
    if ('next' in outcome) {
      step = outcome.next
      since = mode.now
      continue
    }
    const intents = [
      ...(route.metadata.deletionTimestamp === undefined && step !== 'remove'
        ? [...ensurePrivateServices(seen, mode), ...updateRoute(seen, route, mode, outcome.endpoints)]
        : []),
      ...noteStep(route, step, since, outcome.waiting),
      ...outcome.intents,
      ...removePrivateServices(seen, mode, mode.hashes),
    ]
    return { intents, done: outcome.done === true, ...(outcome.waiting && { waiting: outcome.waiting }) }
  }
  return { intents: [], done: false }
}

/** Not everything that can be in the way is watched: NetworkPolicies and meshes are looked at again after so long. */
const REFUSED_RECHECK_MS = 10_000

const refused = (seen: ServiceSeen, problem: string, mode: ModeContext): ServiceMode => ({
  intents: [],
  done: false,
  waiting: {
    reason: 'ServiceRefused',
    what: `Service ${seen.service.metadata.name} cannot be put in proxy mode: ${problem}`,
    ends: 'ends when that is changed, or with a full promotion, which replaces the pods without splitting traffic',
    until: mode.now + REFUSED_RECHECK_MS,
  },
})

/** A router that has not heard yet that an earlier Route of this name is gone still tells its version: it must not pass for the new one's. */
const newestReported = ({ service: { metadata } }: ServiceSeen, { routers }: ModeContext): number => {
  const versions = routers.map(({ report }) => report?.routes[`${metadata.namespace ?? ''}/${metadata.name}`]?.version ?? 0)
  return Math.max(0, ...versions)
}

/** A Service without a Route that is to get one. */
const begin = (seen: ServiceSeen, mode: ModeContext): ServiceMode => {
  const problem = preflight(seen, mode)
  if (problem !== undefined) return refused(seen, problem, mode)
  const leftovers = isDetached(seen) ? [] : seen.slices.filter(isOurs)
  if (leftovers.length > 0) {
    const waiting: Waiting = {
      reason: 'EnteringProxyMode',
      what: `Service ${seen.service.metadata.name}: EndpointSlices of an earlier update are removed`,
      ends: 'ends when they are gone',
    }
    return { intents: deleteSlices(leftovers, 'left over from an earlier update'), done: false, waiting }
  }
  const spec = makeSpec(seen, mode, isDetached(seen) ? 'ready' : 'none')
  if (spec.ports.length < (seen.service.spec.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP').length) {
    return refused(seen, 'every listening port from 20000 to 29999 is taken by other Services', mode)
  }
  const route = makeRoute(seen.service, { ...spec, version: newestReported(seen, mode) + 1 })
  const waiting: Waiting = {
    reason: 'EnteringProxyMode',
    what: `Service ${seen.service.metadata.name} (router-ack): the routers take up the Route`,
    since: mode.now,
    ends: 'ends when every ready router runs it',
  }
  const intents: Intent[] = [
    ...ensurePrivateServices(seen, mode),
    { kind: 'createRoute', route },
    { kind: 'setRouteStatus', name: route.metadata.name, status: { step: 'router-ack', since: timestamp(mode.now) } },
  ]
  return { intents, done: false, waiting }
}

/** A Service without a Route that is to stay without one: whatever is left of an earlier update goes. */
const cleanUp = (seen: ServiceSeen, mode: ModeContext): ServiceMode => {
  const { service } = seen
  const isManaged = service.metadata.annotations?.['sluice.dev/selector'] !== undefined
  const patch = [...(isManaged ? giveSelectorBack(service, mode) : []), ...skipMirrorOps(service, false)]
  const wasFronted = isManaged || seen.slices.some(isOurs) || mode.backends.length > 0
  const intents = [
    ...(wasFronted ? patchFronted(service, patch, 'it is out of proxy mode') : []),
    ...deleteSlices(seen.slices.filter(isOurs), 'the Service is out of proxy mode'),
    ...removePrivateServices(seen, mode, []),
  ]
  return { intents, done: intents.length === 0 }
}

/**
 * The next step of one Service towards a mode. `done` when it is there; otherwise `waiting` says what for. Safe to turn round at any
 * step: the other direction starts where it finds things.
 */
export const planServiceMode = (seen: ServiceSeen, want: 'serve' | 'proxy', mode: ModeContext): ServiceMode => {
  const isSidecar = seen.route === undefined ? mode.placement === 'sidecar' : isSidecarRoute(seen.route)
  if (isSidecar) return planSidecarMode(seen, want, mode)
  if (seen.route !== undefined) return walk(seen, seen.route, want, mode)
  return want === 'proxy' ? begin(seen, mode) : cleanUp(seen, mode)
}
