/**
 * How people steer an update: the same patches of the Rollout as `kubectl argo rollouts` sends, planned here as plain data.
 * What makes no sense in the present state is refused with what to do instead.
 */
import type { Rollout } from '../api/rollout.ts'
import { isInProgress, type RolloutView } from './rollout-view.ts'

export type Steering =
  | {
      /** Merge patches of the Rollout, in order. */
      readonly patches: readonly { readonly subresource?: 'status'; readonly body: object }[]
      /** What is now under way, as one sentence. */
      readonly said: string
    }
  | { readonly refused: string }

type Steer = (view: RolloutView & { readonly rollout: Rollout }) => Steering

const status = (fields: object) => ({ subresource: 'status', body: { status: fields } }) as const

const atRest = ({ name }: RolloutView, verb: string): Steering => ({
  refused: `${name} runs its stable version, there is nothing to ${verb}; a change of its pod template starts an update`,
})

const wasAborted = ({ name }: RolloutView): Steering => ({
  refused: `the update of ${name} was aborted; run kubectl sluice retry ${name} to try the same version again, or apply another one`,
})

export const steerPromote: Steer = view => {
  const { rollout, name } = view
  if (!isInProgress(view)) return atRest(view, 'promote')
  if (rollout.status?.abort === true) return wasAborted(view)
  const { pauseConditions = [], currentStepIndex = 0 } = rollout.status ?? {}
  const next = Math.min(currentStepIndex + 1, rollout.spec.strategy.canary?.steps?.length ?? 0)
  const unpause = rollout.spec.paused === true ? [{ body: { spec: { paused: false } } }] : []
  const inconclusive = pauseConditions.some(
    one => one.reason === 'InconclusiveAnalysisRun' || one.reason === 'InconclusiveExperiment',
  )
  if (inconclusive)
    return {
      patches: [...unpause, status({ pauseConditions: null, controllerPause: false, currentStepIndex: next })],
      said: `${name} goes on to its next step though its analysis was inconclusive`,
    }
  if (pauseConditions.length > 0)
    return { patches: [...unpause, status({ pauseConditions: null })], said: `${name} goes on to its next step` }
  if (unpause.length > 0) return { patches: unpause, said: `${name} goes on where it was paused` }
  return {
    patches: [status({ currentStepIndex: next })],
    said: `${name} goes on to its next step without waiting for the present one`,
  }
}

/** As `--skip-current-step` and `--skip-all-steps` of Argo Rollouts: the step is left whatever it waits for. */
export const steerSkip =
  (which: 'current step' | 'all steps'): Steer =>
  view => {
    const { rollout, name } = view
    if (!isInProgress(view)) return atRest(view, 'promote')
    if (rollout.status?.abort === true) return wasAborted(view)
    const count = rollout.spec.strategy.canary?.steps?.length ?? 0
    const next = which === 'all steps' ? count : Math.min((rollout.status?.currentStepIndex ?? 0) + 1, count)
    const unpause = rollout.spec.paused === true ? [{ body: { spec: { paused: false } } }] : []
    return {
      patches: [...unpause, status({ pauseConditions: null, currentStepIndex: next })],
      said: `${name} skips ${which === 'all steps' ? which : `its ${which}`}`,
    }
  }

export const steerPromoteFull: Steer = view => {
  if (!isInProgress(view)) return atRest(view, 'promote')
  if (view.rollout.status?.abort === true) return wasAborted(view)
  return {
    patches: [status({ promoteFull: true })],
    said: `${view.name} is promoted in full: the remaining steps, pauses and analyses are skipped`,
  }
}

export const steerAbort: Steer = view => {
  if (!isInProgress(view)) return atRest(view, 'abort')
  if (view.rollout.status?.abort === true)
    return { refused: `the update of ${view.name} is aborted already; kubectl sluice get ${view.name} shows how far it is` }
  return {
    patches: [status({ abort: true })],
    said: `the update of ${view.name} is aborted: all traffic goes back to the stable version`,
  }
}

export const steerRetry: Steer = view => {
  if (view.rollout.status?.abort !== true)
    return {
      refused: `no update of ${view.name} was aborted, there is nothing to retry; kubectl sluice get ${view.name} shows where it stands`,
    }
  return { patches: [status({ abort: false })], said: `the update of ${view.name} is tried again from its first step` }
}

export const steerPause: Steer = ({ rollout, name }) =>
  rollout.spec.paused === true
    ? { refused: `${name} is paused already; kubectl sluice resume ${name} lets it go on` }
    : { patches: [{ body: { spec: { paused: true } } }], said: `${name} is paused; kubectl sluice resume ${name} lets it go on` }

export const steerResume: Steer = view => {
  const { rollout, name } = view
  if (rollout.spec.paused === true)
    return { patches: [{ body: { spec: { paused: false } } }], said: `${name} goes on where it was paused` }
  const hint =
    (rollout.status?.pauseConditions ?? []).length > 0
      ? `it waits in a pause step, which kubectl sluice promote ${name} ends`
      : `kubectl sluice get ${name} shows where it stands`
  return { refused: `${name} was not paused by kubectl sluice pause; ${hint}` }
}
