/** A cluster in memory for one Rollout: its ReplicaSets and their pods, its Services, analyses and experiments. Time passes when told to. */
import type { AnalysisRun, AnalysisTemplate } from '../../../api/analysis-run.ts'
import type { Experiment } from '../../../api/experiment.ts'
import type { Labels, Pod, ReplicaSet, Service } from '../../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { Rollout } from '../../../api/rollout.ts'
import type { PluginAnswer } from '../../rollout/plugin/call.ts'
import type { RolloutSeen, WorkloadSeen } from '../../rollout/seen.ts'
import { timestamp } from '../../time.ts'

export type SimulatedPod = {
  readonly name: string
  readonly replicaSet: string
  readonly labels: Labels
  readonly madeAt: number
  readonly readyAt: number
}

export type RolloutWorld = {
  now: number
  counter: number
  rollout: Rollout
  workload: WorkloadSeen | undefined
  replicaSets: readonly ReplicaSet[]
  pods: readonly SimulatedPod[]
  services: readonly Service[]
  runs: readonly AnalysisRun[]
  experiments: readonly Experiment[]
  answers: readonly PluginAnswer[]
  /** Names of pods behind the active Service of a blue-green strategy. */
  endpoints: readonly string[]
  readonly templates: readonly AnalysisTemplate[]
  readonly clusterTemplates: readonly AnalysisTemplate[]
  readonly podReadyMs: number
}

/** Any time will do: only the time since then is told. */
const START = Date.UTC(2026, 0, 1, 9, 0, 0)

export type WorldParts = Pick<RolloutWorld, 'rollout' | 'workload' | 'templates' | 'clusterTemplates' | 'podReadyMs'> & {
  /** Names of Services that the strategy points at versions. */
  readonly services: readonly string[]
}

export const makeRolloutWorld = ({ rollout, workload, services, ...rest }: WorldParts): RolloutWorld => {
  const { metadata, spec } = rollout
  const selector = spec.selector?.matchLabels ?? spec.template?.metadata?.labels ?? workload?.template.metadata?.labels ?? {}
  const { namespace = 'default', name, labels, annotations } = metadata
  return {
    now: START,
    counter: 0,
    // As at its creation: what a status, or a controller, left in it is of another life.
    rollout: {
      ...rollout,
      metadata: {
        name,
        namespace,
        ...(labels && { labels }),
        ...(annotations && { annotations }),
        uid: 'uid-rollout',
        generation: 1,
      },
      status: {},
    },
    workload,
    replicaSets: [],
    pods: [],
    services: services.map(service => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service, namespace },
      spec: { selector },
    })),
    runs: [],
    experiments: [],
    answers: [],
    endpoints: [],
    ...rest,
  }
}

export const isPodReady = (world: RolloutWorld, { readyAt }: SimulatedPod): boolean => readyAt <= world.now

export const podsOfSet = (world: RolloutWorld, { metadata }: ReplicaSet): readonly SimulatedPod[] =>
  world.pods.filter(({ replicaSet }) => replicaSet === metadata.name)

/** The native ReplicaSet controller: pods are made and ended, unready ones first, and counted. */
const syncSet = (world: RolloutWorld, set: ReplicaSet): ReplicaSet => {
  const wanted = set.spec.replicas ?? 1
  const own = [...podsOfSet(world, set)].sort((a, b) => a.readyAt - b.readyAt)
  const gone = new Set(own.slice(wanted))
  const made = Array.from({ length: Math.max(0, wanted - own.length) }, (_, i) => ({
    name: `${set.metadata.name}-${world.counter + i + 1}`,
    replicaSet: set.metadata.name,
    labels: set.spec.template.metadata?.labels ?? {},
    madeAt: world.now,
    readyAt: world.now + world.podReadyMs,
  }))
  world.counter += made.length
  world.pods = [...world.pods.filter(pod => !gone.has(pod)), ...made]
  const now = podsOfSet(world, set)
  const ready = now.filter(pod => isPodReady(world, pod)).length
  return { ...set, status: { replicas: now.length, readyReplicas: ready, availableReplicas: ready } }
}

const readyBehind = (world: RolloutWorld, name: string | undefined): readonly string[] => {
  const service = world.services.find(({ metadata }) => metadata.name === name)
  const selector = Object.entries(service?.spec.selector ?? {})
  const isSelected = ({ labels }: SimulatedPod) => selector.every(([key, value]) => labels[key] === value)
  return service === undefined ? [] : world.pods.filter(pod => isPodReady(world, pod) && isSelected(pod)).map(pod => pod.name)
}

/** Everybody but the planner acts: pods come and go, endpoints follow. */
export const syncWorld = (world: RolloutWorld): void => {
  world.replicaSets = world.replicaSets.map(set => syncSet(world, set))
  world.endpoints = readyBehind(world, world.rollout.spec.strategy.blueGreen?.activeService)
}

const toPod = (world: RolloutWorld, { name, labels, madeAt, replicaSet }: SimulatedPod): Pod => {
  const uid = world.replicaSets.find(({ metadata }) => metadata.name === replicaSet)?.metadata.uid ?? ''
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels,
      uid: `uid-${name}`,
      creationTimestamp: timestamp(madeAt),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: replicaSet, uid, controller: true }],
    },
    spec: { containers: [] },
    status: {},
  }
}

/** Every step plugin that is named is known: nobody can say which a cluster has. */
const pluginsOf = ({ rollout }: RolloutWorld): readonly string[] =>
  (rollout.spec.strategy.canary?.steps ?? []).flatMap(({ plugin }) => (plugin === undefined ? [] : [plugin.name]))

export const seenOfRollout = (world: RolloutWorld): RolloutSeen => {
  const { rollout, workload, replicaSets, services, endpoints, runs, templates, clusterTemplates, experiments, answers } = world
  return {
    namespace: rollout.metadata.namespace ?? '',
    name: rollout.metadata.name,
    rollout,
    ...(workload && { workload }),
    replicaSets,
    pods: world.pods.map(pod => toPod(world, pod)),
    services,
    ...(rollout.spec.strategy.blueGreen && { activeEndpoints: endpoints }),
    analyses: { runs, templates, clusterTemplates },
    experiments,
    stepPlugins: { names: pluginsOf(world), disabled: [], answers },
  }
}

export type Pods = { readonly ready: number; readonly total: number }

/** Of every ReplicaSet of this version. */
export const podsOfHash = (world: RolloutWorld, hash: string | undefined): Pods => {
  const sets = world.replicaSets.filter(({ metadata }) => metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] === hash)
  const pods = sets.flatMap(set => podsOfSet(world, set))
  return { ready: pods.filter(pod => isPodReady(world, pod)).length, total: pods.length }
}
