/** What an update does over time, by the planner itself in a cluster in memory: no pod, no router, no clock is real. Pure. */
import type { AnalysisTemplate } from '../../api/analysis-run.ts'
import type { Deployment, Labels } from '../../api/kubernetes.ts'
import { POD_TEMPLATE_HASH, PREFIX } from '../../api/names.ts'
import type { CanaryStep, RolloutPhase, RolloutStatus } from '../../api/rollout.ts'
import { percentOfWeight, stepsInPercent } from '../../api/traffic-weight.ts'
import { isEnded } from '../analysis.ts'
import { ROLLOUT_TYPE } from '../analysis-run.ts'
import { isSame } from '../same.ts'
import { changeImage, isHealthy, pass, run } from './drive.ts'
import { bump, isReady, makeWorld, podsOf, type World } from './world.ts'

export type Pods = { readonly ready: number; readonly total: number }

/** How things stand from one time on. */
export type Moment = {
  /** Milliseconds since the change of the pod template. */
  readonly at: number
  readonly phase: RolloutPhase
  /** Index of the step that runs; the number of steps when all are done. */
  readonly step: number
  /** The new version's share of new requests in percent. */
  readonly weight: number
  readonly stable: Pods
  readonly canary: Pods
  /** What is waited for, without times; `''` when for nothing. */
  readonly waitsFor: string
  /** What somebody or something outside does at this time. */
  readonly happens?: string
}

export type Scenario = {
  readonly deployment: Pick<Deployment, 'metadata' | 'spec'>
  /** Decoded already: `spec` must be JSON. */
  readonly annotations: Labels
  /** From the creation of a pod until it is ready. */
  readonly podReadyMs: number
  /** Names of AnalysisTemplates that the update uses. */
  readonly templates: readonly string[]
  /** The new version is found bad once it has this share. */
  readonly failAt?: number
}

export type Simulated = {
  readonly moments: readonly Moment[]
  /** Steps of the canary, as the Rollout has them. */
  readonly steps: readonly CanaryStep[]
  /** `stuck`: nothing happens any more, and it is not over. */
  readonly end: 'promoted' | 'rolled back' | 'stuck'
}

const NEW = 'v2'
const PASS_MS = 500
/** More than any update of a size that is simulated takes. */
const MAX_PASSES = 20_000

const templateNamed = (namespace: string, name: string): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name, namespace },
  spec: { metrics: [] },
})

/** The Deployment at rest with its present version. */
const worldOf = ({ deployment, annotations, podReadyMs, templates }: Scenario): World => {
  const { name, namespace = 'default' } = deployment.metadata
  const { replicas, strategy, minReadySeconds, progressDeadlineSeconds } = deployment.spec
  const services = annotations[`${PREFIX}services`]?.split(',').map(one => one.trim())
  const world = makeWorld({
    name,
    namespace,
    annotations,
    podReadyMs: podReadyMs + (minReadySeconds ?? 0) * 1000,
    services: services ?? [name],
    hasSidecars: annotations[`${PREFIX}router`] === 'sidecar',
    templates: templates.map(one => templateNamed(namespace, one)),
    ...(replicas !== undefined && { replicas }),
    ...(strategy && { strategy }),
  })
  if (world.deployment && progressDeadlineSeconds !== undefined)
    world.deployment = { ...world.deployment, spec: { ...world.deployment.spec, progressDeadlineSeconds } }
  return world
}

const patchStatus = (world: World, patch: Partial<RolloutStatus>): void => {
  if (world.rollout) world.rollout = bump(world, { ...world.rollout, status: { ...world.rollout.status, ...patch } })
}

const podsOfHash = (world: World, hash: string | undefined): Pods => {
  const sets = world.replicaSets.filter(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH] === hash)
  const pods = sets.flatMap(({ metadata }) => podsOf(world, metadata.name)).filter(({ goneAt }) => goneAt === undefined)
  return { ready: pods.filter(pod => isReady(world, pod)).length, total: pods.length }
}

/** The sentence of the status without times and without names that are made up here. */
const waitsFor = ({ message = '' }: RolloutStatus, isUp: boolean): string => {
  const what = message
    .replace(/: waiting since .*$/s, '')
    .replace(/ of ReplicaSet \S+/, '')
    .replace(/ of version \S+$/, ' of the new version')
    .replace(/^Other versions go: .*$/, 'pods of the other version stop')
  const [, service] = /^Service (\S+)[ :]/.exec(what) ?? []
  if (service !== undefined) return `Service ${service}: ${isUp ? 'into' : 'out of'} the routers, step by step`
  if (isUp && what === 'The update is over') return 'the new version gets its first pods'
  return message.startsWith('RolloutAborted') ? 'the new version is rolled back' : what
}

type Known = { readonly began: number; readonly stable: string; readonly canary: string }

/** By the routers, or by the number of pods where they are not in the path. */
const weightOf = ({ rollout }: World, stable: Pods, canary: Pods): number => {
  const weight = rollout?.status?.canary?.weights?.canary.weight
  return weight === undefined
    ? Math.round((100 * canary.ready) / Math.max(1, canary.ready + stable.ready))
    : percentOfWeight(rollout?.spec.strategy.canary, weight)
}

const look = (world: World, known: Known): Moment => {
  const status = world.rollout?.status ?? {}
  const stable = podsOfHash(world, known.stable)
  const canary = podsOfHash(world, known.canary)
  const isPromoted = status.stableRS === known.canary
  const isUp = !isPromoted && status.abort !== true
  return {
    at: world.now - known.began,
    phase: status.phase ?? 'Progressing',
    step: status.currentStepIndex ?? 0,
    weight: isPromoted ? 100 : weightOf(world, stable, canary),
    stable,
    canary,
    waitsFor: waitsFor(status, isUp),
  }
}

const stepsOf = ({ rollout }: World): readonly CanaryStep[] => stepsInPercent(rollout?.spec.strategy.canary)

/** A pause that only a person ends is ended at once: how long people take is not known. */
const promote = (world: World): string | undefined => {
  const { currentStepIndex = 0, pauseConditions = [], abort } = world.rollout?.status ?? {}
  const { pause } = stepsOf(world)[currentStepIndex] ?? {}
  if (abort || pause === undefined || pause.duration !== undefined || pauseConditions.length === 0) return undefined
  patchStatus(world, { pauseConditions: [] })
  return 'waits for a person, who promotes'
}

/** Runs of step analyses end at once. */
const endStepRuns = (world: World, isBad: boolean): string | undefined => {
  const open = world.runs.filter(run => run.metadata.labels?.[ROLLOUT_TYPE] === 'Step' && !isEnded(run))
  if (open.length === 0) return undefined
  const phase = isBad ? 'Failed' : 'Successful'
  world.runs = world.runs.map(run => (open.includes(run) ? bump(world, { ...run, status: { phase } }) : run))
  return `its analysis ends: ${phase}`
}

/** The new version turns bad: what judges it finds out, or where nothing does, a person. */
const fail = (world: World, { weight }: Moment, failAt: number | undefined): string | undefined => {
  if (failAt === undefined || weight === 0 || weight < failAt || world.badImages.has(NEW)) return undefined
  world.badImages.add(NEW)
  if (world.runs.some(run => !isEnded(run))) return 'the new version is found bad by its analysis'
  patchStatus(world, { abort: true })
  return 'the new version is bad and nothing judges it; a person aborts'
}

/** When something can happen next although nothing was to be done; undefined when nothing will. */
const nextTime = (world: World, wakeAt: number | undefined): number | undefined => {
  const times = world.pods.flatMap(({ readyAt, goneAt }) => [readyAt, goneAt ?? Number.POSITIVE_INFINITY])
  const next = Math.min(...[...times, wakeAt ?? Number.POSITIVE_INFINITY].filter(time => time > world.now - PASS_MS))
  return next === Number.POSITIVE_INFINITY ? undefined : next
}

/** What a reader would call a new line. */
export const keyOf = ({ step, weight, stable, canary, waitsFor: text, happens }: Moment): string =>
  [step, weight, stable.total, canary.total, text.replaceAll(/\d+/g, '0'), happens ?? ''].join(' ')

const isRolledBack = (world: World, { stable, canary }: Moment): boolean =>
  world.rollout?.status?.abort === true &&
  canary.total === 0 &&
  stable.ready === (world.deployment?.spec.replicas ?? 1) &&
  world.routes.length === 0

const begin = (world: World): Known => {
  for (let i = 0; i < MAX_PASSES && !isHealthy(world); i += 1) pass(world)
  run(world, 2)
  changeImage(world, NEW)
  return { began: world.now, stable: world.rollout?.status?.stableRS ?? '', canary: '' }
}

/** One look of everybody, and what happens outside then. */
const advance = (world: World, start: Known, failAt: number | undefined) => {
  const before = world.rollout?.status
  const { intents, wakeAt } = pass(world)
  const moment = look(world, { ...start, canary: world.rollout?.status?.currentPodHash ?? '' })
  const isBad = world.badImages.has(NEW)
  const happens = fail(world, moment, failAt) ?? promote(world) ?? endStepRuns(world, isBad)
  // A run gets going, and a bad version is found out, by the next looks, which no time is skipped for.
  const isJudging = world.runs.some(run => !isEnded(run) && run.status?.phase !== 'Running')
  const isBusy =
    isJudging ||
    happens !== undefined ||
    intents.length > 0 ||
    !isSame(before, world.rollout?.status) ||
    (isBad && moment.phase !== 'Degraded')
  return { moment: happens === undefined ? moment : { ...moment, happens }, isBusy, wakeAt }
}

const endOf = (world: World, moment: Moment): Simulated['end'] | undefined => {
  if (isHealthy(world)) return 'promoted'
  return isRolledBack(world, moment) ? 'rolled back' : undefined
}

/** The whole of an update to a new version, from the change of the pod template on. */
export const simulate = (scenario: Scenario): Simulated => {
  const world = worldOf(scenario)
  const start = begin(world)
  const moments: Moment[] = []
  const finish = (end: Simulated['end']): Simulated => ({ moments, steps: stepsOf(world), end })
  for (let i = 0; i < MAX_PASSES; i += 1) {
    const { moment, isBusy, wakeAt } = advance(world, start, scenario.failAt)
    const last = moments.at(-1)
    const end = endOf(world, moment)
    const isFinal = end !== undefined && !isSame(last?.stable, moment.stable)
    if (last === undefined || isFinal || keyOf(last) !== keyOf(moment)) moments.push(moment)
    if (end !== undefined) return finish(end)
    const next = isBusy ? world.now : nextTime(world, wakeAt)
    if (next === undefined) return finish('stuck')
    world.now = Math.max(world.now, next)
  }
  return finish('stuck')
}
