/** What the planner of a Rollout asks for, done in the world in memory. */
import type { ReplicaSet } from '../../../api/kubernetes.ts'
import type { RolloutIntent } from '../../rollout/intents.ts'
import { timestamp } from '../../time.ts'
import { applyPatch } from '../json-patch.ts'
import { patchedRollout } from './patch-rollout.ts'
import type { RolloutWorld } from './world.ts'

type Named = { readonly metadata: { readonly name: string } }

const changed = <T extends Named>(list: readonly T[], name: string, to: (one: T) => T): readonly T[] =>
  list.map(one => (one.metadata.name === name ? to(one) : one))

const without = <T extends Named>(list: readonly T[], name: string): readonly T[] =>
  list.filter(({ metadata }) => metadata.name !== name)

const made = <T extends Named>(world: RolloutWorld, object: T): T => ({
  ...object,
  metadata: { ...object.metadata, uid: `uid-${object.metadata.name}`, creationTimestamp: timestamp(world.now) },
})

const scaled = (to: number) => (set: ReplicaSet) => ({ ...set, spec: { ...set.spec, replicas: to } })

/** Throws for what only other planners ask for. Events, and labels of pods, change nothing that is told. */
export const applyRolloutIntent = (world: RolloutWorld, intent: RolloutIntent): void => {
  switch (intent.kind) {
    case 'event':
    case 'patchPod':
      return
    case 'createReplicaSet':
      world.replicaSets = [...world.replicaSets, made(world, intent.replicaSet)]
      return
    case 'patchReplicaSet':
      world.replicaSets = changed(world.replicaSets, intent.name, set => applyPatch(set, intent.patch))
      return
    case 'scale':
      world.replicaSets = changed(world.replicaSets, intent.replicaSet, scaled(intent.to))
      return
    case 'deleteReplicaSet':
      world.replicaSets = without(world.replicaSets, intent.name)
      return
    case 'patchService':
      world.services = changed(world.services, intent.name, service => applyPatch(service, intent.patch))
      return
    case 'patchRollout':
      world.rollout = patchedRollout(world.rollout, intent.patch)
      return
    case 'scaleWorkload':
      if (world.workload) world.workload = { ...world.workload, replicas: intent.to, generation: world.workload.generation + 1 }
      return
    case 'evictPod':
      world.pods = world.pods.filter(({ name }) => name !== intent.name)
      return
    default:
      applyJudge(world, intent)
  }
}

/** Analyses, experiments, plugins. A plugin is done at once: how long it takes is not known. */
const applyJudge = (world: RolloutWorld, intent: RolloutIntent): void => {
  switch (intent.kind) {
    case 'createAnalysisRun':
      world.runs = [...world.runs, made(world, intent.run)]
      return
    case 'terminateAnalysisRun':
      world.runs = changed(world.runs, intent.name, run => ({ ...run, status: { phase: 'Successful' } }))
      return
    case 'deleteAnalysisRun':
      world.runs = without(world.runs, intent.name)
      return
    case 'createExperiment':
      world.experiments = [...world.experiments, made(world, intent.experiment)]
      return
    case 'terminateExperiment':
      world.experiments = changed(world.experiments, intent.name, one => ({ ...one, status: { phase: 'Successful' } }))
      return
    case 'deleteExperiment':
      world.experiments = without(world.experiments, intent.name)
      return
    case 'askStepPlugin':
      world.answers = [...world.answers, { id: intent.call.id, phase: 'Successful' }]
      return
    default:
      throw new Error(`a Rollout's planner does not ask for ${intent.kind}`)
  }
}
