/** What a blue-green Rollout reports of its own. Counts and selector are those of the version that carries the traffic. */
import type { RolloutStatus } from '../../../api/rollout.ts'
import { selectorText } from '../../status.ts'
import type { RolloutContext } from '../context.ts'
import { hashOf } from '../versions.ts'
import type { Decision } from './decide.ts'
import { type BlueGreenView, selectedBy } from './view.ts'

const countsOf = ({ seen }: RolloutContext, activeHash: string | undefined): RolloutStatus => {
  const set = seen.replicaSets.find(one => activeHash !== undefined && hashOf(one) === activeHash)
  if (set === undefined) return {}
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = set.status ?? {}
  return { HPAReplicas: replicas, readyReplicas, availableReplicas, selector: selectorText(set.spec.selector) }
}

export type Shown = Partial<Pick<Decision, 'isCheckpointed' | 'before' | 'after'>> & {
  /** Where the Services lead after this pass. */
  readonly active?: string | undefined
  readonly preview?: string | undefined
}

export const makeBlueGreenFields = (context: RolloutContext, view: BlueGreenView, shown: Shown = {}): RolloutStatus => {
  const { active = view.activeHash, preview = selectedBy(view.preview), isCheckpointed, before, after } = shown
  return {
    ...countsOf(context, active),
    blueGreen: {
      ...(preview !== undefined && { previewSelector: preview }),
      ...(active !== undefined && { activeSelector: active }),
      ...(isCheckpointed && { scaleUpPreviewCheckPoint: true }),
      ...(before && { prePromotionAnalysisRunStatus: before }),
      ...(after && { postPromotionAnalysisRunStatus: after }),
    },
  }
}
