/** What every part of the planner reads: the observed objects, with everything that is derived from them once. */

import { readSettings, type Settings } from '../api/annotations.ts'
import { NO_LIMIT, savedFields } from '../api/hold.ts'
import { isIntOrPercent, resolveIntOrPercent } from '../api/int-or-percent.ts'
import type { Deployment, DeploymentStrategyField, Labels } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, FRONTED_SERVICE_LABEL, INSTANCE_ID, INSTANCE_ID_LABEL } from '../api/names.ts'
import { renderProblem } from '../api/problem.ts'
import type { CanaryStep, CanaryStrategy, Rollout, RolloutSpec, RolloutStatus, SluiceRouterConfig } from '../api/rollout.ts'
import { selectsPods } from '../api/service-mode.ts'
import { makeStrategy, SLUICE_ROUTER } from '../api/strategy.ts'
import { TIMEOUTS, type Timeouts } from '../api/timeouts.ts'
import { stepsInPercent } from '../api/traffic-weight.ts'
import { analysisProblems } from './analysis-problems.ts'
import type { Seen, ServiceSeen } from './seen.ts'
import { choosePlacement, type Placement } from './sidecar/placement.ts'
import { checkSteps } from './steps/index.ts'
import { readVersions, type Versions } from './versions.ts'

export type Context = {
  /** Its `routers` are those of the placement. */
  readonly seen: Seen
  readonly placement: Placement
  readonly now: number
  readonly deployment: Deployment
  /** Absent until made; never someone else's of the same name. */
  readonly rollout?: Rollout
  /** As last reported, with what people wrote into it since. */
  readonly status: RolloutStatus
  readonly optedIn: boolean
  /** The text of InvalidSpec; while there is one, no step is completed. */
  readonly invalid?: string
  readonly spec: RolloutSpec['strategy']
  readonly strategy: CanaryStrategy
  /** Their weights in percent, whatever the Rollout counts in. */
  readonly steps: readonly CanaryStep[]
  readonly config: SluiceRouterConfig
  /** N: the pods that the user wants. */
  readonly replicas: number
  /** maxSurge and maxUnavailable of the user's strategy, in pods. */
  readonly surge: number
  readonly unavailable: number
  readonly deadlineMs: number
  readonly versions: Versions
  /** Services that front the pods and are to be. */
  readonly fronting: readonly ServiceSeen[]
  /** Services that carry our marks but do not front the pods any more. */
  readonly strays: readonly ServiceSeen[]
  /** Named in `services` but not there. */
  readonly missingServices: readonly string[]
}

const DEFAULT_DEADLINE_SECONDS = 600

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readTimeouts = (raw: { readonly [key: string]: unknown }): Timeouts =>
  Object.fromEntries(TIMEOUTS.flatMap(name => (typeof raw[name] === 'string' ? [[name, raw[name]]] : [])))

const ROUTERS = ['none', 'shared', 'sidecar'] as const

/** The `sluice/router` part of a strategy; the parts that a hand-written `spec` gets wrong fall back to the defaults. */
export const readRouterConfig = (strategy: CanaryStrategy | undefined): SluiceRouterConfig => {
  const raw = strategy?.trafficRouting?.plugins?.[SLUICE_ROUTER]
  if (!isRecord(raw)) return { router: 'auto' }
  const { services, sticky, mode, checks, timeouts } = raw
  const strings = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every(item => typeof item === 'string')
  return {
    router: ROUTERS.find(router => router === raw['router']) ?? 'auto',
    ...(strings(services) && { services }),
    ...(strings(checks) && { checks }),
    ...((mode === 'always' || mode === 'on-demand') && { mode }),
    ...((sticky === 'cookie' || sticky === 'ip') && { sticky }),
    ...(isRecord(timeouts) && { timeouts: readTimeouts(timeouts) }),
    ...(isRecord(sticky) && typeof sticky['header'] === 'string' && { sticky: { header: sticky['header'] } }),
  }
}

/** True for the Rollout that Sluice makes for this Deployment, false for one that a user wrote under the same name. */
export const isOurRollout = (rollout: Rollout, name: string): boolean =>
  rollout.metadata.labels?.[INSTANCE_ID_LABEL] === INSTANCE_ID &&
  rollout.spec.workloadRef?.kind === 'Deployment' &&
  rollout.spec.workloadRef.name === name

/** True when the Rollout belongs to this very Deployment, not to a deleted one of the same name. */
export const isOwnedBy = (rollout: Rollout, deployment: Deployment): boolean => {
  const owner = rollout.metadata.ownerReferences?.find(({ kind }) => kind === 'Deployment')
  return owner === undefined || deployment.metadata.uid === undefined || owner.uid === deployment.metadata.uid
}

type Limits = Pick<Context, 'surge' | 'unavailable' | 'deadlineMs'>

const podsOf = (value: unknown, total: number, rounding: 'up' | 'down'): number =>
  resolveIntOrPercent(isIntOrPercent(value) ? value : '25%', total, rounding)

/** As the native controller reads them (ResolveFenceposts): both zero means one may be unavailable. */
const readLimits = (deployment: Deployment, replicas: number): Limits => {
  const saved = savedFields(deployment) ?? deployment.spec
  const strategy: DeploymentStrategyField = saved.strategy ?? {}
  const surge = podsOf(strategy.rollingUpdate?.maxSurge ?? undefined, replicas, 'up')
  const unavailable = podsOf(strategy.rollingUpdate?.maxUnavailable ?? undefined, replicas, 'down')
  const seconds = saved.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS
  return {
    surge,
    unavailable: Math.min(surge === 0 && unavailable === 0 ? 1 : unavailable, replicas),
    deadlineMs: seconds === NO_LIMIT ? Number.POSITIVE_INFINITY : seconds * 1000,
  }
}

type Chosen = Pick<Context, 'spec' | 'strategy' | 'steps' | 'optedIn' | 'invalid'>

const NO_STRATEGY: RolloutSpec['strategy'] = { canary: {} }

const UNDECODED = 'metadata.annotations[sluice.dev/spec]: YAML that the controller did not decode'
const isUndecoded = ({ spec }: Settings): boolean => spec !== undefined && !('strategy' in spec)

/** What the annotations ask for; what the Rollout says where they are wrong or gone, so that a held update keeps its position. */
const chooseStrategy = (seen: Seen, deployment: Deployment, rollout: Rollout | undefined): Chosen => {
  const read = readSettings(deployment.metadata.annotations)
  const kept = rollout?.spec.strategy ?? NO_STRATEGY
  const made = read.optedIn && read.settings && !isUndecoded(read.settings) ? makeStrategy(read.settings) : undefined
  const spec = made ?? kept
  const strategy = spec.canary ?? {}
  const steps = stepsInPercent(strategy)
  const wrong = !read.optedIn
    ? []
    : made
      ? [...checkSteps(steps), ...analysisProblems(seen, strategy, steps)]
      : read.problems.length > 0
        ? read.problems.map(renderProblem)
        : [UNDECODED]
  return { spec, strategy, steps, optedIn: read.optedIn, ...(wrong.length > 0 && { invalid: wrong.join('; ') }) }
}

export const isPrivate = ({ service }: ServiceSeen): boolean => service.metadata.labels?.[FRONTED_SERVICE_LABEL] !== undefined

type Fronts = Pick<Context, 'fronting' | 'strays' | 'missingServices'>

const chooseServices = (seen: Seen, podLabels: Labels, wanted: readonly string[] | undefined): Fronts => {
  const candidates = seen.services.filter(each => !isPrivate(each) && each.service.metadata.deletionTimestamp === undefined)
  const fronts = ({ service }: ServiceSeen) =>
    wanted === undefined ? selectsPods(service, podLabels) : wanted.includes(service.metadata.name)
  const marked = ({ service, route }: ServiceSeen) =>
    route !== undefined || service.metadata.labels?.[DEPLOYMENT_LABEL] === seen.name
  return {
    fronting: candidates.filter(fronts),
    strays: candidates.filter(service => !fronts(service) && marked(service)),
    missingServices: (wanted ?? []).filter(name => !candidates.some(({ service }) => service.metadata.name === name)),
  }
}

/** Derives everything that the parts of the planner share. */
export const readContext = (seen: Seen, now: number, deployment: Deployment): Context => {
  const rollout =
    seen.rollout && isOurRollout(seen.rollout, seen.name) && isOwnedBy(seen.rollout, deployment) ? seen.rollout : undefined
  const status = rollout?.status ?? {}
  const replicas = deployment.spec.replicas ?? 1
  const chosen = chooseStrategy(seen, deployment, rollout)
  const config = readRouterConfig(chosen.strategy)
  const placement = choosePlacement(seen, config)
  return {
    seen: placement === 'sidecar' ? { ...seen, routers: seen.sidecars ?? [] } : seen,
    placement,
    now,
    deployment,
    ...(rollout && { rollout }),
    status,
    ...chosen,
    config,
    replicas,
    ...readLimits(deployment, replicas),
    versions: readVersions(seen, deployment, status),
    ...chooseServices(seen, deployment.spec.template.metadata?.labels ?? {}, config.services),
  }
}
