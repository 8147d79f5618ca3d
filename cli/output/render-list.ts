/** The table of `sluice list`, and under each row that waits for something the sentence that says for what. */

import type { ListedRollout } from '../../view/join-by-name.ts'
import { phaseOf } from '../../view/phase.ts'
import { actualWeight, setWeight } from '../../view/set-weight.ts'
import { renderAge } from './age.ts'
import { renderState } from './status.ts'
import type { RenderOptions } from './style.ts'
import { type Column, renderTable, wrap } from './table.ts'

const COLUMNS: readonly Column[] = [
  { title: 'NAMESPACE', shrinks: true },
  { title: 'NAME', shrinks: true },
  { title: 'STATUS' },
  { title: 'STEP' },
  { title: 'WEIGHT' },
  { title: 'READY' },
  { title: 'UPDATED' },
  { title: 'AGE' },
]

const stepText = ({ rollout }: ListedRollout): string => {
  const steps = rollout?.spec.strategy.canary?.steps ?? []
  return steps.length === 0 ? '-' : `${Math.min((rollout?.status?.currentStepIndex ?? 0) + 1, steps.length)}/${steps.length}`
}

const weightText = ({ rollout }: ListedRollout): string => {
  if (rollout === undefined) return '-'
  return `${actualWeight(rollout) ?? setWeight(rollout)}%`
}

const row = (view: ListedRollout, options: RenderOptions): readonly string[] => {
  const { rollout, deployment } = view
  const status = rollout?.status ?? deployment?.status ?? {}
  const desired = deployment?.spec.replicas ?? rollout?.spec.replicas ?? 1
  return [
    view.namespace,
    view.name,
    renderState(phaseOf(view).word, options.style),
    stepText(view),
    weightText(view),
    `${status.availableReplicas ?? 0}/${desired}`,
    `${status.updatedReplicas ?? 0}`,
    renderAge((rollout ?? deployment)?.metadata.creationTimestamp, options.now),
  ]
}

export const renderList = (
  views: readonly ListedRollout[],
  { withNamespace, ...options }: RenderOptions & { readonly withNamespace: boolean },
): readonly string[] => {
  const from = withNamespace ? 0 : 1
  const [title = '', ...rows] = renderTable(
    COLUMNS.slice(from),
    views.map(view => row(view, options).slice(from)),
    options.width,
  )
  return [title, ...rows.flatMap((text, i) => [text, ...sentenceLines(views[i], options)])]
}

const sentenceLines = (view: ListedRollout | undefined, { width, style }: RenderOptions): readonly string[] => {
  const { sentence = '' } = view === undefined ? {} : phaseOf(view)
  return sentence === '' ? [] : wrap(`  ${sentence}`, width, '  ').map(style.dim)
}
