/**
 * What Prometheus is told of each Rollout. Gauges mirror the objects in the cache when they are read, and only on the leader, so that a
 * sum over the replicas is true; counters follow the changes. Everything about a Rollout goes with it.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Rollout, RolloutPhase } from '../api/rollout.ts'
import { weightScale } from '../api/traffic-weight.ts'
import type { Caches } from './caches.ts'
import { isInFlight, RESULTS, type Result, resultBetween, startedAt, waitingFor } from './rollout-ends.ts'

const PHASES: readonly RolloutPhase[] = ['Healthy', 'Progressing', 'Paused', 'Degraded']
/** Seconds; from a promotion without steps to a rollout of a day. */
const DURATIONS = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400]

const LABELS = ['namespace', 'rollout'] as const
type Labels = Record<(typeof LABELS)[number], string>

const labelsOf = ({ metadata }: Rollout): Labels => ({ namespace: metadata.namespace ?? '', rollout: metadata.name })

export type RolloutSource = {
  readonly rollouts: Pick<Caches['rollouts'], 'list' | 'onChange'>
  /** Others belong to an Argo Rollouts controller. */
  readonly isOurs: (rollout: Rollout) => boolean
  readonly isLeading: () => boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Nothing says how a Rollout with pods of its own splits the requests themselves. */
const canaryWeight = ({ spec, status }: Rollout): number | undefined => {
  const { canary } = spec.strategy
  const weight = status?.canary?.weights?.canary.weight ?? (canary?.trafficRouting && 0)
  return weight === undefined ? undefined : weight / weightScale(canary)
}

const GAUGES: readonly (readonly [name: string, help: string, read: (rollout: Rollout) => number | undefined])[] = [
  ['step_index', 'Index of the step that runs, from 0; the number of steps when all are done.', r => r.status?.currentStepIndex],
  ['steps', 'Number of steps.', r => r.spec.strategy.canary?.steps?.length],
  [
    'canary_weight_ratio',
    'Share of new requests that the version under test is to get, 0 to 1; absent where pods of a Rollout of a user are the share.',
    canaryWeight,
  ],
  ['desired_replicas', 'Pods that are wished for.', r => r.spec.replicas ?? 1],
  ['replicas', 'Pods of all versions.', r => r.status?.replicas ?? 0],
  ['updated_replicas', 'Pods of the newest version.', r => r.status?.updatedReplicas ?? 0],
  ['available_replicas', 'Available pods of all versions.', r => r.status?.availableReplicas ?? 0],
  [
    'update_started_timestamp_seconds',
    'When the update that is in flight began, in Unix seconds; absent when none is.',
    r => seconds(startedAt(r.status ?? {})),
  ],
]

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000)

/** Registers the gauges. */
export const addRolloutGauges = (registry: Registry, { rollouts, isOurs, isLeading }: RolloutSource): void => {
  const registers = [registry]
  const ours = () => (isLeading() ? rollouts.list().filter(isOurs) : [])
  for (const [name, help, read] of GAUGES)
    new Gauge({
      name: `sluice_rollout_${name}`,
      help,
      labelNames: LABELS,
      registers,
      collect() {
        this.reset()
        for (const rollout of ours()) {
          const value = read(rollout)
          if (value !== undefined) this.set(labelsOf(rollout), value)
        }
      },
    })
  new Gauge({
    name: 'sluice_rollout_info',
    help: 'Always 1; the pod-template-hashes of the stable version and of the newest one, and the strategy.',
    labelNames: [...LABELS, 'strategy', 'stable', 'canary'],
    registers,
    collect() {
      this.reset()
      for (const rollout of ours()) {
        const { stableRS: stable = '', currentPodHash: canary = '' } = rollout.status ?? {}
        const strategy = rollout.spec.strategy.blueGreen === undefined ? 'canary' : 'blue-green'
        this.set({ ...labelsOf(rollout), strategy, stable, canary }, 1)
      }
    },
  })
  new Gauge({
    name: 'sluice_rollout_phase',
    help: '1 for the phase that the Rollout is in, 0 for the others.',
    labelNames: [...LABELS, 'phase'],
    registers,
    collect() {
      this.reset()
      for (const rollout of ours())
        for (const phase of PHASES)
          this.set({ ...labelsOf(rollout), phase }, (rollout.status?.phase ?? 'Progressing') === phase ? 1 : 0)
    },
  })
  new Gauge({
    name: 'sluice_rollout_waiting_since_timestamp_seconds',
    help: 'Since when the Rollout waits for what the label says, in Unix seconds; absent when it waits for nothing.',
    labelNames: [...LABELS, 'reason'],
    registers,
    collect() {
      this.reset()
      for (const rollout of ours()) {
        const waiting = waitingFor(rollout.status ?? {})
        if (waiting !== undefined) this.set({ ...labelsOf(rollout), reason: waiting.reason }, waiting.since / 1000)
      }
    },
  })
}

/** Registers the counters; the answer starts counting (the leader does) and returns what ends it. */
export const makeRolloutCounters = (registry: Registry, { rollouts, isOurs, now }: RolloutSource): (() => () => void) => {
  const registers = [registry]
  const ended = new Counter({
    name: 'sluice_rollout_updates_total',
    help: `Updates that ended, by result: ${RESULTS.join(', ')}.`,
    labelNames: [...LABELS, 'result'],
    registers,
  })
  const lasted = new Histogram({
    name: 'sluice_rollout_update_duration_seconds',
    help: 'Time from the start of an update to its result, over all Rollouts.',
    labelNames: ['result'],
    buckets: DURATIONS,
    registers,
  })
  const waited = new Counter({
    name: 'sluice_rollout_waited_seconds_total',
    help: 'Time that the Rollout has waited, by what for; added when a wait is over.',
    labelNames: [...LABELS, 'reason'],
    registers,
  })
  const note = (labels: Labels, result: Result, began: number | undefined) => {
    ended.inc({ ...labels, result })
    if (began !== undefined) lasted.observe({ result }, Math.max(0, now() - began) / 1000)
  }
  const forget = (labels: Labels) => {
    for (const result of RESULTS) ended.remove({ ...labels, result })
  }
  /** From 0 on, so that a rate over the first end sees it. */
  const introduce = (labels: Labels) => {
    for (const result of RESULTS) ended.inc({ ...labels, result }, 0)
  }
  return () => {
    for (const result of RESULTS) lasted.zero({ result })
    /** When the update in flight was first seen, by UID: `Completed` also spans an earlier try of the same version. */
    const began = new Map<string, number>()
    /** What each Rollout has waited for, by UID: the series to take away with it. */
    const reasons = new Map<string, Set<string>>()
    const noteWait = (after: Rollout, before: Rollout) => {
      const [was, is] = [waitingFor(before.status ?? {}), waitingFor(after.status ?? {})]
      if (was === undefined || was.reason === '' || (was.reason === is?.reason && was.since === is.since)) return
      const { uid = '' } = after.metadata
      waited.inc({ ...labelsOf(after), reason: was.reason }, Math.max(0, now() - was.since) / 1000)
      reasons.set(uid, (reasons.get(uid) ?? new Set()).add(was.reason))
    }
    const follow = (after: Rollout, before: Rollout) => {
      const { uid = '' } = after.metadata
      const [was, is] = [before.status ?? {}, after.status ?? {}]
      const result = resultBetween(was, is)
      if (result !== undefined) note(labelsOf(after), result, began.get(uid) ?? startedAt(was))
      if (!isInFlight(is)) began.delete(uid)
      else if (!isInFlight(was) || result !== undefined) began.set(uid, now())
    }
    const gone = (rollout: Rollout) => {
      const { uid = '' } = rollout.metadata
      began.delete(uid)
      forget(labelsOf(rollout))
      for (const reason of reasons.get(uid) ?? []) waited.remove({ ...labelsOf(rollout), reason })
      reasons.delete(uid)
    }
    return rollouts.onChange((_, after, before) => {
      if (after === undefined) {
        if (before !== undefined && isOurs(before)) gone(before)
        return
      }
      if (!isOurs(after)) return
      introduce(labelsOf(after))
      if (before === undefined) return
      follow(after, before)
      noteWait(after, before)
    })
  }
}
