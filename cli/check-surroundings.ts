/** The part of `sluice check` about everything around the pods that is no Service: who else sizes them, and what an update asks of them. */
import type { Deployment, ReplicaSet } from '../api/kubernetes.ts'
import { matchesSelector } from '../api/selector.ts'
import { type Finding as Found, type Front, surroundingFindings } from '../engine/preflight/index.ts'
import { bad, type Finding, good, note } from './check-finding.ts'
import type { AroundDeployment } from './read-surroundings.ts'

export type Around = AroundDeployment & {
  readonly deployment: Deployment
  readonly deployments: readonly Deployment[]
  readonly replicaSets: readonly ReplicaSet[]
  readonly fronts: readonly Front[]
  /** Findings that are told elsewhere. */
  readonly shown: readonly string[]
}

const isOwnedBy = ({ metadata }: ReplicaSet, deployment: Deployment): boolean =>
  metadata.ownerReferences?.some(owner => owner.uid === deployment.metadata.uid) === true

/** A ReplicaSet that the Deployment's selector matches and that is not its own: the native controller adopts it when nobody owns it. */
const strangers = ({ deployment, replicaSets }: Around): readonly Finding[] =>
  replicaSets
    .filter(one => !isOwnedBy(one, deployment) && matchesSelector(deployment.spec.selector, one.metadata.labels))
    .map(({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller)
      const whose = owner === undefined ? 'nobody owns it' : `${owner.kind} ${owner.name} owns it`
      return bad(
        `ReplicaSet ${metadata.name} has the labels of this Deployment's pods and ${whose}; delete it, or give it other labels`,
      )
    })

/** Another Deployment that counts these pods as its own: both fight over them, with Sluice and without. */
const overlapping = ({ deployment, deployments }: Around): readonly Finding[] =>
  deployments
    .filter(
      one =>
        one.metadata.name !== deployment.metadata.name &&
        matchesSelector(one.spec.selector, deployment.spec.template.metadata?.labels),
    )
    .map(one => bad(`the selector of Deployment ${one.metadata.name} matches its pods, too; give the two different labels`))

const scalers = ({ deployment, autoscalers }: Around): readonly Finding[] => {
  const { name } = deployment.metadata
  const mine = autoscalers.filter(({ spec }) => spec?.scaleTargetRef?.name === name)
  const onDeployment = mine.filter(({ spec }) => spec?.scaleTargetRef?.kind === 'Deployment')
  const elsewhere = mine.filter(({ spec }) => spec?.scaleTargetRef?.kind === 'Rollout')
  return [
    ...(onDeployment.length > 1
      ? [
          bad(
            `HorizontalPodAutoscalers ${onDeployment.map(one => one.metadata.name).join(', ')} size it at the same time; keep one`,
          ),
        ]
      : onDeployment.map(one =>
          good(`HorizontalPodAutoscaler ${one.metadata.name} sizes it, in the middle of an update as well`),
        )),
    ...elsewhere.map(one =>
      bad(`HorizontalPodAutoscaler ${one.metadata.name} sizes the Rollout that Sluice makes; let it name Deployment ${name}`),
    ),
  ]
}

const isStuck = ({ spec }: AroundDeployment['budgets'][number], replicas: number): boolean =>
  spec?.maxUnavailable === 0 || spec?.maxUnavailable === '0%' || spec?.minAvailable === '100%' || spec?.minAvailable === replicas

const budgetFindings = ({ deployment, budgets }: Around): readonly Finding[] =>
  budgets
    .filter(({ spec }) => matchesSelector(spec?.selector, deployment.spec.template.metadata?.labels))
    .map(one =>
      isStuck(one, deployment.spec.replicas ?? 1)
        ? note(
            `PodDisruptionBudget ${one.metadata.name} lets no pod be evicted, so that nodes cannot be drained; updates do not evict`,
          )
        : good(`PodDisruptionBudget ${one.metadata.name} counts the pods of all versions together`),
    )

/** All that is found around the pods but for what stands beside a Service already. */
const others = ({ fronts, surroundings, shown }: Around): readonly Finding[] => {
  const found: readonly Found[] = fronts.flatMap(front => surroundingFindings(front, surroundings))
  const texts = (severity: Found['severity']) => [
    ...new Set(found.filter(one => one.severity === severity && !shown.includes(one.text)).map(({ text }) => text)),
  ]
  return [...texts('no').map(bad), ...texts('warning').map(note)]
}

/** Empty when there is nothing to say. */
export const surroundingsFindings = (around: Around): readonly Finding[] => [
  ...strangers(around),
  ...overlapping(around),
  ...scalers(around),
  ...budgetFindings(around),
  ...others(around),
  ...(around.unread.length > 0 ? [note(`not looked at, since you may not read them: ${around.unread.join(', ')}`)] : []),
]
