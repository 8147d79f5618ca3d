/** What Sluice left on objects of others, and objects of its own in other namespaces; taken away once nothing is in an update. */
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import type { Deployment, EndpointSlice, KubeObject, ReplicaSet, Service } from '../../api/kubernetes.ts'
import {
  BYPASS,
  DEPLOYMENT_LABEL,
  FRONTED_SERVICE_LABEL,
  INTERNAL_ANNOTATIONS,
  MANAGED_BY_SLICE,
  ROLLOUTS_POD_TEMPLATE_HASH,
  SAVED_SELECTOR,
  SLUICE_SLICE_CONTROLLER,
  STABLE_TEMPLATE,
  VERSION_HASH_LABEL,
} from '../../api/names.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { Route } from '../../api/route.ts'
import { attachOps, skipMirrorOps } from '../../api/service-mode.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { isNotFound } from '../../kube/errors.ts'
import { DEPLOYMENTS, ENDPOINT_SLICES, REPLICA_SETS, ROLLOUTS, ROUTES, SERVICES } from '../../kube/resources.ts'
import { readList } from '../../view/read-objects.ts'
import { bypassOps } from '../eject/bypass.ts'

const refOf = ({ metadata: { namespace = '', name } }: KubeObject) => ({ namespace, name })

const orGone = async (write: Promise<unknown>): Promise<void> => {
  try {
    await write
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Rests on what was read: a conflict makes the whole round be done again. */
const patchAll = async <T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  objects: readonly T[],
  opsOf: (object: T) => readonly JsonPatchOp[],
): Promise<number> => {
  let written = 0
  for (const object of objects) {
    const ops = opsOf(object)
    if (ops.length === 0) continue
    const test: JsonPatchOp = { op: 'test', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion }
    await orGone(client.patch(resource, refOf(object), 'json', [test, ...ops]))
    written += 1
  }
  return written
}

const removeAll = async (client: KubeClient, resource: Resource, objects: readonly KubeObject[]): Promise<number> => {
  for (const object of objects) await orGone(client.delete(resource, refOf(object), { propagation: 'Background' }))
  return objects.length
}

const isOwnedBy = (object: KubeObject, kind: string): boolean =>
  (object.metadata.ownerReferences ?? []).some(owner => owner.kind === kind)

/** The native controller copies a Deployment's annotations to its newest ReplicaSet, and never takes one away there. */
const unmarkReplicaSet = ({ metadata }: ReplicaSet): readonly JsonPatchOp[] => {
  const { labels, ownerReferences = [] } = metadata
  const at = ownerReferences.findIndex(({ kind, apiVersion }) => kind === 'Rollout' && apiVersion.startsWith('argoproj.io/'))
  return [
    ...(labels?.[ROLLOUTS_POD_TEMPLATE_HASH] === undefined
      ? []
      : [{ op: 'remove' as const, path: pointer('metadata', 'labels', ROLLOUTS_POD_TEMPLATE_HASH) }]),
    ...(at < 0 ? [] : [{ op: 'remove' as const, path: pointer('metadata', 'ownerReferences', at) }]),
    ...removeAnnotations({ metadata }, [...INTERNAL_ANNOTATIONS, BYPASS]),
  ]
}

const removeAnnotations = ({ metadata }: Pick<KubeObject, 'metadata'>, keys: readonly string[]): readonly JsonPatchOp[] =>
  keys
    .filter(key => metadata.annotations?.[key] !== undefined)
    .map(key => ({ op: 'remove', path: pointer('metadata', 'annotations', key) }))

/** The bypass too: an ejection that broke off left it, and without Sluice it means nothing. */
const removeNotes = (deployment: Deployment): readonly JsonPatchOp[] => removeAnnotations(deployment, [STABLE_TEMPLATE, BYPASS])

/** Also a Service whose Deployment is gone, and that nobody gave its selector back to. */
const unmarkService = (service: Service): readonly JsonPatchOp[] => {
  const label = service.metadata.labels?.[DEPLOYMENT_LABEL]
  const detached = service.metadata.annotations?.[SAVED_SELECTOR] !== undefined
  return [
    ...(label === undefined ? [] : [{ op: 'remove' as const, path: pointer('metadata', 'labels', DEPLOYMENT_LABEL) }]),
    ...bypassOps(service, false),
    ...(detached ? [...attachOps(service), ...skipMirrorOps(service, false)] : []),
  ]
}

/** Only what the Deployment door made: a Rollout that a user wrote has no Deployment for an owner. */
const isMadeBySluice = (rollout: Rollout): boolean => isOwnedBy(rollout, 'Deployment')

/** Answers how many objects it wrote or removed. */
export const removeMarks = async (client: KubeClient): Promise<number> => {
  const services = await readList<Service>(client, SERVICES, {})
  const isPrivate = ({ metadata }: Service): boolean =>
    metadata.labels?.[FRONTED_SERVICE_LABEL] !== undefined && metadata.labels[VERSION_HASH_LABEL] !== undefined
  const [deployments, replicaSets, rollouts, routes, slices] = [
    await readList<Deployment>(client, DEPLOYMENTS, {}),
    await readList<ReplicaSet>(client, REPLICA_SETS, {}),
    await readList<Rollout>(client, ROLLOUTS, {}),
    await readList<Route>(client, ROUTES, {}),
    await readList<EndpointSlice>(client, ENDPOINT_SLICES, { labelSelector: `${MANAGED_BY_SLICE}=${SLUICE_SLICE_CONTROLLER}` }),
  ]
  const attached = await patchAll(
    client,
    SERVICES,
    services.filter(one => !isPrivate(one)),
    unmarkService,
  )
  return (
    attached +
    // The Routes first: while they are there the routers write the slices again.
    (await removeAll(client, ROUTES, routes)) +
    (await removeAll(client, ENDPOINT_SLICES, slices)) +
    (await removeAll(client, SERVICES, services.filter(isPrivate))) +
    // Before their ReplicaSets, which get copies of what is on them.
    (await patchAll(client, DEPLOYMENTS, deployments, removeNotes)) +
    (await patchAll(
      client,
      REPLICA_SETS,
      replicaSets.filter(one => isOwnedBy(one, 'Deployment')),
      unmarkReplicaSet,
    )) +
    (await removeAll(client, ROLLOUTS, rollouts.filter(isMadeBySluice)))
  )
}
