/** A cluster small enough to watch an Experiment in: its ReplicaSets, Services and AnalysisRuns. Time only passes when told to. */
import type { AnalysisRun, AnalysisTemplate } from '../../../api/analysis-run.ts'
import type { Experiment, ExperimentSpec } from '../../../api/experiment.ts'
import type { ReplicaSet, Service } from '../../../api/kubernetes.ts'
import type { RolloutIntent } from '../../rollout/intents.ts'
import { applyPatch } from '../../simulate/json-patch.ts'
import { planExperiment } from '../plan.ts'

export type World = {
  now: number
  experiment: Experiment
  replicaSets: ReplicaSet[]
  services: Service[]
  analysisRuns: AnalysisRun[]
  readonly templates: AnalysisTemplate[]
  readonly clusterTemplates: AnalysisTemplate[]
  /** Images whose pods never become available. */
  readonly broken: Set<string>
  /** What the API server does not take, by name. */
  readonly refused: Map<string, string>
  /** What was told and done, in order. */
  readonly log: string[]
}

export const START = Date.UTC(2026, 0, 1, 9, 0, 0)

export const template = (
  name: string,
  more: Partial<ExperimentSpec['templates'][number]> = {},
): ExperimentSpec['templates'][number] => ({
  name,
  selector: { matchLabels: { app: name } },
  template: {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'web', image: name, ports: [{ containerPort: 8080 }] }] },
  },
  ...more,
})

export const makeWorld = (spec: ExperimentSpec, analysisTemplates: readonly string[] = ['smoke']): World => ({
  now: START,
  experiment: {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: { name: 'exp', namespace: 'shop', uid: 'uid-exp' },
    spec,
  },
  replicaSets: [],
  services: [],
  analysisRuns: [],
  templates: analysisTemplates.map(name => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'shop' },
    spec: { metrics: [{ name: 'm', provider: { plugin: {} } }], args: [{ name: 'hash', value: '' }] },
  })),
  clusterTemplates: [],
  broken: new Set(),
  refused: new Map(),
  log: [],
})

const create = (world: World, intent: RolloutIntent): boolean => {
  const made = <T extends { readonly metadata: object }>(object: T): T => ({
    ...object,
    metadata: { ...object.metadata, uid: `uid-${Reflect.get(object.metadata, 'name')}` },
  })
  if (intent.kind === 'createReplicaSet') world.replicaSets.push(made(intent.replicaSet))
  else if (intent.kind === 'createService') world.services.push(made(intent.service))
  else if (intent.kind === 'createAnalysisRun') world.analysisRuns.push(made(intent.run))
  else return false
  return true
}

const change = <T extends { readonly metadata: { readonly name: string } }>(list: T[], name: string, to: (one: T) => T): T[] => {
  if (!list.some(({ metadata }) => metadata.name === name)) throw new Error(`${name} is not there`)
  return list.map(one => (one.metadata.name === name ? to(one) : one))
}

const apply = (world: World, intent: RolloutIntent): void => {
  if (create(world, intent)) return
  switch (intent.kind) {
    case 'event':
      world.log.push(`${intent.type === 'Warning' ? 'Warning ' : ''}${intent.reason}: ${intent.message}`)
      return
    case 'scale':
      world.replicaSets = change(world.replicaSets, intent.replicaSet, set => ({
        ...set,
        spec: { ...set.spec, replicas: intent.to },
      }))
      return
    case 'patchReplicaSet':
      world.replicaSets = change(world.replicaSets, intent.name, set => applyPatch(set, intent.patch))
      return
    case 'deleteService':
      world.services = world.services.filter(({ metadata }) => metadata.name !== intent.name)
      world.log.push(`Service ${intent.name} is deleted`)
      return
    case 'terminateAnalysisRun':
      world.analysisRuns = change(world.analysisRuns, intent.name, run => ({ ...run, spec: { ...run.spec, terminate: true } }))
      return
    default:
      throw new Error(`an Experiment's planner does not ask for ${intent.kind}`)
  }
}

/** The verdict of a run by the name of its analysis. */
export const verdict = (
  world: World,
  name: string,
  phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Running',
  message?: string,
): void => {
  world.analysisRuns = change(world.analysisRuns, name, run => ({ ...run, status: { phase, ...(message && { message }) } }))
}

const imageOf = ({ spec }: ReplicaSet): string => spec.template.spec.containers[0]?.image ?? ''

const sync = (world: World): void => {
  world.replicaSets = world.replicaSets.map(set => {
    const replicas = set.spec.replicas ?? 1
    const ready = world.broken.has(imageOf(set)) ? 0 : replicas
    return { ...set, status: { replicas, readyReplicas: ready, availableReplicas: ready } }
  })
  world.analysisRuns = world.analysisRuns.map(run =>
    run.spec.terminate === true && (run.status?.phase ?? 'Running') === 'Running'
      ? { ...run, status: { phase: 'Successful' } }
      : run,
  )
}

/** One look of the controller, then a second of everything else; answers when the planner wants to look again. */
export const pass = (world: World): number | undefined => {
  const before = world.experiment.status
  const { experiment, replicaSets, services, analysisRuns, refused } = world
  const seen = { namespace: 'shop', name: 'exp', experiment, replicaSets, services, analysisRuns, refused }
  const plan = planExperiment(
    structuredClone({ ...seen, analysisTemplates: world.templates, clusterAnalysisTemplates: world.clusterTemplates }),
    world.now,
  )
  for (const intent of plan.intents) apply(world, intent)
  if (plan.status !== undefined) world.experiment = { ...world.experiment, status: plan.status }
  const { phase, message } = plan.status ?? {}
  if (phase !== before?.phase || message !== before?.message) world.log.push(`= ${phase}${message ? ` (${message})` : ''}`)
  world.now += 1000
  sync(world)
  return plan.wakeAt
}

export const run = (world: World, passes: number): void => {
  for (let i = 0; i < passes; i += 1) pass(world)
}

/** Sizes by template, as `blue: 1, green: 0`. */
export const sizesOf = ({ replicaSets }: World): string =>
  replicaSets.map(set => `${imageOf(set)}: ${set.spec.replicas}`).join(', ')
