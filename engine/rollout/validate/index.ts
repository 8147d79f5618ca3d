/**
 * Whether a Rollout can be run. A wrong one is stored all the same; the controller says what is wrong in its condition InvalidSpec, in the
 * order and the words of Argo Rollouts.
 */
import type { PodTemplate } from '../../../api/kubernetes.ts'
import type { Rollout } from '../../../api/rollout.ts'
import { matchesSelector } from '../../../api/selector.ts'
import { checkBlueGreen } from './blue-green.ts'
import { checkCanary } from './canary.ts'
import { atLeastZero, forbidden, invalid, missingField, required, type Violation } from './violation.ts'

export { invalidSpecMessage, type Violation } from './violation.ts'

const DEADLINE_SECONDS = 600

const selector = ({ spec }: Rollout): readonly Violation[] => {
  if (spec.workloadRef !== undefined) return []
  if (spec.selector === undefined) return [required('spec.selector', missingField('.spec.selector'))]
  const { matchLabels, matchExpressions } = spec.selector
  const isEmpty = Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length === 0
  return isEmpty ? [invalid('spec.selector', spec.selector, 'empty selector is invalid for deployment')] : []
}

/** What the API server would refuse of a ReplicaSet made from it only later, or never; the rest it refuses itself. */
const template = ({ spec }: Rollout): readonly Violation[] => {
  const given: PodTemplate | undefined = spec.template
  if (spec.workloadRef !== undefined) {
    const detail = 'template must be empty for workload reference rollout'
    return given === undefined ? [] : [{ path: 'spec.template', message: `Internal error: ${detail}` }]
  }
  const { labels = {} } = given?.metadata ?? {}
  const { containers = [], restartPolicy = 'Always', ephemeralContainers } = given?.spec ?? { containers: [] }
  const at = 'spec.template.spec'
  const matches = spec.selector === undefined || matchesSelector(spec.selector, labels)
  return [
    ...(matches ? [] : [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]),
    ...(containers.length > 0 ? [] : [{ path: `${at}.containers`, message: 'Required value' }]),
    ...(restartPolicy === 'Always'
      ? []
      : [
          {
            path: `${at}.restartPolicy`,
            message: `Unsupported value: ${JSON.stringify(restartPolicy)}: supported values: "Always"`,
          },
        ]),
    ...(Array.isArray(ephemeralContainers) && ephemeralContainers.length > 0
      ? [forbidden(`${at}.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ]
}

const numbers = ({ spec }: Rollout): readonly Violation[] => {
  const { minReadySeconds = 0, progressDeadlineSeconds = DEADLINE_SECONDS } = spec
  return [
    ...atLeastZero('spec.minReadySeconds', minReadySeconds),
    ...atLeastZero('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...atLeastZero('spec.progressDeadlineSeconds', progressDeadlineSeconds),
    ...(progressDeadlineSeconds > minReadySeconds
      ? []
      : [invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds')]),
  ]
}

const strategy = (rollout: Rollout): readonly Violation[] => {
  const { canary, blueGreen } = rollout.spec.strategy
  if (canary !== undefined && blueGreen !== undefined)
    return [invalid('spec.strategy.strategy', 'blueGreen: true canary: true', 'Multiple Strategies can not be listed')]
  if (canary !== undefined) return checkCanary(rollout, canary, 'spec.strategy')
  if (blueGreen !== undefined) return checkBlueGreen(rollout, blueGreen, 'spec.strategy')
  return [required('spec.strategy.strategy', missingField('.spec.strategy.canary or .spec.strategy.blueGreen'))]
}

/** Everything that is wrong, the first first told; empty when it can be run. */
export const validateRollout = (rollout: Rollout): readonly Violation[] => [
  ...atLeastZero('spec.replicas', rollout.spec.replicas),
  ...selector(rollout),
  ...template(rollout),
  ...numbers(rollout),
  ...strategy(rollout),
]
