/** Experiments, and AnalysisRuns of their own, as they are shown. Pure. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import { parseDuration } from '../../api/duration.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import { isPodReady } from '../../api/pod-ready.ts'
import type { ExperimentView } from '../../view/experiment-view.ts'
import { revisionOf } from '../../view/rollout-view.ts'
import type { CheckPhase, ExperimentState, ExperimentVersionState, RunRow, RunState } from '../contract.ts'
import { analysisState } from './checks.ts'

const PHASES: readonly CheckPhase[] = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive']

const phaseOf = (text: string | undefined): CheckPhase => PHASES.find(one => one === text) ?? 'Pending'

const versionState = (view: ExperimentView, name: string): ExperimentVersionState => {
  const { spec, status } = view.experiment
  const template = spec.templates.find(one => one.name === name)
  const seen = status?.templateStatuses?.find(one => one.name === name)
  const version = view.versions.find(one => one.name === name)
  const pods: unknown = template?.template
  return {
    name,
    phase: seen?.status ?? 'Pending',
    message: seen?.message ?? '',
    images: version?.replicaSet?.spec.template.spec.containers.flatMap(({ image }) => image ?? []) ?? imagesOf(pods),
    ...(version?.replicaSet && { replicaSet: version.replicaSet.metadata.name }),
    pods: {
      desired: version?.replicaSet?.spec.replicas ?? template?.replicas ?? 1,
      ready: version?.replicaSet === undefined ? (seen?.readyReplicas ?? 0) : version.pods.filter(isPodReady).length,
    },
    ...(seen?.serviceName && { service: seen.serviceName }),
  }
}

/** Of a pod template of which only the fields that Sluice reads are known. */
const imagesOf = (template: unknown): readonly string[] => {
  const { containers = [] } =
    (template as { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } })?.spec ?? {}
  return containers.flatMap(({ image }) => image ?? [])
}

const endOf = ({ spec, status }: Experiment): string | undefined => {
  const ms = spec.duration === undefined ? undefined : parseDuration(spec.duration)
  const from = Date.parse(status?.availableAt ?? '')
  return ms === undefined || Number.isNaN(from) ? undefined : new Date(from + ms).toISOString().replace('.000Z', 'Z')
}

export const makeExperiment = (view: ExperimentView, now: number): ExperimentState => {
  const { metadata, spec, status } = view.experiment
  const endsAt = endOf(view.experiment)
  const revision = revisionOf(view.experiment)
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    phase: phaseOf(status?.phase),
    message: status?.message ?? '',
    createdAt: metadata.creationTimestamp ?? '',
    ...(status?.availableAt && { availableAt: status.availableAt }),
    ...(endsAt && { endsAt }),
    ...(spec.duration && { duration: spec.duration }),
    ...(revision > 0 && { revision }),
    versions: spec.templates.map(({ name }) => versionState(view, name)),
    analyses: view.analysisRuns.map(run => analysisState(run, { current: true }, { numbers: undefined, now })),
  }
}

export const makeRun = (run: AnalysisRun, now: number): RunState => ({
  ...analysisState(run, { current: true }, { numbers: undefined, now }),
  namespace: run.metadata.namespace ?? '',
  message: run.status?.message ?? '',
  createdAt: run.metadata.creationTimestamp ?? '',
})

const ownerOf = ({ metadata }: KubeObject) => metadata.ownerReferences?.find(({ controller }) => controller === true)

type Listed = KubeObject & { readonly status?: { readonly phase?: string; readonly message?: string } }

const rowOf = (kind: RunRow['kind'], object: Listed): RunRow => {
  const { metadata, status } = object
  const owner = ownerOf(object)
  return {
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    phase: phaseOf(status?.phase),
    message: status?.message ?? '',
    createdAt: metadata.creationTimestamp ?? '',
    ...(owner?.kind === 'Rollout' && { rollout: owner.name }),
  }
}

/** Every Experiment, and the AnalysisRuns that nobody else's page shows; newest first. */
export const makeRunRows = (experiments: readonly Experiment[], runs: readonly AnalysisRun[]): readonly RunRow[] =>
  [
    ...experiments.map(one => rowOf('Experiment', one)),
    ...runs.filter(run => ownerOf(run) === undefined).map(one => rowOf('AnalysisRun', one)),
  ].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || a.name.localeCompare(b.name))
