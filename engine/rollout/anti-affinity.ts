/** antiAffinity of a strategy: pods of the newest version stay away from nodes with the stable one's; rules of Argo Rollouts. Pure. */
import type { JsonPatchOp } from '../../api/json-patch.ts'
import type { PodTemplate, ReplicaSet } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { isSame } from '../same.ts'
import type { RolloutContext } from './context.ts'
import { injectedIn, PREFERRED, REQUIRED, termFor, withAffinity, withoutAntiAffinity, withTerms } from './injected-affinity.ts'

/** The template of the newest version's ReplicaSet; as it is while nothing else is stable. */
export const withAntiAffinity = ({ rollout, versions }: RolloutContext, template: PodTemplate): PodTemplate => {
  const { canary, blueGreen } = rollout.spec.strategy
  const antiAffinity = (canary ?? blueGreen)?.antiAffinity
  const hash = versions.stable?.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH]
  if (antiAffinity === undefined || hash === undefined || versions.stable === versions.current) return template
  const { [PREFERRED]: preferred, [REQUIRED]: required } = antiAffinity
  const affinity = withTerms(
    template.spec['affinity'],
    preferred === undefined ? [] : [{ weight: preferred.weight, podAffinityTerm: termFor(hash) }],
    required === undefined ? [] : [termFor(hash)],
  )
  return withAffinity(template, affinity)
}

/** Brings the terms of the newest version's ReplicaSet in line for the pods that it makes from now on; those that are there stay. */
export const refreshAntiAffinity = (context: RolloutContext, { spec }: ReplicaSet): readonly JsonPatchOp[] => {
  const before = spec.template.spec['affinity']
  const after = withAntiAffinity(context, withoutAntiAffinity(spec.template)).spec['affinity']
  if (isSame(injectedIn(before), injectedIn(after))) return []
  const path = '/spec/template/spec/affinity'
  return after === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value: after }]
}
