/** The ReplicaSet and the Service of an Experiment's template: names, labels and annotations as Argo Rollouts has them. Pure. */
import type { KubeObject, Labels, PodTemplate, ReplicaSet, Service, ServicePort } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import { ownerOf } from '../make-rollout.ts'
import { EXPERIMENT_NAME, TEMPLATE_NAME } from '../rollout/names.ts'
import type { ExperimentContext, TemplateSpec } from './context.ts'

const withoutHash = (template: PodTemplate): PodTemplate => {
  const { [ROLLOUTS_POD_TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

/**
 * Of the template without the hash of the version that it may come from. Where both would be the same, the Services of that version would
 * lead to the pods of the experiment too, so then it is salted.
 */
const hashOf = (template: PodTemplate): string => {
  const bare = withoutHash(template)
  const hash = argoPodTemplateHash(bare)
  return hash === template.metadata?.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] ? argoPodTemplateHash(bare, 1) : hash
}

const owned = ({ seen, experiment }: ExperimentContext, template: TemplateSpec, name: string): KubeObject['metadata'] => ({
  name,
  namespace: seen.namespace,
  annotations: { [EXPERIMENT_NAME]: seen.name, [TEMPLATE_NAME]: template.name },
  ownerReferences: [ownerOf({ ...experiment, apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment' }, true)],
})

export const replicaSetName = ({ seen }: ExperimentContext, template: TemplateSpec): string => `${seen.name}-${template.name}`

export const makeReplicaSet = (context: ExperimentContext, template: TemplateSpec, replicas: number): ReplicaSet => {
  const pods = template.template as PodTemplate
  const hash: Labels = { [ROLLOUTS_POD_TEMPLATE_HASH]: hashOf(pods) }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { ...owned(context, template, replicaSetName(context, template)), labels: hash },
    spec: {
      replicas,
      ...(template.minReadySeconds !== undefined && { minReadySeconds: template.minReadySeconds }),
      selector: { ...template.selector, matchLabels: { ...template.selector.matchLabels, ...hash } },
      template: { ...pods, metadata: { ...pods.metadata, labels: { ...pods.metadata?.labels, ...hash } } },
    },
  }
}

/** Several ports of one Service need names; where a container gives none, it is made of the number. */
const portsOf = ({ spec }: ReplicaSet): readonly ServicePort[] => {
  const ports = spec.template.spec.containers.flatMap(container => container.ports ?? [])
  return ports.map(({ name, containerPort, protocol }) => ({
    ...(name !== undefined && name !== '' ? { name } : ports.length > 1 ? { name: `port-${containerPort}` } : {}),
    port: containerPort,
    targetPort: containerPort,
    ...(protocol !== undefined && { protocol }),
  }))
}

/** Nothing when none is asked for, or when no container says a port. */
export const makeService = (context: ExperimentContext, template: TemplateSpec, replicaSet: ReplicaSet): Service | undefined => {
  const ports = portsOf(replicaSet)
  if (template.service === undefined || ports.length === 0) return undefined
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: owned(context, template, template.service.name || replicaSet.metadata.name),
    spec: { selector: { ...replicaSet.metadata.labels }, ports },
  }
}
