/** Experiments as a table, and one of them as a page. */
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import type { ExperimentView } from '../../view/experiment-view.ts'
import { explainRun } from '../../view/explain.ts'
import { renderAge } from './age.ts'
import { renderChecks } from './render-explain.ts'
import { renderExperimentTree, renderRunTree } from './render-tree.ts'
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

const line = (label: string, text: string, { width }: RenderOptions): readonly string[] =>
  text === '' ? [] : wrap(`${`${label}:`.padEnd(16)}${text}`, width, ' '.repeat(16))

/** Its versions with their pods, and its analyses. */
export const renderExperiment = (view: ExperimentView, options: RenderOptions): readonly string[] => {
  const { metadata, spec, status } = view.experiment
  const { phase, message = '', availableAt } = status ?? {}
  const since = availableAt === undefined ? '' : `, all available for ${renderAge(availableAt, options.now)}`
  return [
    ...line('Name', metadata.name, options),
    ...line('Namespace', metadata.namespace ?? '', options),
    ...line('Status', stateText(phase, options), options),
    ...line('Message', message, options),
    ...line('Duration', spec.duration === undefined ? 'until its analyses end' : `${spec.duration}${since}`, options),
    '',
    ...renderExperimentTree(view, options),
  ]
}

/** Of an AnalysisRun that belongs to no update. */
export const renderRun = (run: AnalysisRun, options: RenderOptions): readonly string[] => {
  const { metadata, status } = run
  return [
    ...line('Name', metadata.name, options),
    ...line('Namespace', metadata.namespace ?? '', options),
    ...line('Status', stateText(status?.phase, options), options),
    ...line('Message', status?.message ?? '', options),
    '',
    ...renderRunTree(run, options),
    ...renderChecks(explainRun(run, undefined, options.now), options),
  ]
}
