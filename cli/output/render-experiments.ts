/** Experiments as a table, and one of them as a page. */
import type { Experiment } from '../../api/experiment.ts'
import { renderAge } from './age.ts'
import { isState, renderState, type State } from './status.ts'
import type { RenderOptions } from './style.ts'
import { type Column, renderTable, wrap } from './table.ts'

const COLUMNS: readonly Column[] = [
  { title: 'NAMESPACE', shrinks: true },
  { title: 'NAME', shrinks: true },
  { title: 'STATUS' },
  { title: 'DURATION' },
  { title: 'AGE' },
]

const stateText = (phase: string | undefined, { style }: RenderOptions): string => {
  const state: State = phase !== undefined && isState(phase) ? phase : 'Unknown'
  return renderState(state === 'Running' ? 'Progressing' : state, style, phase ?? 'not looked at yet')
}

export const renderExperiments = (
  experiments: readonly Experiment[],
  { withNamespace, ...options }: RenderOptions & { readonly withNamespace: boolean },
): readonly string[] => {
  const from = withNamespace ? 0 : 1
  const rows = experiments.map(({ metadata, spec, status }) => [
    metadata.namespace ?? '',
    metadata.name,
    stateText(status?.phase, options),
    spec.duration ?? '-',
    renderAge(metadata.creationTimestamp, options.now),
  ])
  return renderTable(
    COLUMNS.slice(from),
    rows.map(row => row.slice(from)),
    options.width,
  )
}

const TREE: readonly Column[] = [
  { title: 'NAME', shrinks: true },
  { title: 'KIND', drops: true },
  { title: 'STATUS' },
  { title: 'INFO' },
]

/** Its versions and analyses, with the icons of Argo Rollouts. */
export const renderExperiment = (experiment: Experiment, options: RenderOptions): readonly string[] => {
  const { metadata, spec, status } = experiment
  const { templateStatuses = [], analysisRuns = [], phase, message = '' } = status ?? {}
  const rows = [
    [`Σ ${metadata.name}`, 'Experiment', stateText(phase, options), ''],
    ...spec.templates.map(({ name, replicas = 1 }) => {
      const seen = templateStatuses.find(one => one.name === name)
      return [`├──⧉ ${name}`, 'ReplicaSet', stateText(seen?.status, options), `ready:${seen?.readyReplicas ?? 0}/${replicas}`]
    }),
    ...analysisRuns.map(run => [`├──α ${run.analysisRun}`, 'AnalysisRun', stateText(run.phase, options), run.message ?? '']),
  ]
  const closed = rows.map((row, i) => (i === rows.length - 1 ? [row[0]?.replace('├', '└') ?? '', ...row.slice(1)] : row))
  return [
    ...wrap(`Name:           ${metadata.name}`, options.width),
    ...wrap(`Status:         ${stateText(phase, options)}`, options.width),
    ...(message === '' ? [] : wrap(`Message:        ${message}`, options.width, ' '.repeat(16))),
    '',
    ...renderTable(TREE, closed, options.width),
  ]
}
