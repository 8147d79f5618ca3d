/** Shares of the traffic that the step `experiment` gives to its templates: rules of Argo Rollouts (calculateWeightDestinationsFromExperiment). */
import type { CanaryStrategy } from '../../../api/rollout.ts'
import type { RolloutContext } from '../context.ts'
import type { RolloutProgress } from '../progress.ts'
import { invalid, type Violation } from '../validate/violation.ts'
import type { Share } from './provider.ts'

/**
 * While the Experiment of the current step runs: then all of its pods are there. None of it has a share before whoever carries the traffic
 * knows a pod of it.
 */
export const experimentShares = (
  { steps, seen, status }: RolloutContext,
  { index, aborted, promoteFull }: RolloutProgress,
  knows: (hash: string) => boolean,
): readonly Share[] => {
  const step = aborted || promoteFull ? undefined : steps[index]?.experiment
  const found = seen.experiments?.find(({ metadata }) => metadata.name === status.canary?.currentExperiment)
  if (step === undefined || found?.status?.phase !== 'Running' || found.spec.terminate === true) return []
  return (step.templates ?? []).flatMap(({ name, weight = 0 }) => {
    const hash = found.status?.templateStatuses?.find(one => one.name === name)?.podTemplateHash
    if (hash === undefined || weight === 0) return []
    return [{ role: 'experiment' as const, hash, weight: knows(hash) ? weight : 0 }]
  })
}

/** Services of the templates of Experiments, by the hash of their pods. */
export const experimentServices = ({ seen }: RolloutContext): ReadonlyMap<string, string> =>
  new Map(
    (seen.experiments ?? [])
      .flatMap(({ status }) => status?.templateStatuses ?? [])
      .flatMap(({ podTemplateHash, serviceName }) =>
        podTemplateHash === undefined || serviceName === undefined ? [] : [[podTemplateHash, serviceName]],
      ),
  )

/** Together with the canary's weight at that step they can not be more than all of the traffic. */
export const checkExperimentShares = ({ steps = [], trafficRouting }: CanaryStrategy): readonly Violation[] => {
  const most = trafficRouting?.maxTrafficWeight ?? 100
  return steps.flatMap(({ experiment }, i) => {
    const shares = (experiment?.templates ?? []).map(({ weight = 0 }) => weight)
    const canary = steps.slice(0, i).findLast(({ setWeight }) => setWeight !== undefined)?.setWeight ?? 0
    const sum = shares.reduce((total, weight) => total + weight, canary)
    const path = `spec.strategy.canary.steps[${i}].experiment.templates`
    if (shares.some(weight => weight < 0)) return [invalid(path, shares, `weights must be from 0 to ${most}, e.g. 5`)]
    return sum <= most || shares.every(weight => weight === 0)
      ? []
      : [
          invalid(
            path,
            shares,
            `these weights and the canary's ${canary} are ${sum} together; at most ${most} are allowed, e.g. ${Math.floor((most - canary) / Math.max(1, shares.length))} each`,
          ),
        ]
  })
}
