/** The scenario of a Rollout that a manifest has, with what the other manifests say of what it names. */
import type { AnalysisTemplate } from '../api/analysis-run.ts'
import type { KubeObject, LabelSelector, PodTemplate } from '../api/kubernetes.ts'
import { PREFIX } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import type { WorkloadSeen } from '../engine/rollout/seen.ts'
import type { RolloutScenario } from '../engine/simulate/rollout/simulate.ts'
import { servicesOf } from '../traffic/named-services.ts'
import { TRAFFIC_PROVIDERS } from '../traffic/registry.ts'

type Objects = readonly KubeObject[]

type Named = { readonly templateName: string; readonly clusterScope?: boolean }

/** Of a template that is in none of the manifests: it may be in the cluster, and what it measures changes nothing here. */
const assumed = (kind: string, name: string, namespace: string | undefined): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name, ...(kind === 'AnalysisTemplate' && namespace && { namespace }) },
  spec: { metrics: [] },
})

const templatesNamed = ({ spec }: Rollout): readonly Named[] => {
  const { canary, blueGreen } = spec.strategy
  const analyses = [
    canary?.analysis,
    ...(canary?.steps ?? []).map(({ analysis }) => analysis),
    blueGreen?.prePromotionAnalysis,
    blueGreen?.postPromotionAnalysis,
  ]
  return analyses.flatMap(analysis => (analysis?.templates ?? []) as readonly Named[])
}

const templatesOf = (objects: Objects, rollout: Rollout, kind: 'AnalysisTemplate' | 'ClusterAnalysisTemplate') => {
  const { namespace } = rollout.metadata
  const isCluster = kind === 'ClusterAnalysisTemplate'
  const given = objects.filter(one => one.kind === kind) as unknown as readonly AnalysisTemplate[]
  const there = given.map(one => ({ ...one, metadata: { ...one.metadata, ...(!isCluster && namespace && { namespace }) } }))
  const missing = templatesNamed(rollout)
    .filter(({ clusterScope = false }) => clusterScope === isCluster)
    .filter(({ templateName }) => !there.some(({ metadata }) => metadata.name === templateName))
  return [...there, ...missing.map(({ templateName }) => assumed(kind, templateName, namespace))]
}

type Templated = KubeObject & {
  readonly template?: PodTemplate
  readonly spec?: { readonly template?: PodTemplate; readonly selector?: LabelSelector; readonly replicas?: number }
}

/** Undefined where the manifests do not have it, which the planner then says. */
const workloadOf = (objects: Objects, { spec }: Rollout): WorkloadSeen | undefined => {
  const { kind, name } = spec.workloadRef ?? {}
  const found = objects.find(one => one.kind === kind && one.metadata.name === name) as Templated | undefined
  const template = found?.spec?.template ?? found?.template
  if (found === undefined || template === undefined) return undefined
  const { selector, replicas = 1 } = found.spec ?? {}
  return {
    generation: 1,
    template,
    ...(selector && { selector }),
    ...(kind === 'Deployment' && { replicas }),
    marks: Object.keys(found.metadata.annotations ?? {}).filter(key => key.startsWith(PREFIX)),
  }
}

/** `objects`: all of the manifests. */
export const rolloutScenario = (
  rollout: Rollout,
  objects: Objects,
  more: Pick<RolloutScenario, 'podReadyMs' | 'failAt'>,
): RolloutScenario => ({
  rollout,
  workload: workloadOf(objects, rollout),
  services: servicesOf(rollout),
  templates: templatesOf(objects, rollout, 'AnalysisTemplate'),
  clusterTemplates: templatesOf(objects, rollout, 'ClusterAnalysisTemplate'),
  providers: TRAFFIC_PROVIDERS,
  ...more,
})
