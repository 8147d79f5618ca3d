/** The tree under `sluice get`: revisions with their ReplicaSets, pods, Experiments and AnalysisRuns. Icons as in Argo Rollouts. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { Pod, ReplicaSet } from '../../api/kubernetes.ts'
import { SCALE_DOWN_DEADLINE } from '../../engine/rollout/replicas/scale-down-delay.ts'
import type { ExperimentVersion, ExperimentView } from '../../view/experiment-view.ts'
import { phaseOf } from '../../view/phase.ts'
import { namesOfRoles, type RolloutView, type VersionView } from '../../view/rollout-view.ts'
import { renderAge, renderSpan } from './age.ts'
import { isState, renderState, type State } from './status.ts'
import type { RenderOptions } from './style.ts'
import { type Column, renderTable } from './table.ts'
import { type Node, rowsOf } from './tree.ts'

const COLUMNS: readonly Column[] = [
  { title: 'NAME', shrinks: true },
  { title: 'KIND', drops: true },
  { title: 'STATUS' },
  { title: 'AGE' },
  { title: 'INFO' },
]

const renderNodes = (root: Node, { width }: RenderOptions): readonly string[] => renderTable(COLUMNS, rowsOf(root), width)

export const renderTree = (view: RolloutView, options: RenderOptions): readonly string[] => {
  const main = view.rollout ?? view.deployment
  const kind = view.rollout === undefined ? 'Deployment' : 'Rollout'
  const state = renderState(phaseOf(view).word, options.style)
  return renderNodes(
    {
      cells: [`⟳ ${view.name}`, kind, state, renderAge(main?.metadata.creationTimestamp, options.now), ''],
      below: view.versions.map(version => versionNode(version, options)),
    },
    options,
  )
}

export const renderExperimentTree = (view: ExperimentView, options: RenderOptions): readonly string[] =>
  renderNodes(experimentNode(view, options), options)

export const renderRunTree = (run: AnalysisRun, options: RenderOptions): readonly string[] =>
  renderNodes(analysisNode(run, options), options)

const versionNode = (version: VersionView, options: RenderOptions): Node => ({
  cells: [`# revision:${version.revision}`, '', '', '', ''],
  below: [
    replicaSetNode(version, namesOfRoles(version), options),
    ...version.experiments.map(one => experimentNode(one, options)),
    ...version.analysisRuns.map(run => analysisNode(run, options)),
  ],
})

/** Phases of Experiments and AnalysisRuns; `Running` is not over yet. */
const phaseText = (phase: string, { style }: RenderOptions): string => {
  const state: State = isState(phase) ? phase : 'Unknown'
  return renderState(state === 'Running' ? 'Progressing' : state, style, phase)
}

const experimentNode = ({ experiment, versions, analysisRuns }: ExperimentView, options: RenderOptions): Node => {
  const { metadata, spec, status } = experiment
  return {
    cells: [
      `Σ ${metadata.name}`,
      'Experiment',
      phaseText(status?.phase ?? 'Pending', options),
      renderAge(metadata.creationTimestamp, options.now),
      spec.duration === undefined ? '' : `for:${spec.duration}`,
    ],
    below: [
      ...versions.map(one => experimentVersion(one, experiment, options)),
      ...analysisRuns.map(run => analysisNode(run, options)),
      ...notedRuns(experiment, analysisRuns, options),
    ],
  }
}

/** Where the ReplicaSet may not be read, or is not made yet: what the Experiment says of it. */
const experimentVersion = (
  { name, replicaSet, pods }: ExperimentVersion,
  { spec, status }: Experiment,
  options: RenderOptions,
): Node => {
  if (replicaSet !== undefined) return replicaSetNode({ replicaSet, pods }, [`Σ:${name}`], options)
  const seen = status?.templateStatuses?.find(one => one.name === name)
  const { replicas = 1 } = spec.templates.find(one => one.name === name) ?? {}
  const info = `Σ:${name},ready:${seen?.readyReplicas ?? 0}/${replicas}`
  return { cells: [`⧉ ${name}`, 'ReplicaSet', phaseText(seen?.status ?? 'Pending', options), '', info], below: [] }
}

const notedRuns = ({ status }: Experiment, read: readonly AnalysisRun[], options: RenderOptions): readonly Node[] =>
  (status?.analysisRuns ?? [])
    .filter(({ analysisRun }) => !read.some(({ metadata }) => metadata.name === analysisRun))
    .map(({ analysisRun, phase = 'Pending', message = '' }) => ({
      cells: [`α ${analysisRun}`, 'AnalysisRun', phaseText(phase, options), '', message],
      below: [],
    }))

const replicaSetNode = (
  { replicaSet, pods }: { readonly replicaSet: ReplicaSet; readonly pods: readonly Pod[] },
  tags: readonly string[],
  options: RenderOptions,
): Node => ({
  cells: [
    `⧉ ${replicaSet.metadata.name}`,
    'ReplicaSet',
    renderState(replicaSetState(replicaSet), options.style),
    renderAge(replicaSet.metadata.creationTimestamp, options.now),
    [...tags, ...delayOf(replicaSet, options.now)].join(','),
  ],
  below: pods.map(pod => podNode(pod, options)),
})

/** How long a version that is not needed any more still keeps its pods. */
const delayOf = ({ metadata }: ReplicaSet, now: number): readonly string[] => {
  const at = Date.parse(metadata.annotations?.[SCALE_DOWN_DEADLINE] ?? '')
  return at > now ? [`delay:${renderSpan(at - now)}`] : []
}

const replicaSetState = ({ spec, status }: ReplicaSet): State => {
  const wanted = spec.replicas ?? 1
  if (wanted === 0) return (status?.replicas ?? 0) === 0 ? 'ScaledDown' : 'Terminating'
  return (status?.availableReplicas ?? 0) >= wanted ? 'Healthy' : 'Progressing'
}

const podNode = (pod: Pod, options: RenderOptions): Node => {
  const containers = pod.status?.containerStatuses ?? []
  const ready = containers.filter(one => one.ready).length
  const restarts = containers.reduce((sum, one) => sum + one.restartCount, 0)
  const { state, text } = podState(pod)
  return {
    cells: [
      `□ ${pod.metadata.name}`,
      'Pod',
      renderState(state, options.style, text),
      renderAge(pod.metadata.creationTimestamp, options.now),
      `ready:${ready}/${containers.length || pod.spec.containers.length}${restarts === 0 ? '' : `,restarts:${restarts}`}`,
    ],
    below: [],
  }
}

/** Why a container waits, e.g. CrashLoopBackOff. */
const waitingReason = (pod: Pod): string | undefined => {
  for (const { state } of pod.status?.containerStatuses ?? []) {
    if (typeof state !== 'object' || state === null || !('waiting' in state)) continue
    const { waiting } = state
    if (typeof waiting === 'object' && waiting !== null && 'reason' in waiting && typeof waiting.reason === 'string')
      return waiting.reason
  }
  return undefined
}

const podState = (pod: Pod): { readonly state: State; readonly text: string } => {
  if (pod.metadata.deletionTimestamp !== undefined) return { state: 'Terminating', text: 'Terminating' }
  const reason = waitingReason(pod)
  if (reason !== undefined) return { state: /BackOff|Err|Invalid/.test(reason) ? 'Degraded' : 'Progressing', text: reason }
  const phase = pod.status?.phase ?? 'Pending'
  if (phase === 'Succeeded') return { state: 'Successful', text: phase }
  return { state: isState(phase) ? phase : 'Unknown', text: phase }
}

/** What the metric provider `job` noted of its Jobs. */
const JOB_NAME = 'job-name'

const jobNodes = (run: AnalysisRun, options: RenderOptions): readonly Node[] =>
  (run.status?.metricResults ?? []).flatMap(({ measurements = [] }) =>
    measurements.flatMap(({ phase, startedAt, metadata }) => {
      const name = metadata?.[JOB_NAME]
      if (name === undefined) return []
      return [{ cells: [`⊞ ${name}`, 'Job', phaseText(phase, options), renderAge(startedAt, options.now), ''], below: [] }]
    }),
  )

const analysisNode = (run: AnalysisRun, options: RenderOptions): Node => {
  const results = run.status?.metricResults ?? []
  const sum = (key: 'successful' | 'failed' | 'inconclusive' | 'error'): number =>
    results.reduce((total, one) => total + (one[key] ?? 0), 0)
  const counts = [
    ['✔', sum('successful')],
    ['✖', sum('failed')],
    ['?', sum('inconclusive')],
    ['⚠', sum('error')],
  ] as const
  return {
    cells: [
      `α ${run.metadata.name}`,
      'AnalysisRun',
      phaseText(run.status?.phase ?? 'Pending', options),
      renderAge(run.metadata.creationTimestamp, options.now),
      counts
        .filter(([, count]) => count > 0)
        .map(([icon, count]) => `${icon} ${count}`)
        .join(','),
    ],
    below: jobNodes(run, options),
  }
}
