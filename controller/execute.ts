/** Carries out intents, one function a kind; the compiler sees to it that none is missing. */
import type { KubeObject } from '../api/kubernetes.ts'
import type { Intent, IntentKind } from '../engine/intents.ts'
import type { ProbeSeen } from '../engine/seen.ts'
import type { KubeClient, ObjectRef, PatchType, Resource } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import type { EventRecorder } from '../kube/events.ts'
import * as resources from '../kube/resources.ts'
import { mergePatchBetween } from './merge-patch.ts'
import { type ProbeTarget, probe } from './probe.ts'

export type Executor = {
  readonly client: KubeClient
  readonly namespace: string
  readonly name: string
  /** The object that events are about: the Deployment while there is one. */
  readonly about: KubeObject | undefined
  readonly events: EventRecorder
  /** The Rollout as it was seen; absent when it has still to be made. */
  readonly rollout: KubeObject | undefined
  /** Called with each object as the server answered the write. */
  readonly wrote: (object: KubeObject) => void
  /** Cluster address of a Service, for probes. */
  readonly target: (service: string) => ProbeTarget | undefined
  readonly probed: (service: string, seen: ProbeSeen) => void
}

export type { ProbeTarget }

type Execute<K extends IntentKind> = (intent: Extract<Intent, { readonly kind: K }>, to: Executor) => Promise<void>

const create = async (to: Executor, resource: Resource, object: KubeObject) => to.wrote(await to.client.create(resource, object))

type Patch = {
  readonly resource: Resource
  readonly name: string
  readonly type: PatchType
  readonly body: unknown
  readonly subresource?: 'status'
}

const patch = async (to: Executor, { resource, name, type, body, subresource }: Patch) =>
  to.wrote(await to.client.patch(resource, refTo(to, name), type, body, subresource))

const remove = (to: Executor, resource: Resource, name: string, uid: string) =>
  to.client.delete(resource, refTo(to, name), { uid })

const refTo = (to: Executor, name: string): ObjectRef => ({ namespace: to.namespace, name })

/** Removing what is gone already is done. */
const removed = async (removing: Promise<void>): Promise<void> => {
  try {
    await removing
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}

const executors = {
  applyRollout: async ({ rollout }, to) => {
    if (to.rollout === undefined) return create(to, resources.ROLLOUTS, rollout)
    const { labels, annotations, ownerReferences } = rollout.metadata
    const body = { metadata: { labels, annotations, ownerReferences }, spec: mergePatchBetween(specOf(to.rollout), rollout.spec) }
    return patch(to, { resource: resources.ROLLOUTS, name: to.name, type: 'merge', body })
  },
  deleteRollout: ({ name, uid }, to) => removed(remove(to, resources.ROLLOUTS, name, uid)),
  createReplicaSet: ({ replicaSet }, to) => create(to, resources.REPLICA_SETS, replicaSet),
  patchReplicaSet: (intent, to) =>
    patch(to, { resource: resources.REPLICA_SETS, name: intent.name, type: 'json', body: intent.patch }),
  scale: ({ replicaSet, to: replicas }, to) =>
    patch(to, { resource: resources.REPLICA_SETS, name: replicaSet, type: 'merge', body: { spec: { replicas } } }),
  deleteReplicaSet: ({ name, uid }, to) => removed(remove(to, resources.REPLICA_SETS, name, uid)),
  createService: ({ service }, to) => create(to, resources.SERVICES, service),
  deleteService: ({ name, uid }, to) => removed(remove(to, resources.SERVICES, name, uid)),
  patchService: (intent, to) => patch(to, { resource: resources.SERVICES, name: intent.name, type: 'json', body: intent.patch }),
  createRoute: ({ route }, to) => create(to, resources.ROUTES, route),
  updateRoute: ({ name, resourceVersion, spec }, to) =>
    // Whole lists are replaced by a merge patch, and an optional field that is not wanted any more has to be named.
    patch(to, {
      resource: resources.ROUTES,
      name,
      type: 'merge',
      body: {
        metadata: { resourceVersion },
        spec: { headerRoutes: null, mirrorRoutes: null, sticky: null, affinity: null, passThrough: null, ...spec },
      },
    }),
  setRouteStatus: ({ name, status }, to) =>
    patch(to, {
      resource: resources.ROUTES,
      name,
      type: 'merge',
      body: { status: { message: null, ...status } },
      subresource: 'status',
    }),
  deleteRoute: ({ name, uid }, to) => removed(remove(to, resources.ROUTES, name, uid)),
  deleteSlice: ({ name, uid }, to) => removed(remove(to, resources.ENDPOINT_SLICES, name, uid)),
  probe: async ({ service, routeVersion, step, count }, to) => {
    const target = to.target(service)
    const answeredByRouter = target === undefined ? 0 : await probe(target, count)
    to.probed(service, { routeVersion, step, asked: count, answeredByRouter })
  },
  createAnalysisRun: ({ run }, to) => create(to, resources.ANALYSIS_RUNS, run),
  terminateAnalysisRun: ({ name }, to) =>
    patch(to, { resource: resources.ANALYSIS_RUNS, name, type: 'merge', body: { spec: { terminate: true } } }),
  deleteAnalysisRun: ({ name, uid }, to) => removed(remove(to, resources.ANALYSIS_RUNS, name, uid)),
  patchDeployment: (intent, to) =>
    patch(to, { resource: resources.DEPLOYMENTS, name: to.name, type: 'json', body: intent.patch }),
  setDeploymentCondition: ({ condition }, to) =>
    // Strategic, so that the one condition is merged by its type and the native controller's own are left alone.
    patch(to, {
      resource: resources.DEPLOYMENTS,
      name: to.name,
      type: 'strategic',
      body: { status: { conditions: [condition] } },
      subresource: 'status',
    }),
  event: async ({ type, reason, message }, to) => {
    if (to.about !== undefined) to.events.record(to.about, { type, reason, message })
  },
} satisfies { readonly [K in IntentKind]: Execute<K> }

const specOf = (object: KubeObject): unknown => ('spec' in object ? object.spec : {})

/** Carries out one intent; throws what the API server refused. */
export const execute = (intent: Intent, to: Executor): Promise<void> => {
  // The table is complete by its type; which entry fits this intent is beyond what the compiler follows.
  const run = executors[intent.kind] as Execute<IntentKind>
  return run(intent, to)
}
