/** What an update of a user's own Rollout does over time, by the planner itself in a cluster in memory. Pure. */
import type { AnalysisTemplate } from '../../../api/analysis-run.ts'
import { parseDuration } from '../../../api/duration.ts'
import type { PodTemplate } from '../../../api/kubernetes.ts'
import type { CanaryStep, Rollout, RolloutStatus } from '../../../api/rollout.ts'
import { percentOfWeight, stepsInPercent } from '../../../api/traffic-weight.ts'
import { isEnded } from '../../analysis.ts'
import { ROLLOUT_TYPE } from '../../analysis-run.ts'
import { pauseSeconds } from '../../rollout/pause-seconds.ts'
import { planUserRollout } from '../../rollout/plan.ts'
import type { WorkloadSeen } from '../../rollout/seen.ts'
import { stateByStatus } from '../../rollout/traffic/by-status.ts'
import type { TrafficProvider } from '../../rollout/traffic/provider.ts'
import { isSame } from '../../same.ts'
import { parseTime } from '../../time.ts'
import { keyOf, type Moment, type Simulated } from '../simulate.ts'
import { applyRolloutIntent } from './apply.ts'
import { makeRolloutWorld, type Pods, podsOfHash, type RolloutWorld, seenOfRollout, syncWorld } from './world.ts'

export type RolloutScenario = {
  readonly rollout: Rollout
  /** What spec.workloadRef names. */
  readonly workload?: WorkloadSeen | undefined
  readonly services: readonly string[]
  readonly templates: readonly AnalysisTemplate[]
  readonly clusterTemplates: readonly AnalysisTemplate[]
  /** Who can split traffic; here each does so at once. */
  readonly providers: readonly TrafficProvider[]
  /** From the creation of a pod until it is available. */
  readonly podReadyMs: number
  /** The new version is found bad once it has this share in percent. */
  readonly failAt?: number
}

const PASS_MS = 500
/** More than any update of a size that is simulated takes. */
const MAX_PASSES = 20_000
/** On the pod template of the new version, so that it is another one. */
const NEW = 'sluice.dev/simulated-version'

type Known = { readonly began: number; readonly stable: string | undefined }

type Run = { readonly world: RolloutWorld; readonly providers: readonly TrafficProvider[]; readonly failAt: number | undefined }

const atOnce = (provider: TrafficProvider): TrafficProvider => ({
  ...provider,
  read: ({ last }) => stateByStatus(last),
  plan: () => ({ intents: [], waits: [], isDone: true }),
})

/** One look of the planner, and then of everybody else. */
const pass = ({ world, providers }: Run) => {
  syncWorld(world)
  const planned = planUserRollout(seenOfRollout(world), world.now, providers)
  for (const intent of planned.intents) applyRolloutIntent(world, intent)
  if (planned.status) world.rollout = { ...world.rollout, status: planned.status }
  syncWorld(world)
  world.now += PASS_MS
  return planned
}

const withNew = (template: PodTemplate): PodTemplate => ({
  ...template,
  metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, [NEW]: '2' } },
})

const ship = (world: RolloutWorld): void => {
  const { spec, metadata } = world.rollout
  if (world.workload) {
    const { generation, template } = world.workload
    world.workload = { ...world.workload, generation: generation + 1, template: withNew(template) }
    return
  }
  const template = spec.template && withNew(spec.template)
  world.rollout = { ...world.rollout, metadata: { ...metadata, generation: 2 }, spec: { ...spec, ...(template && { template }) } }
}

const statusOf = ({ rollout }: RolloutWorld): RolloutStatus => rollout.status ?? {}
const stepsOf = ({ rollout }: RolloutWorld): readonly CanaryStep[] => stepsInPercent(rollout.spec.strategy.canary)

/** By the weights, by the Service of a blue-green strategy, or by the number of pods. */
const weightOf = ({ rollout }: RolloutWorld, stable: Pods, canary: Pods): number => {
  const { status, spec } = rollout
  const { activeSelector } = status?.blueGreen ?? {}
  if (spec.strategy.blueGreen) return activeSelector !== undefined && activeSelector === status?.currentPodHash ? 100 : 0
  const weight = status?.canary?.weights?.canary.weight
  if (weight !== undefined) return percentOfWeight(spec.strategy.canary, weight)
  return Math.round((100 * canary.ready) / Math.max(1, canary.ready + stable.ready))
}

const PAUSES: { readonly [reason: string]: string } = {
  CanaryPauseStep: 'pauses',
  BlueGreenPause: 'pauses before the switch',
}

const waitsFor = ({ message = '' }: RolloutStatus): string =>
  message.startsWith('RolloutAborted') ? 'the new version is rolled back' : (PAUSES[message] ?? message)

const look = (world: RolloutWorld, { began, stable: hash }: Known): Moment => {
  const status = statusOf(world)
  const isPromoted = hash !== undefined && status.stableRS !== hash
  const stable = podsOfHash(world, hash)
  const canary = status.currentPodHash === hash ? { ready: 0, total: 0 } : podsOfHash(world, status.currentPodHash)
  return {
    at: world.now - began,
    phase: status.phase ?? 'Progressing',
    step: status.currentStepIndex ?? 0,
    weight: isPromoted ? 100 : weightOf(world, stable, canary),
    stable,
    canary,
    waitsFor: waitsFor(status),
  }
}

/** A pause that only a person ends is ended at once: how long people take is not known. */
const promote = (world: RolloutWorld): string | undefined => {
  const { currentStepIndex = 0, pauseConditions = [], abort } = statusOf(world)
  const { canary, blueGreen } = world.rollout.spec.strategy
  const isTimed =
    pauseSeconds(canary?.steps?.[currentStepIndex]?.pause?.duration) !== undefined || Boolean(blueGreen?.autoPromotionSeconds)
  if (abort || pauseConditions.length === 0 || isTimed) return undefined
  world.rollout = { ...world.rollout, status: { ...statusOf(world), pauseConditions: [] } }
  return 'waits for a person, who promotes'
}

const open = ({ runs }: RolloutWorld) => runs.filter(run => !isEnded(run))

/** Analyses that something waits for end at once; those in the background go on. */
const endRuns = (world: RolloutWorld): string | undefined => {
  const ending = open(world).filter(({ metadata }) => metadata.labels?.[ROLLOUT_TYPE] !== 'Background')
  const starting = open(world).filter(({ status, metadata }) => !status && metadata.labels?.[ROLLOUT_TYPE] === 'Background')
  if (ending.length + starting.length === 0) return undefined
  world.runs = world.runs.map(run => {
    if (ending.includes(run)) return { ...run, status: { phase: 'Successful' } }
    return starting.includes(run) ? { ...run, status: { phase: 'Running' } } : run
  })
  return ending.length > 0 ? 'its analysis ends: Successful' : undefined
}

const durationOf = (text: string | undefined): number => parseDuration(text ?? '') ?? 0

/** An experiment takes its duration from when its pods are ready; one without takes as long as its analyses, which is not known. */
const endsAt = (world: RolloutWorld, { metadata, spec }: RolloutWorld['experiments'][number]): number =>
  (parseTime(metadata.creationTimestamp) ?? world.now) + world.podReadyMs + durationOf(spec.duration)

const openExperiments = ({ experiments }: RolloutWorld) => experiments.filter(({ status }) => status?.phase !== 'Successful')

const endExperiments = (world: RolloutWorld): string | undefined => {
  const ending = openExperiments(world).filter(one => endsAt(world, one) <= world.now)
  if (ending.length === 0) return undefined
  world.experiments = world.experiments.map(one => (ending.includes(one) ? { ...one, status: { phase: 'Successful' } } : one))
  return 'its experiment ends: Successful'
}

/** The new version turns bad: what judges it finds out, or where nothing does, a person. */
const fail = (world: RolloutWorld, { weight }: Moment, failAt: number | undefined): string | undefined => {
  if (failAt === undefined || weight < failAt || statusOf(world).abort) return undefined
  const judging = open(world)
  if (judging.length > 0) {
    world.runs = world.runs.map(run => (judging.includes(run) ? { ...run, status: { phase: 'Failed' } } : run))
    return 'the new version is found bad by its analysis'
  }
  const { stableRS, currentPodHash, blueGreen } = statusOf(world)
  const isToBeJudged =
    world.rollout.spec.strategy.blueGreen?.postPromotionAnalysis !== undefined && !blueGreen?.postPromotionAnalysisRunStatus
  if (stableRS === currentPodHash || isToBeJudged) return undefined
  world.rollout = { ...world.rollout, status: { ...statusOf(world), abort: true } }
  return 'the new version is bad and nothing judges it; a person aborts'
}

/** When something can happen next although nothing was to be done; undefined when nothing will. */
const nextTime = (world: RolloutWorld, wakeAt: number | undefined): number | undefined => {
  const times = [...world.pods.map(({ readyAt }) => readyAt), ...openExperiments(world).map(one => endsAt(world, one))]
  const next = Math.min(...[...times, wakeAt ?? Number.POSITIVE_INFINITY].filter(time => time > world.now - PASS_MS))
  return next === Number.POSITIVE_INFINITY ? undefined : next
}

const advance = (run: Run, known: Known) => {
  const { world, failAt } = run
  const before = world.rollout.status
  const { intents, wakeAt } = pass(run)
  const moment = look(world, known)
  const happens = fail(world, moment, failAt) ?? promote(world) ?? endRuns(world) ?? endExperiments(world)
  const isBusy = happens !== undefined || intents.length > 0 || !isSame(before, world.rollout.status)
  return { moment: happens === undefined ? moment : { ...moment, happens }, isBusy, wakeAt }
}

/** Promoted or aborted, and no pod of the other version is left, or is left for good. */
const endOf = (world: RolloutWorld, { phase, stable, canary }: Moment, isOver: boolean): Simulated['end'] | undefined => {
  const { abort } = statusOf(world)
  if (phase === 'Healthy' && (stable.total === 0 || isOver)) return 'promoted'
  const isBack = abort === true && stable.ready === (world.rollout.spec.replicas ?? 1)
  return isBack && (canary.total === 0 || isOver) ? 'rolled back' : undefined
}

/** The first version is brought up; what can not be is told at once. */
const begin = (run: Run): Known => {
  const { world } = run
  for (let i = 0; i < MAX_PASSES && statusOf(world).phase !== 'Healthy'; i += 1) {
    pass(run)
    if (statusOf(world).phase === 'Degraded') break
  }
  // Services are pointed at the first version when it is whole.
  for (let i = 0; i < 3; i += 1) pass(run)
  ship(world)
  return { began: world.now, stable: statusOf(world).stableRS }
}

/** The whole of an update to a new version, from the change of the pod template on. */
export const simulateRollout = ({ providers, failAt, ...parts }: RolloutScenario): Simulated => {
  const world = makeRolloutWorld({ ...parts, workload: parts.workload })
  const run: Run = { world, providers: providers.map(atOnce), failAt }
  const known = begin(run)
  const moments: Moment[] = []
  const finish = (end: Simulated['end']): Simulated => ({ moments, steps: stepsOf(world), end })
  for (let i = 0; i < MAX_PASSES; i += 1) {
    const { moment, isBusy, wakeAt } = advance(run, known)
    const last = moments.at(-1)
    const next = isBusy ? world.now : nextTime(world, wakeAt)
    const isInvalid = moment.waitsFor.startsWith('InvalidSpec')
    const end = endOf(world, moment, next === undefined)
    if (last === undefined || end !== undefined || keyOf(last) !== keyOf(moment)) moments.push(moment)
    if (end !== undefined) return finish(end)
    if (next === undefined || isInvalid) return finish('stuck')
    world.now = Math.max(world.now, next)
  }
  return finish('stuck')
}
