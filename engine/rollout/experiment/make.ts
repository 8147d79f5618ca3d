/** The Experiment of a canary's step, named and labelled as Argo Rollouts does (rollout/experiment.go). Pure. */
import type { Experiment, ExperimentSpec } from '../../../api/experiment.ts'
import type { PodTemplate, ReplicaSet } from '../../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { CanaryStep } from '../../../api/rollout.ts'
import type { Problem } from '../../analysis-templates.ts'
import { ownerOf } from '../../make-rollout.ts'
import { resolveAll } from '../analysis/make-run.ts'
import type { RolloutContext } from '../context.ts'
import { REVISION } from '../names.ts'
import { newRevision } from '../versions.ts'

export type ExperimentStep = NonNullable<CanaryStep['experiment']>
type StepTemplate = NonNullable<ExperimentStep['templates']>[number]
type Template = ExperimentSpec['templates'][number]
type Analyses = NonNullable<ExperimentSpec['analyses']>

const podsOf = (replicaSet: ReplicaSet, { metadata }: StepTemplate): PodTemplate => {
  const { template } = replicaSet.spec
  const labels = { ...template.metadata?.labels, ...metadata?.labels }
  const annotations = { ...template.metadata?.annotations, ...metadata?.annotations }
  return {
    ...template,
    metadata: { ...template.metadata, labels, ...(Object.keys(annotations).length > 0 && { annotations }) },
  }
}

/** Labels that the step adds are in the selector too, so that pods of two templates from one version are told apart. */
const templateOf = (replicaSet: ReplicaSet, step: StepTemplate): Template => {
  const { name, replicas, selector = replicaSet.spec.selector, metadata, service, weight } = step
  const { minReadySeconds } = replicaSet.spec
  return {
    name,
    ...(replicas !== undefined && { replicas }),
    ...(minReadySeconds !== undefined && { minReadySeconds }),
    selector: { ...selector, matchLabels: { ...selector.matchLabels, ...metadata?.labels } },
    template: podsOf(replicaSet, step),
    ...((service !== undefined || weight !== undefined) && { service: service?.name ? { name: service.name } : {} }),
  }
}

const analysesOf = (context: RolloutContext, { analyses = [] }: ExperimentStep): Analyses | Problem => {
  const made: Analyses[number][] = []
  for (const { args: given = [], ...analysis } of analyses) {
    const args = resolveAll(context, given)
    if ('problem' in args) return args
    made.push({ ...analysis, ...(args.length > 0 && { args }) })
  }
  return made
}

/** `<rollout>-<hash>-<revision>-<step>`. */
export const baseName = ({ seen, versions }: RolloutContext, index: number): string =>
  `${seen.name}-${versions.hash}-${newRevision(versions)}-${index}`

const freeName = (context: RolloutContext, base: string): string => {
  const isTaken = (name: string) => (context.seen.experiments ?? []).some(({ metadata }) => metadata.name === name)
  let name = base
  for (let n = 1; isTaken(name); n += 1) name = `${base}-${n}`
  return name
}

/** The Experiment, or why the step makes none. */
export const makeExperiment = (
  context: RolloutContext,
  {
    step,
    index,
    versions,
  }: {
    readonly step: ExperimentStep
    readonly index: number
    readonly versions: { readonly stable: ReplicaSet; readonly canary: ReplicaSet }
  },
): { readonly experiment: Experiment } | Problem => {
  const { rollout, seen } = context
  const analyses = analysesOf(context, step)
  if ('problem' in analyses) return analyses
  const { duration, dryRun, analysisRunMetadata } = step
  const { progressDeadlineSeconds } = rollout.spec
  const experiment: Experiment = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: {
      name: freeName(context, baseName(context, index)),
      namespace: seen.namespace,
      labels: { ...rollout.metadata.labels, [ROLLOUTS_POD_TEMPLATE_HASH]: context.versions.hash },
      annotations: { [REVISION]: String(newRevision(context.versions)) },
      ownerReferences: [ownerOf({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: rollout.metadata }, true)],
    },
    spec: {
      templates: (step.templates ?? []).map(one => templateOf(versions[one.specRef], one)),
      ...(duration !== undefined && duration !== '' && { duration }),
      ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
      ...(analyses.length > 0 && { analyses }),
      ...(dryRun !== undefined && { dryRun: dryRun as NonNullable<ExperimentSpec['dryRun']> }),
      ...(analysisRunMetadata !== undefined && { analysisRunMetadata }),
    },
  }
  return { experiment }
}
