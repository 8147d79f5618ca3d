/** What every part of the planner of Rollouts reads: the observed objects, with everything that is derived from them once. */
import { argoStepHash } from '../../api/pod-template-json.ts'
import type { CanaryStep, CanaryStrategy, Rollout, RolloutStatus } from '../../api/rollout.ts'
import { type Limits, readLimits } from './replicas/limits.ts'
import type { RolloutSeen } from './seen.ts'
import { checkRouting } from './traffic/choose.ts'
import type { TrafficProvider } from './traffic/provider.ts'
import { type Routing, readRouting } from './traffic/routing.ts'
import { invalidSpecMessage, type Violation, validateRollout } from './validate/index.ts'
import { readVersions, type Versions } from './versions.ts'
import { resolveWorkload } from './workload.ts'

export type RolloutContext = {
  readonly seen: RolloutSeen
  readonly now: number
  /** With the template and selector of its workload as its own, where it names one. */
  readonly rollout: Rollout
  /** As last reported, with what people and tools wrote into it since. */
  readonly status: RolloutStatus
  readonly canary: CanaryStrategy
  readonly steps: readonly CanaryStep[]
  /** Empty for a strategy without steps. */
  readonly stepHash: string
  /** spec.replicas; 1 where nothing is said. */
  readonly replicas: number
  readonly limits: Limits
  readonly deadlineMs: number
  readonly versions: Versions
  /** spec.paused: no step is completed, and no new version made. */
  readonly isPaused: boolean
  /** Who splits the traffic by weights; absent where the share of pods is the share of traffic. */
  readonly routing: Routing | undefined
  /** The text of the condition InvalidSpec; while there is one, nothing moves. */
  readonly invalid: string | undefined
}

const DEADLINE_SECONDS = 600

const found = new WeakMap<Rollout['spec'], readonly Violation[]>()

/** What is wrong with a spec, found once: it is looked at again with each change of a pod. */
const violationsOf = (rollout: Rollout): readonly Violation[] => {
  const violations = found.get(rollout.spec) ?? validateRollout(rollout)
  found.set(rollout.spec, violations)
  return violations
}

export const readContext = (seen: RolloutSeen, now: number, providers: readonly TrafficProvider[]): RolloutContext => {
  const { rollout, violation: unresolved } = resolveWorkload(seen)
  const { spec, metadata } = rollout
  const { blueGreen, canary = {} } = spec.strategy
  const replicas = spec.replicas ?? 1
  const [violation] = [...(unresolved ? [unresolved] : []), ...violationsOf(rollout), ...checkRouting(rollout, providers)]
  return {
    seen,
    now,
    rollout,
    status: rollout.status ?? {},
    canary,
    steps: canary.steps ?? [],
    stepHash: blueGreen === undefined ? argoStepHash(canary.steps) : '',
    replicas,
    limits: readLimits(canary.maxSurge, canary.maxUnavailable ?? blueGreen?.maxUnavailable, replicas),
    deadlineMs: (spec.progressDeadlineSeconds ?? DEADLINE_SECONDS) * 1000,
    versions: readVersions(rollout, seen.replicaSets),
    isPaused: spec.paused === true,
    routing: readRouting(seen, rollout, providers, now),
    invalid: violation && invalidSpecMessage(metadata.name, violation),
  }
}

/** The newest version is the stable one, or there is no other: nothing is in flight. */
export const isSettled = ({ versions }: Pick<RolloutContext, 'versions'>): boolean =>
  versions.stable === undefined || versions.stable === versions.current
