/**
 * Reads the workload that a Rollout takes its template from. The cache of Deployments has no templates of those that never heard of
 * Sluice, so that one is asked for when it changed; a PodTemplate is not watched, and asked for with each look.
 */
import type { Deployment, KubeObject, LabelSelector, PodTemplate } from '../../api/kubernetes.ts'
import { PREFIX } from '../../api/names.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { WorkloadSeen } from '../../engine/rollout/seen.ts'
import { sourceOf } from '../../engine/rollout/workload.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { orAbsent } from '../../kube/errors.ts'
import { DEPLOYMENTS, POD_TEMPLATES } from '../../kube/resources.ts'
import type { Caches } from '../caches.ts'

/** After so long a PodTemplate is looked at again. */
export const POD_TEMPLATE_MS = 20_000

type Options = { readonly client: KubeClient; readonly caches: Pick<Caches, 'deployments' | 'replicaSets'> }

type Templated = { readonly template: PodTemplate; readonly selector?: LabelSelector; readonly replicas?: number }

const seenOf = ({ metadata }: KubeObject, { template, selector, replicas }: Templated): WorkloadSeen => {
  const { resourceVersion, annotations, generation = 0 } = metadata
  return {
    generation,
    template,
    ...(selector !== undefined && { selector }),
    ...(replicas !== undefined && { replicas }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    marks: Object.keys(annotations ?? {}).filter(key => key.startsWith(PREFIX)),
  }
}

export type WorkloadReader = (rollout: Rollout) => Promise<WorkloadSeen | undefined>

/** Nothing where it is not there, and for a kind that no template is taken from. Throws what the API server answers otherwise. */
export const makeWorkloadReader = ({ client, caches }: Options): WorkloadReader => {
  /** By the very object in the cache, which is another one after each change: what was read of one that is gone goes with it. */
  const whole = new WeakMap<Deployment, Deployment>()
  const get = <T extends KubeObject>(resource: Resource, namespace: string, name: string) =>
    orAbsent(client.get<T>(resource, { namespace, name }))

  const readDeployment = async (namespace: string, name: string): Promise<WorkloadSeen | undefined> => {
    const cached = caches.deployments.get(namespace, name)
    if (cached === undefined) return undefined
    const found = whole.get(cached) ?? (await get<Deployment>(DEPLOYMENTS, namespace, name))
    if (found === undefined) return undefined
    whole.set(cached, found)
    const { template, selector, replicas = 1 } = found.spec
    return seenOf(found, { template, selector, replicas })
  }

  return async ({ metadata: { namespace = '' }, spec }) => {
    const ref = spec.workloadRef
    switch (ref && sourceOf(ref)) {
      case 'deployments.apps':
        return readDeployment(namespace, ref?.name ?? '')
      case 'replicasets.apps': {
        const found = caches.replicaSets.get(namespace, ref?.name ?? '')
        return found && seenOf(found, { template: found.spec.template, selector: found.spec.selector })
      }
      case 'podtemplates': {
        const found = await get<KubeObject & { readonly template: PodTemplate }>(POD_TEMPLATES, namespace, ref?.name ?? '')
        return found && seenOf(found, { template: found.template })
      }
      default:
        return undefined
    }
  }
}
