/** The tree under `sluice get`: revisions, their ReplicaSets with pods, and their AnalysisRuns. Icons as in Argo Rollouts. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Pod, ReplicaSet } from '../../api/kubernetes.ts'
import { SCALE_DOWN_DEADLINE } from '../../engine/rollout/replicas/scale-down-delay.ts'
import { phaseOf } from '../../view/phase.ts'
import { namesOfRoles, type RolloutView, type VersionView } from '../../view/rollout-view.ts'
import { renderAge, renderSpan } from './age.ts'
import { isState, renderState, type State } from './status.ts'
import type { RenderOptions } from './style.ts'
import { type Column, renderTable } from './table.ts'

type Row = readonly [name: string, kind: string, status: string, age: string, info: string]

const COLUMNS: readonly Column[] = [
  { title: 'NAME', shrinks: true },
  { title: 'KIND', drops: true },
  { title: 'STATUS' },
  { title: 'AGE' },
  { title: 'INFO' },
]

export const renderTree = (view: RolloutView, options: RenderOptions): readonly string[] =>
  renderTable(COLUMNS, treeRows(view, options), options.width)

const treeRows = (view: RolloutView, options: RenderOptions): readonly Row[] => {
  const main = view.rollout ?? view.deployment
  const kind = view.rollout === undefined ? 'Deployment' : 'Rollout'
  const root: Row = [
    `⟳ ${view.name}`,
    kind,
    renderState(phaseOf(view).word, options.style),
    renderAge(main?.metadata.creationTimestamp, options.now),
    '',
  ]
  return [root, ...view.versions.flatMap((version, i) => versionRows(version, i === view.versions.length - 1, options))]
}

/** Branches of a node: what stands before the node itself and before what hangs below it. */
const branch = (above: string, isLast: boolean): { readonly own: string; readonly below: string } => ({
  own: `${above}${isLast ? '└──' : '├──'}`,
  below: `${above}${isLast ? '   ' : '│  '}`,
})

const versionRows = (version: VersionView, isLast: boolean, options: RenderOptions): readonly Row[] => {
  const { own, below } = branch('', isLast)
  const hasRuns = version.analysisRuns.length > 0
  const set = branch(below, !hasRuns)
  const lastRun = version.analysisRuns.length - 1
  return [
    [`${own}# revision:${version.revision}`, '', '', '', ''],
    replicaSetRow(version, set.own, options),
    ...version.pods.map((pod, i) => podRow(pod, branch(set.below, i === version.pods.length - 1).own, options)),
    ...version.analysisRuns.map((run, i) => analysisRow(run, branch(below, i === lastRun).own, options)),
  ]
}

const replicaSetRow = (version: VersionView, prefix: string, options: RenderOptions): Row => [
  `${prefix}⧉ ${version.replicaSet.metadata.name}`,
  'ReplicaSet',
  renderState(replicaSetState(version.replicaSet), options.style),
  renderAge(version.replicaSet.metadata.creationTimestamp, options.now),
  [...namesOfRoles(version), ...delayOf(version.replicaSet, options.now)].join(','),
]

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

const podRow = (pod: Pod, prefix: string, options: RenderOptions): Row => {
  const containers = pod.status?.containerStatuses ?? []
  const ready = containers.filter(one => one.ready).length
  const restarts = containers.reduce((sum, one) => sum + one.restartCount, 0)
  const { state, text } = podState(pod)
  return [
    `${prefix}□ ${pod.metadata.name}`,
    'Pod',
    renderState(state, options.style, text),
    renderAge(pod.metadata.creationTimestamp, options.now),
    `ready:${ready}/${containers.length || pod.spec.containers.length}${restarts === 0 ? '' : `,restarts:${restarts}`}`,
  ]
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

const analysisRow = (run: AnalysisRun, prefix: string, options: RenderOptions): Row => {
  const results = run.status?.metricResults ?? []
  const sum = (key: 'successful' | 'failed' | 'inconclusive' | 'error'): number =>
    results.reduce((total, one) => total + (one[key] ?? 0), 0)
  const counts = [
    ['✔', sum('successful')],
    ['✖', sum('failed')],
    ['?', sum('inconclusive')],
    ['⚠', sum('error')],
  ] as const
  const phase = run.status?.phase ?? 'Pending'
  return [
    `${prefix}α ${run.metadata.name}`,
    'AnalysisRun',
    renderState(phase === 'Running' ? 'Progressing' : phase, options.style, phase),
    renderAge(run.metadata.creationTimestamp, options.now),
    counts
      .filter(([, count]) => count > 0)
      .map(([icon, count]) => `${icon} ${count}`)
      .join(','),
  ]
}
