/** Reads the caches into what the planner of Rollouts decides from. No writes, no clock. */
import type { Rollout } from '../../api/rollout.ts'
import type { AnalysisSeen } from '../../engine/rollout/analysis/seen.ts'
import type { PluginsSeen } from '../../engine/rollout/plugin/call.ts'
import type { RolloutSeen, WorkloadSeen } from '../../engine/rollout/seen.ts'
import type { TrafficSeen } from '../../engine/rollout/traffic/provider.ts'
import { BY_CONTROLLER_UID, BY_MANAGER, BY_NAMESPACE, BY_SERVICE, type Caches } from '../caches.ts'
import { TEMPLATE_PROBLEMS } from '../gather.ts'
import { servicesOf } from './select.ts'

const MANAGER = 'endpointslice.kubernetes.io/managed-by'
const NATIVE = 'endpointslice-controller.k8s.io'

/** Nothing where the native controller has made no slice of the Service: then nothing can be told from them. */
const readyPods = (caches: Caches, namespace: string, service: string | undefined): readonly string[] | undefined => {
  const slices = caches.slices
    .by(BY_SERVICE, `${namespace}/${service}`)
    .filter(({ metadata }) => metadata.labels?.[MANAGER] === NATIVE)
  if (service === undefined || slices.length === 0) return undefined
  const ready = slices.flatMap(({ endpoints }) => (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false))
  return [...new Set(ready.flatMap(({ targetRef }) => targetRef?.name ?? []))]
}

const gatherAnalyses = (caches: Caches, namespace: string, uid: string): AnalysisSeen => ({
  runs: caches.analysisRuns.by(BY_CONTROLLER_UID, uid),
  templates: caches.analysisTemplates.by(BY_NAMESPACE, namespace),
  clusterTemplates: caches.clusterAnalysisTemplates.list(),
  problems: TEMPLATE_PROBLEMS,
})

/** What does not come from the caches. */
export type Gathered = {
  readonly workload: WorkloadSeen | undefined
  readonly stepPlugins: PluginsSeen
  readonly traffic: TrafficSeen | undefined
}

export const gatherRollout = (caches: Caches, rollout: Rollout, { workload, stepPlugins, traffic }: Gathered): RolloutSeen => {
  const { namespace = '', name, uid = '' } = rollout.metadata
  const replicaSets = caches.replicaSets.by(BY_CONTROLLER_UID, uid)
  const named = servicesOf(rollout)
  const formerServices = caches.services
    .by(BY_MANAGER, `${namespace}/${name}`)
    .filter(({ metadata }) => !named.includes(metadata.name))
  const activeEndpoints = readyPods(caches, namespace, rollout.spec.strategy.blueGreen?.activeService)
  return {
    namespace,
    name,
    rollout,
    ...(workload && { workload }),
    replicaSets,
    pods: replicaSets.flatMap(({ metadata }) => caches.pods.by(BY_CONTROLLER_UID, metadata.uid ?? '')),
    services: named.flatMap(service => caches.services.get(namespace, service) ?? []),
    ...(formerServices.length > 0 && { formerServices }),
    ...(activeEndpoints && { activeEndpoints }),
    analyses: gatherAnalyses(caches, namespace, uid),
    experiments: caches.experiments.by(BY_CONTROLLER_UID, uid),
    stepPlugins,
    ...(traffic && { traffic }),
  }
}
