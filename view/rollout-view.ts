/** Everything about one rollout that is shown, put together from raw objects. Pure: the same for a list once and for a watch. */
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { Experiment } from '../api/experiment.ts'
import { isHeld } from '../api/hold.ts'
import type { Deployment, KubeObject, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, POD_TEMPLATE_HASH, REVISION, ROLLOUTS_POD_TEMPLATE_HASH } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Route } from '../api/route.ts'
import { type ExperimentView, makeExperimentView } from './experiment-view.ts'
import { byName, isOwnedBy } from './owned-by.ts'

/** What was read of the namespace; each list may hold more than belongs to the rollout. */
export type RolloutObjects = {
  readonly name: string
  readonly rollout?: Rollout
  readonly deployment?: Deployment
  readonly replicaSets: readonly ReplicaSet[]
  readonly pods: readonly Pod[]
  readonly analysisRuns: readonly AnalysisRun[]
  readonly experiments: readonly Experiment[]
  readonly services: readonly Service[]
  readonly routes: readonly Route[]
}

export type Role = 'stable' | 'canary'

export type VersionView = {
  readonly hash: string
  readonly revision: number
  readonly roles: readonly Role[]
  /** Of a blue-green Rollout: which of its Services lead to this version. */
  readonly selectedBy: readonly ('active' | 'preview')[]
  /** Which of the two Services that take turns leads to it; absent where none do. */
  readonly turn?: 'ping' | 'pong'
  readonly replicaSet: ReplicaSet
  readonly pods: readonly Pod[]
  readonly analysisRuns: readonly AnalysisRun[]
  /** Of its steps. */
  readonly experiments: readonly ExperimentView[]
}

export type ServiceView = { readonly service: Service; readonly route?: Route }

export type RolloutView = {
  readonly name: string
  readonly namespace: string
  readonly rollout?: Rollout
  readonly deployment?: Deployment
  /** Newest revision first. */
  readonly versions: readonly VersionView[]
  readonly services: readonly ServiceView[]
  /** Of the update in progress, or of the last one. */
  readonly analysisRuns: readonly AnalysisRun[]
}

/** By the label that its owner, a Deployment or a Rollout, goes by; a ReplicaSet that changed owners has both. */
export const hashOf = ({ metadata }: ReplicaSet): string => {
  const { [POD_TEMPLATE_HASH]: ofDeployment, [ROLLOUTS_POD_TEMPLATE_HASH]: ofRollout } = metadata.labels ?? {}
  const isRollouts = metadata.ownerReferences?.some(({ kind, controller }) => kind === 'Rollout' && controller === true)
  return (isRollouts ? ofRollout : ofDeployment) ?? ofDeployment ?? ''
}

export const revisionOf = (object: KubeObject): number => {
  const text = object.metadata.annotations?.[REVISION] ?? object.metadata.annotations?.['rollout.argoproj.io/revision'] ?? ''
  return /^\d+$/.test(text) ? Number(text) : 0
}

const rolesOf = (hash: string, rollout: Rollout | undefined): readonly Role[] => {
  const { stableRS, currentPodHash } = rollout?.status ?? {}
  if (hash !== '' && hash === stableRS) return ['stable']
  return hash !== '' && hash === currentPodHash ? ['canary'] : []
}

const selectedBy = (hash: string, rollout: Rollout | undefined): VersionView['selectedBy'] => {
  const { activeSelector, previewSelector } = rollout?.status?.blueGreen ?? {}
  if (hash === '') return []
  return [...(hash === activeSelector ? (['active'] as const) : []), ...(hash === previewSelector ? (['preview'] as const) : [])]
}

const turnOf = (hash: string, rollout: Rollout | undefined): 'ping' | 'pong' | undefined => {
  const stable = rollout?.spec.strategy.canary?.pingPong === undefined ? undefined : rollout.status?.canary?.stablePingPong
  const [role] = rolesOf(hash, rollout)
  if (stable === undefined || role === undefined) return undefined
  return role === 'stable' ? stable : stable === 'ping' ? 'pong' : 'ping'
}

/** As they are told to people: a blue-green Rollout has no canary. */
export const namesOfRoles = ({
  roles,
  selectedBy,
  turn,
}: Pick<VersionView, 'roles' | 'selectedBy' | 'turn'>): readonly string[] => {
  const named = selectedBy.length === 0 ? roles : [...roles.filter(role => role !== 'canary'), ...selectedBy]
  return turn === undefined ? named : [...named, turn]
}

/** ReplicaSets of the Deployment, or of the Rollout where there is none. */
export const ownedReplicaSets = ({ replicaSets, deployment, rollout }: RolloutObjects): readonly ReplicaSet[] =>
  replicaSets.filter(one => isOwnedBy(one, deployment) || isOwnedBy(one, rollout))

/** Undefined when there is neither a Rollout nor a Deployment of that name. */
export const makeRolloutView = (objects: RolloutObjects): RolloutView | undefined => {
  const { rollout, deployment, name } = objects
  const main = rollout ?? deployment
  if (main === undefined) return undefined
  const runs = objects.analysisRuns.filter(one => isOwnedBy(one, rollout)).sort(byName)
  const experiments = objects.experiments.filter(one => isOwnedBy(one, rollout)).sort(byName)
  const versions = ownedReplicaSets(objects).map((replicaSet): VersionView => {
    const hash = hashOf(replicaSet)
    const turn = turnOf(hash, rollout)
    const isOf = ({ metadata }: KubeObject): boolean => metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] === hash
    return {
      hash,
      revision: revisionOf(replicaSet),
      roles: rolesOf(hash, rollout),
      selectedBy: selectedBy(hash, rollout),
      ...(turn && { turn }),
      replicaSet,
      pods: objects.pods.filter(pod => isOwnedBy(pod, replicaSet)).sort(byName),
      analysisRuns: runs.filter(isOf),
      experiments: experiments.filter(isOf).map(one => makeExperimentView(one, objects)),
    }
  })
  return {
    name,
    namespace: main.metadata.namespace ?? '',
    ...(rollout === undefined ? {} : { rollout }),
    ...(deployment === undefined ? {} : { deployment }),
    versions: versions.sort((a, b) => b.revision - a.revision || byName(b.replicaSet, a.replicaSet)),
    services: objects.services
      .filter(one => one.metadata.labels?.[DEPLOYMENT_LABEL] === name)
      .sort(byName)
      .map(service => {
        const route = objects.routes.find(one => one.metadata.name === service.metadata.name)
        return route === undefined ? { service } : { service, route }
      }),
    analysisRuns: currentRuns(runs, rollout),
  }
}

const currentRuns = (runs: readonly AnalysisRun[], rollout: Rollout | undefined): readonly AnalysisRun[] => {
  const { currentBackgroundAnalysisRunStatus, currentStepAnalysisRunStatus } = rollout?.status?.canary ?? {}
  const { prePromotionAnalysisRunStatus, postPromotionAnalysisRunStatus } = rollout?.status?.blueGreen ?? {}
  const names = [
    currentBackgroundAnalysisRunStatus?.name,
    currentStepAnalysisRunStatus?.name,
    prePromotionAnalysisRunStatus?.name,
    postPromotionAnalysisRunStatus?.name,
  ]
  return runs.filter(one => names.includes(one.metadata.name))
}

/** A version is being tried, was stopped, or waits to be seen by the controller. */
export const isInProgress = ({ rollout, deployment }: Pick<RolloutView, 'rollout' | 'deployment'>): boolean => {
  const { stableRS, currentPodHash } = rollout?.status ?? {}
  return (deployment !== undefined && isHeld(deployment)) || (currentPodHash !== undefined && currentPodHash !== stableRS)
}
