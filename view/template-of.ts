/** Pod templates of ReplicaSets. */
import type { PodTemplate, ReplicaSet } from '../api/kubernetes.ts'
import { POD_TEMPLATE_HASH, ROLLOUTS_POD_TEMPLATE_HASH } from '../api/names.ts'

/** The template as its owner had it: without the hashes that the ReplicaSet's own carries. */
export const templateOf = ({ spec }: ReplicaSet): PodTemplate => {
  const { [POD_TEMPLATE_HASH]: _, [ROLLOUTS_POD_TEMPLATE_HASH]: __, ...labels } = spec.template.metadata?.labels ?? {}
  return { ...spec.template, metadata: { ...spec.template.metadata, labels } }
}
