/** A cluster small enough to watch a Rollout in: its ReplicaSets, their pods, its Services. Time only passes when told to. */
import type { AnalysisRun, AnalysisTemplate } from '../../../api/analysis-run.ts'
import type { Labels, Pod, ReplicaSet, Service } from '../../../api/kubernetes.ts'
import type { Rollout, RolloutStatus, RolloutStrategy } from '../../../api/rollout.ts'
import { applyPatch } from '../../simulate/json-patch.ts'
import { mergedMap, patchedRollout } from '../../simulate/rollout/patch-rollout.ts'
import { timestamp } from '../../time.ts'
import type { RolloutIntent } from '../intents.ts'
import { planUserRollout } from '../plan.ts'
import type { PluginAnswer, PluginCall } from '../plugin/call.ts'
import type { WorkloadSeen } from '../seen.ts'

type PodModel = {
  readonly labels: Labels
  readonly name: string
  readonly owner: string
  readonly image: string
  readonly madeAt: number
}

export type World = {
  now: number
  counter: number
  rollout: Rollout
  replicaSets: ReplicaSet[]
  pods: PodModel[]
  services: Service[]
  /** What spec.workloadRef names. */
  workload?: WorkloadSeen
  runs: AnalysisRun[]
  templates: AnalysisTemplate[]
  /** What step plugins answer; nothing: they are still at it. */
  plugin?: (call: PluginCall) => Omit<PluginAnswer, 'id'> | undefined
  answers: PluginAnswer[]
  /** Names of the ready pods behind the active Service, as its slices say; a pass behind its selector. */
  endpoints: readonly string[]
  /** The slices are not kept up. */
  areEndpointsStuck: boolean
  /** How long pods must be ready to be available. */
  minReadyMs: number
  /** Images whose pods never become ready. */
  readonly broken: Set<string>
  /** What was told, in order: events and the status where it changed. */
  readonly log: string[]
  /** Pods that ended while the slices of the active Service still named them. */
  readonly violations: string[]
}

export const START = Date.UTC(2026, 0, 1, 9, 0, 0)
const PASS_MS = 1000
const READY_MS = 1500

export const templateOf = (image: string): NonNullable<Rollout['spec']['template']> => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
})

export const makeWorld = (
  strategy: RolloutStrategy,
  more: Partial<Rollout['spec']> = {},
  services: readonly string[] = [],
): World => ({
  now: START,
  counter: 0,
  rollout: {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop', uid: 'uid-rollout', generation: 1 },
    spec: { replicas: 5, selector: { matchLabels: { app: 'web' } }, template: templateOf('v1'), strategy, ...more },
  },
  replicaSets: [],
  pods: [],
  services: services.map(name => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', resourceVersion: '1' },
    spec: { selector: { app: 'web' } },
  })),
  runs: [],
  templates: [],
  answers: [],
  endpoints: [],
  areEndpointsStuck: false,
  minReadyMs: 0,
  broken: new Set(),
  log: [],
  violations: [],
})

const imageOf = ({ spec }: ReplicaSet): string => spec.template.spec.containers[0]?.image ?? ''

const isReady = (world: World, pod: PodModel, forMs = 0): boolean =>
  !world.broken.has(pod.image) && pod.madeAt + READY_MS + forMs <= world.now

const podsOf = (world: World, { metadata }: ReplicaSet): PodModel[] => world.pods.filter(({ owner }) => owner === metadata.uid)

/** The native ReplicaSet controller: pods are made and ended, unready ones first, and the counts reported. */
const syncReplicaSet = (world: World, set: ReplicaSet): ReplicaSet => {
  const wanted = set.spec.replicas ?? 1
  const uid = set.metadata.uid ?? ''
  const own = podsOf(world, set).sort((a, b) => Number(isReady(world, b)) - Number(isReady(world, a)))
  const gone = own.slice(wanted)
  world.pods = world.pods.filter(pod => !gone.includes(pod))
  for (let i = own.length; i < wanted; i += 1) {
    world.counter += 1
    world.pods.push({
      name: `${set.metadata.name}-${world.counter}`,
      owner: uid,
      image: imageOf(set),
      labels: set.spec.template.metadata?.labels ?? {},
      madeAt: world.now,
    })
  }
  const now = podsOf(world, set)
  const ready = now.filter(pod => isReady(world, pod)).length
  const available = now.filter(pod => isReady(world, pod, world.minReadyMs)).length
  return { ...set, status: { replicas: now.length, readyReplicas: ready, availableReplicas: available } }
}

const toPod = (world: World, { name, owner, madeAt, labels }: PodModel): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    labels,
    uid: `uid-${name}`,
    creationTimestamp: timestamp(madeAt),
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
  },
  spec: { containers: [] },
  status: { startTime: timestamp(world.now) },
})

const change = <T extends { readonly metadata: { readonly name: string } }>(list: T[], name: string, to: (one: T) => T): T[] => {
  if (!list.some(({ metadata }) => metadata.name === name)) throw new Error(`${name} is not there`)
  return list.map(one => (one.metadata.name === name ? to(one) : one))
}

const createReplicaSet = (world: World, made: ReplicaSet): void => {
  world.counter += 1
  const metadata = { ...made.metadata, uid: `uid-${made.metadata.name}`, creationTimestamp: timestamp(world.now) }
  world.replicaSets.push({ ...made, metadata })
}

const apply = (world: World, intent: RolloutIntent): void => {
  switch (intent.kind) {
    case 'createReplicaSet':
      createReplicaSet(world, intent.replicaSet)
      return
    case 'patchReplicaSet':
      world.replicaSets = change(world.replicaSets, intent.name, set => applyPatch(set, intent.patch))
      return
    case 'scale':
      world.replicaSets = change(world.replicaSets, intent.replicaSet, set => ({
        ...set,
        spec: { ...set.spec, replicas: intent.to },
      }))
      return
    case 'deleteReplicaSet':
      world.replicaSets = world.replicaSets.filter(({ metadata }) => metadata.name !== intent.name)
      return
    case 'patchService':
      world.services = change(world.services, intent.name, service => applyPatch(service, intent.patch))
      return
    case 'createAnalysisRun':
      world.runs.push(intent.run)
      return
    case 'terminateAnalysisRun':
      world.runs = change(world.runs, intent.name, one => ({ ...one, spec: { ...one.spec, terminate: true } }))
      return
    case 'deleteAnalysisRun':
      world.runs = world.runs.filter(({ metadata }) => metadata.name !== intent.name)
      return
    case 'patchPod':
      world.pods = world.pods.map(pod =>
        pod.name === intent.name ? { ...pod, labels: mergedMap(pod.labels, intent.patch.labels) } : pod,
      )
      return
    case 'evictPod':
      world.pods = world.pods.filter(({ name }) => name !== intent.name)
      world.endpoints = world.endpoints.filter(name => name !== intent.name)
      world.log.push(`evicted ${imageOfPod(intent.name, world)}`)
      return
    case 'patchRollout':
      world.rollout = patchedRollout(world.rollout, intent.patch)
      return
    case 'askStepPlugin':
      askPlugin(world, intent.call)
      return
    case 'scaleWorkload':
      if (world.workload) world.workload = { ...world.workload, replicas: intent.to, generation: world.workload.generation + 1 }
      return
    case 'event':
      world.log.push(`${intent.type === 'Warning' ? 'Warning ' : ''}${intent.reason}: ${intent.message}`)
      return
    default:
      throw new Error(`a Rollout's planner does not ask for ${intent.kind}`)
  }
}

/** A question that is not answered yet is put again with each look; the plugin hears it once. */
const askPlugin = (world: World, call: PluginCall): void => {
  const answer = world.plugin?.(call)
  if (answer === undefined || world.answers.some(({ id }) => id === call.id)) return
  world.log.push(`${call.name} is asked: ${call.operation} of step ${call.index}`)
  world.answers.push({ id: call.id, ...answer })
}

const imageOfPod = (name: string, { replicaSets }: World): string => {
  const set = replicaSets.find(({ metadata }) => name.startsWith(`${metadata.name}-`))
  return `a pod of ${set === undefined ? 'nothing' : imageOf(set)}`
}

/** Ready pods that the Service selects. */
const endpointsOf = (world: World, name: string | undefined): readonly string[] => {
  const selector = Object.entries(world.services.find(({ metadata }) => metadata.name === name)?.spec.selector ?? {})
  return world.replicaSets
    .filter(({ spec }) => selector.every(([key, value]) => spec.template.metadata?.labels?.[key] === value))
    .flatMap(set => podsOf(world, set).filter(pod => isReady(world, pod)))
    .map(pod => pod.name)
}

/** Pods by image, as `v1: 4, v2: 1`. */
export const sizesOf = ({ replicaSets }: { readonly replicaSets: readonly ReplicaSet[] }): string =>
  replicaSets
    .filter(({ spec }) => (spec.replicas ?? 1) > 0)
    .map(set => `${imageOf(set)}: ${set.spec.replicas}`)
    .join(', ')

export const described = ({ phase, message, currentStepIndex }: RolloutStatus): string =>
  `${phase}${message === undefined ? '' : ` (${message})`}${currentStepIndex === undefined ? '' : ` at step ${currentStepIndex}`}`

/** One look of the controller, then a second of everything else. `dies`: after so many intents, before the status. */
export const pass = (world: World, dies = Number.POSITIVE_INFINITY): void => {
  const active = world.rollout.spec.strategy.blueGreen?.activeService
  const plan = planUserRollout(
    structuredClone({
      namespace: 'shop',
      name: 'web',
      rollout: world.rollout,
      ...(world.workload && { workload: world.workload }),
      replicaSets: world.replicaSets,
      pods: world.pods.map(pod => toPod(world, pod)),
      services: world.services,
      ...(active !== undefined && { activeEndpoints: world.endpoints }),
      ...(world.plugin && {
        stepPlugins: { names: ['acme/load', 'acme/ticket'], disabled: ['acme/off'], answers: world.answers },
      }),
      analyses: { runs: world.runs, templates: world.templates, clusterTemplates: [] },
    }),
    world.now,
  )
  for (const intent of plan.intents.slice(0, dies)) apply(world, intent)
  if (plan.intents.length <= dies && plan.status !== undefined) {
    const before = described(world.rollout.status ?? {})
    world.rollout = { ...world.rollout, status: plan.status }
    if (described(plan.status) !== before) world.log.push(`= ${described(plan.status)}; ${sizesOf(world)}`)
  }
  const carrying = endpointsOf(world, active)
  world.now += PASS_MS
  world.replicaSets = world.replicaSets.map(set => syncReplicaSet(world, set))
  const lost = world.endpoints.filter(name => !world.pods.some(pod => pod.name === name))
  if (lost.length > 0) world.violations.push(`${lost.length} ended after ${world.log.at(-1)}`)
  if (!world.areEndpointsStuck) world.endpoints = carrying.filter(name => world.pods.some(pod => pod.name === name))
}

export const run = (world: World, passes: number): void => {
  for (let i = 0; i < passes; i += 1) pass(world)
}

/** Looks until it is so; throws with the log when that does not come. */
export const runUntil = (world: World, isSo: (status: RolloutStatus) => boolean, limit = 60): void => {
  for (let i = 0; i < limit; i += 1) {
    if (isSo(world.rollout.status ?? {})) return
    pass(world)
  }
  throw new Error(`it did not come to that:\n${world.log.join('\n')}`)
}

export const isHealthy = ({ phase }: RolloutStatus): boolean => phase === 'Healthy'
export const isPaused = ({ phase }: RolloutStatus): boolean => phase === 'Paused'

/** As a user applies it. */
export const edited = (rollout: Rollout, change: Partial<Rollout['spec']>): Rollout => ({
  ...rollout,
  metadata: { ...rollout.metadata, generation: (rollout.metadata.generation ?? 0) + 1 },
  spec: { ...rollout.spec, ...change },
})

export type StatusPatch = { readonly [field in keyof RolloutStatus]?: RolloutStatus[field] | null }

/** As the tools of Argo Rollouts write into the status; null removes a field. */
export const steered = (rollout: Rollout, patch: StatusPatch): Rollout => {
  const fields = Object.entries({ ...rollout.status, ...patch }).filter(([, value]) => value !== null)
  return { ...rollout, status: Object.fromEntries(fields) }
}

export const edit = (world: World, change: Partial<Rollout['spec']>): void => {
  world.rollout = edited(world.rollout, change)
}

export const ship = (world: World, image: string): void => {
  world.log.push(`> ${image} is shipped`)
  edit(world, { template: templateOf(image) })
}

export const steer = (world: World, what: string, patch: StatusPatch): void => {
  world.log.push(`> ${what}`)
  world.rollout = steered(world.rollout, patch)
}
