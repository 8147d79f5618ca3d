/** Reads what lies around a Deployment's pods for `sluice check`; what its user may not read is said, and left out. */
import type { KubeObject, LabelSelector, Pod } from '../api/kubernetes.ts'
import { listensOn } from '../api/listens-on.ts'
import type { Rollout } from '../api/rollout.ts'
import { ISTIO_NAMESPACE } from '../engine/preflight/mesh.ts'
import type { NamespaceSeen, NetworkPolicy, PeerAuthentication, Surroundings } from '../engine/preflight/surroundings.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { isApiError } from '../kube/errors.ts'
import { NAMESPACES, NETWORK_POLICIES, PEER_AUTHENTICATIONS, ROLLOUTS } from '../kube/resources.ts'
import { readList, readObject } from '../view/read-objects.ts'

export type Autoscaler = KubeObject & {
  readonly spec?: {
    readonly scaleTargetRef?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string }
    readonly minReplicas?: number
    readonly maxReplicas?: number
  }
}

export type Budget = KubeObject & {
  readonly spec?: {
    readonly selector?: LabelSelector
    readonly minAvailable?: number | string
    readonly maxUnavailable?: number | string
  }
}

export type AroundDeployment = {
  readonly surroundings: Surroundings
  /** Of the namespace. */
  readonly autoscalers: readonly Autoscaler[]
  readonly budgets: readonly Budget[]
  /** Kinds that the user may not read. */
  readonly unread: readonly string[]
}

const AUTOSCALERS: Resource = {
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
}
const BUDGETS: Resource = {
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
}

export type AroundOptions = {
  readonly namespace: string
  /** The Deployment. */
  readonly name: string
  readonly systemNamespace: string
  readonly routers: readonly Pod[]
}

export const readAround = async (
  client: KubeClient,
  { namespace, name, systemNamespace, routers }: AroundOptions,
): Promise<AroundDeployment> => {
  const unread = new Set<string>()
  const orUnread = async <T>(what: string, reading: Promise<T>, nothing: T): Promise<T> => {
    try {
      return await reading
    } catch (error) {
      if (!(isApiError(error) && error.status === 403)) throw error
      unread.add(what)
      return nothing
    }
  }
  const list = <T extends KubeObject>(resource: Resource, from: string) =>
    orUnread<readonly T[]>(resource.plural, readList<T>(client, resource, { namespace: from }), [])
  const marksOf = async (one: string): Promise<readonly [string, NamespaceSeen]> => {
    const found = await orUnread('namespaces', readObject(client, NAMESPACES, '', one), undefined)
    const { labels = {}, annotations = {} } = found?.metadata ?? {}
    return [one, { labels, annotations }]
  }
  const both = [...new Set([namespace, systemNamespace])]
  const [policies, marks, peerAuthentications, rollouts, autoscalers, budgets] = await Promise.all([
    Promise.all(both.map(one => list<NetworkPolicy>(NETWORK_POLICIES, one))),
    Promise.all(both.map(marksOf)),
    Promise.all([...new Set([namespace, ISTIO_NAMESPACE])].map(one => list<PeerAuthentication>(PEER_AUTHENTICATIONS, one))),
    list<Rollout>(ROLLOUTS, namespace),
    list<Autoscaler>(AUTOSCALERS, namespace),
    list<Budget>(BUDGETS, namespace),
  ])
  const rivals = rollouts
    .filter(({ metadata, spec }) => {
      const { kind, name: target } = spec.workloadRef ?? {}
      return metadata.name !== name && kind === 'Deployment' && target === name
    })
    .map(({ metadata }) => metadata.name)
  return {
    surroundings: {
      systemNamespace,
      policies: policies.flat(),
      namespaces: Object.fromEntries(marks),
      peerAuthentications: peerAuthentications.flat(),
      routers: {
        labels: routers[0]?.metadata.labels ?? {},
        addresses: routers.flatMap(listensOn),
      },
      rivals,
    },
    autoscalers,
    budgets,
    unread: [...unread],
  }
}
