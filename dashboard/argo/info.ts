/** RolloutInfo, as the REST API of Argo Rollouts' dashboard answers it, so that its clients and extensions find here what they know. Pure. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { ObjectMeta } from '../../api/kubernetes.ts'
import type { ExperimentView } from '../../view/experiment-view.ts'
import type { RolloutView, VersionView } from '../../view/rollout-view.ts'
import { makeDetail } from '../model/detail.ts'
import { makeRow } from '../model/row.ts'

/** Their icons are names of Font Awesome's. */
const ICONS: { readonly [status: string]: string } = {
  Healthy: 'fa-check-circle',
  Successful: 'fa-check-circle',
  Running: 'fa-check-circle',
  Progressing: 'fa-circle-notch',
  Pending: 'fa-circle-notch',
  ContainerCreating: 'fa-circle-notch',
  Paused: 'fa-pause-circle',
  Degraded: 'fa-times-circle',
  Failed: 'fa-times-circle',
  Error: 'fa-exclamation-circle',
  Inconclusive: 'fa-question-circle',
}

const iconOf = (status: string): string => ICONS[status] ?? 'fa-question-circle'

const metaOf = ({ managedFields: _, ...metadata }: ObjectMeta): ObjectMeta => metadata

/** What the metric provider `job` noted of its Jobs. */
const JOB_NAME = 'job-name'

const runInfo = (run: AnalysisRun, revision: number): object => {
  const { phase = 'Pending', metricResults = [] } = run.status ?? {}
  const sum = (field: 'successful' | 'failed' | 'inconclusive' | 'error'): number =>
    metricResults.reduce((total, result) => total + (result[field] ?? 0), 0)
  return {
    objectMeta: metaOf(run.metadata),
    icon: iconOf(phase),
    revision,
    status: phase,
    successful: sum('successful'),
    failed: sum('failed'),
    inconclusive: sum('inconclusive'),
    error: sum('error'),
    jobs: metricResults.flatMap(({ name, measurements = [] }) =>
      measurements.flatMap(({ phase: status, startedAt, metadata }) => {
        const job = metadata?.[JOB_NAME]
        if (job === undefined) return []
        return [{ objectMeta: { name: job }, icon: iconOf(status), status, metricName: name, startedAt }]
      }),
    ),
    nonJobInfo: metricResults.flatMap(({ name, measurements = [] }) =>
      measurements
        .filter(({ metadata }) => metadata?.[JOB_NAME] === undefined)
        .map(({ value = '', phase: status, startedAt }) => ({ metricName: name, value, status, startedAt })),
    ),
    metrics: run.spec.metrics.map(({ name, successCondition = '', count = 0 }) => ({
      name,
      successCondition,
      count: Number(count) || 0,
    })),
    specAndStatus: { spec: run.spec, status: run.status ?? {} },
  }
}

/** The ReplicaSets of its templates are no versions of the Rollout. */
const experimentInfo = ({ experiment, versions, analysisRuns }: ExperimentView, revision: number): object => {
  const { phase = 'Pending', message = '' } = experiment.status ?? {}
  return {
    objectMeta: metaOf(experiment.metadata),
    icon: iconOf(phase),
    revision,
    status: phase,
    message,
    replicaSets: versions.flatMap(({ name, replicaSet, pods }) => {
      if (replicaSet === undefined) return []
      const { replicas = 0, availableReplicas = 0 } = replicaSet.status ?? {}
      const status = availableReplicas >= (replicaSet.spec.replicas ?? 1) ? 'Healthy' : 'Progressing'
      return [
        {
          ...{ objectMeta: metaOf(replicaSet.metadata), status, icon: iconOf(status), revision, template: name },
          ...{ replicas, available: availableReplicas },
          images: replicaSet.spec.template.spec.containers.flatMap(({ image }) => image ?? []),
          pods: pods.map(({ metadata, status: pod }) => ({ objectMeta: metaOf(metadata), status: pod?.phase ?? 'Unknown' })),
        },
      ]
    }),
    analysisRuns: analysisRuns.map(run => runInfo(run, revision)),
  }
}

type Pods = ReturnType<typeof makeDetail>['pods']

const setInfo = ({ replicaSet, revision, roles, selectedBy, turn, hash, pods }: VersionView, states: Pods): object => {
  const { replicas = 0, availableReplicas = 0 } = replicaSet.status ?? {}
  const desired = replicaSet.spec.replicas ?? 1
  const status = availableReplicas >= desired ? (desired === 0 ? 'ScaledDown' : 'Healthy') : 'Progressing'
  return {
    objectMeta: metaOf(replicaSet.metadata),
    status,
    icon: iconOf(status),
    revision,
    stable: roles.includes('stable'),
    canary: roles.includes('canary') && selectedBy.length === 0,
    active: selectedBy.includes('active'),
    preview: selectedBy.includes('preview'),
    ping: turn === 'ping',
    pong: turn === 'pong',
    replicas,
    available: availableReplicas,
    template: hash,
    scaleDownDeadline: replicaSet.metadata.annotations?.['scale-down-deadline'] ?? '',
    images: replicaSet.spec.template.spec.containers.flatMap(({ image }) => image ?? []),
    pods: pods.map(pod => {
      const state = states.find(({ name }) => name === pod.metadata.name)
      const { state: word = 'Unknown', containersReady = '', restarts = 0 } = state ?? {}
      return { objectMeta: metaOf(pod.metadata), status: word, icon: iconOf(word), ready: containersReady, restarts }
    }),
  }
}

/** Without ReplicaSets where `view` was made without them, as in their list. `now`: milliseconds since the epoch. */
export const rolloutInfo = (view: RolloutView, now: number): object => {
  const { rollout, deployment } = view
  const row = makeRow(view)
  const detail = makeDetail({ view, events: [], numbers: undefined, missing: [], now })
  const container = ({ name, image }: { readonly name: string; readonly image: string }) => ({ name, image })
  return {
    objectMeta: metaOf((rollout ?? deployment)?.metadata ?? { name: view.name, namespace: view.namespace }),
    status: row.phase,
    message: row.sentence,
    icon: iconOf(row.phase),
    strategy: row.strategy === 'blue-green' ? 'BlueGreen' : 'Canary',
    step: row.step === undefined ? '' : `${row.step.index}/${row.step.count}`,
    setWeight: row.weight === undefined ? '' : String(row.weight.set),
    actualWeight: row.weight === undefined ? '' : String(row.weight.actual ?? row.weight.set),
    ready: row.pods.ready,
    current: row.pods.current,
    desired: row.pods.desired,
    updated: row.pods.updated,
    available: row.pods.available,
    restartedAt: rollout?.status?.restartedAt ?? '',
    generation: String(rollout?.metadata.generation ?? ''),
    replicaSets: view.versions.map(version => setInfo(version, detail.pods)),
    experiments: view.versions.flatMap(({ experiments, revision }) => experiments.map(one => experimentInfo(one, revision))),
    analysisRuns: view.versions.flatMap(({ analysisRuns, revision }) => analysisRuns.map(run => runInfo(run, revision))),
    containers: detail.containers.filter(({ init }) => !init).map(container),
    initContainers: detail.containers.filter(({ init }) => init).map(container),
    steps: rollout?.spec.strategy.canary?.steps ?? [],
  }
}
