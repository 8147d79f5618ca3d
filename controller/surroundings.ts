/**
 * Reads what lies around a Deployment's pods (NetworkPolicies, the namespace's marks, Istio's PeerAuthentications, other Rollouts)
 * when a Service is about to be entered. Not watched: it is needed for a moment once an update, and a cluster has many of them.
 */
import type { KubeObject, Pod } from '../api/kubernetes.ts'
import { listensOn } from '../api/listens-on.ts'
import { isPodReady } from '../api/pod-ready.ts'
import { ISTIO_NAMESPACE } from '../engine/preflight/mesh.ts'
import type { NamespaceSeen, NetworkPolicy, PeerAuthentication, Surroundings } from '../engine/preflight/surroundings.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { isApiError, isNotFound } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import { NAMESPACES, NETWORK_POLICIES, PEER_AUTHENTICATIONS } from '../kube/resources.ts'
import type { Caches } from './caches.ts'

export type SurroundingsOptions = {
  readonly client: KubeClient
  readonly caches: Pick<Caches, 'rollouts' | 'routerPods'>
  readonly clock: Clock
  readonly log: Logger
  /** Where the routers run. */
  readonly systemNamespace: string
}

/** What was read so long ago is used again: several Deployments of a namespace are often updated at once. */
const FRESH_MS = 3_000
/** Of an update that is not asked about for so long it is forgotten when that began. */
const FORGET_MS = 60_000

type Reading = Pick<Surroundings, 'policies' | 'namespaces' | 'peerAuthentications'>

type Asked = { readonly generation: number; readonly since: number; readonly last: number }

/**
 * Makes the function that answers for the update of a Deployment or a Rollout. What it answers was read after it was first asked about that
 * update, so that a policy that was there before the update is never missed. Rejects when the API server is away.
 */
export const makeSurroundings = (
  options: SurroundingsOptions,
): ((deployment: Pick<KubeObject, 'metadata'>) => Promise<Surroundings>) => {
  const { caches, clock, systemNamespace } = options
  const readings = new Map<string, { readonly at: number; readonly reading: Promise<Reading> }>()
  const asked = new Map<string, Asked>()

  /** When this update was first asked about. */
  const sinceOf = ({ metadata: { namespace, name, generation = 0 } }: Pick<KubeObject, 'metadata'>): number => {
    const now = clock.now()
    for (const [key, { last }] of asked) if (now - last >= FORGET_MS) asked.delete(key)
    const key = `${namespace}/${name}`
    const before = asked.get(key)
    const since = before?.generation === generation ? before.since : now
    asked.set(key, { generation, since, last: now })
    return since
  }

  const read = (namespace: string, since: number): Promise<Reading> => {
    const now = clock.now()
    for (const [key, { at }] of readings) if (now - at >= FRESH_MS) readings.delete(key)
    const known = readings.get(namespace)
    if (known !== undefined && known.at >= since) return known.reading
    const reading = readAll(options, namespace)
    readings.set(namespace, { at: now, reading })
    // One that failed is not kept; whoever waits for it is told.
    reading.catch(() => readings.delete(namespace))
    return reading
  }

  return async deployment => {
    const { namespace = '', name } = deployment.metadata
    return {
      ...(await read(namespace, sinceOf(deployment))),
      systemNamespace,
      routers: routersOf(caches.routerPods.list()),
      rivals: caches.rollouts
        .list()
        .filter(({ metadata, spec }) => {
          const { kind, name: target } = spec.workloadRef ?? {}
          return metadata.namespace === namespace && metadata.name !== name && kind === 'Deployment' && target === name
        })
        .map(({ metadata }) => metadata.name),
    }
  }
}

const routersOf = (pods: readonly Pod[]): Surroundings['routers'] => {
  const ready = pods.filter(isPodReady)
  const [first, ...others] = ready.map(({ metadata }) => metadata.labels ?? {})
  const shared = Object.entries(first ?? {}).filter(([key, value]) => others.every(labels => labels[key] === value))
  return { labels: Object.fromEntries(shared), addresses: ready.flatMap(listensOn) }
}

const readAll = async (options: SurroundingsOptions, namespace: string): Promise<Reading> => {
  const { systemNamespace } = options
  const names = [...new Set([namespace, systemNamespace])]
  const [policies, marks, peerAuthentications] = await Promise.all([
    Promise.all(names.map(one => listOf<NetworkPolicy>(options, NETWORK_POLICIES, one))),
    Promise.all(names.map(async one => [one, await namespaceOf(options, one)] as const)),
    Promise.all(
      [...new Set([namespace, ISTIO_NAMESPACE])].map(one => listOf<PeerAuthentication>(options, PEER_AUTHENTICATIONS, one)),
    ),
  ])
  return { policies: policies.flat(), namespaces: Object.fromEntries(marks), peerAuthentications: peerAuthentications.flat() }
}

/** Not served, or not there: nothing is in the way. Not allowed: as before anybody could look, and the log says so. */
const orNothing = async <T>({ log }: SurroundingsOptions, what: string, reading: Promise<T>, nothing: T): Promise<T> => {
  try {
    return await reading
  } catch (error) {
    if (isNotFound(error)) return nothing
    if (!(isApiError(error) && error.status === 403)) throw error
    log.warn('the controller may not read what could be in the way of routers', { what, error: error.message })
    return nothing
  }
}

const listOf = <T extends KubeObject>(options: SurroundingsOptions, resource: Resource, namespace: string) =>
  orNothing<readonly T[]>(
    options,
    `${resource.plural} of ${namespace}`,
    options.client.list<T>(resource, { namespace }).then(({ items }) => items),
    [],
  )

const namespaceOf = (options: SurroundingsOptions, name: string): Promise<NamespaceSeen> =>
  orNothing<NamespaceSeen>(
    options,
    `namespace ${name}`,
    options.client.get(NAMESPACES, { name }).then(({ metadata: { labels = {}, annotations = {} } }) => ({ labels, annotations })),
    {},
  )
