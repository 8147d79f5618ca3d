/** Phase and message of a Rollout: the table of Argo Rollouts (CalculateRolloutPhase), the first row that fits. */
import type { RolloutPhase, RolloutSpec, RolloutStatus } from '../../api/rollout.ts'

export type Told = { readonly phase: RolloutPhase; readonly message: string }

type Rule = (status: RolloutStatus, spec: RolloutSpec) => Told | undefined

const DEGRADING = ['RolloutAborted', 'ProgressDeadlineExceeded']

const when = (is: boolean, phase: RolloutPhase, message: string): Told | undefined => (is ? { phase, message } : undefined)
const progressing = (is: boolean, message: string) => when(is, 'Progressing', message)

const counts = ({ updatedReplicas = 0, availableReplicas = 0, replicas = 0 }: RolloutStatus) => ({
  updated: updatedReplicas,
  available: availableReplicas,
  all: replicas,
})

const isPromoted = ({ stableRS, currentPodHash }: RolloutStatus): boolean => stableRS !== undefined && stableRS === currentPodHash

const RULES: readonly Rule[] = [
  ({ conditions }) => {
    const found = conditions?.find(({ type }) => type === 'InvalidSpec')
    return found && { phase: 'Degraded', message: `InvalidSpec: ${found.message ?? ''}` }
  },
  ({ conditions }) => {
    const found = conditions?.find(({ reason = '' }) => DEGRADING.includes(reason))
    return found && { phase: 'Degraded', message: `${found.reason}: ${found.message ?? ''}` }
  },
  (_, { paused }) => when(paused === true, 'Paused', 'manually paused'),
  ({ pauseConditions }) => when((pauseConditions ?? []).length > 0, 'Paused', pauseConditions?.[0]?.reason ?? ''),
  ({ restartedAt }, { restartAt }) => progressing(restartAt !== undefined && restartAt !== restartedAt, 'rollout is restarting'),
  (status, { replicas = 1 }) => progressing(counts(status).updated < replicas, 'more replicas need to be updated'),
  status => progressing(counts(status).available < counts(status).updated, 'updated replicas are still becoming available'),
  ({ blueGreen, currentPodHash }, { strategy }) =>
    progressing(
      strategy.blueGreen !== undefined && blueGreen?.activeSelector !== currentPodHash,
      'active service cutover pending',
    ),
  (status, { strategy }) =>
    progressing(
      strategy.blueGreen?.postPromotionAnalysis !== undefined &&
        !isPromoted(status) &&
        status.blueGreen?.postPromotionAnalysisRunStatus?.status !== 'Successful',
      'waiting for analysis to complete',
    ),
  (status, { strategy }) =>
    progressing(strategy.blueGreen !== undefined && !isPromoted(status), 'waiting for post-promotion verification to complete'),
  (status, { strategy }) =>
    progressing(
      strategy.canary !== undefined &&
        strategy.canary.trafficRouting === undefined &&
        counts(status).all > counts(status).updated,
      'old replicas are pending termination',
    ),
  (status, { strategy }) =>
    progressing(strategy.canary !== undefined && !isPromoted(status), 'waiting for all steps to complete'),
]

export const tellPhase = (status: RolloutStatus, spec: RolloutSpec): Told => {
  for (const rule of RULES) {
    const told = rule(status, spec)
    if (told !== undefined) return told
  }
  return { phase: 'Healthy', message: '' }
}
