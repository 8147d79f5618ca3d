/** ReplicaSets of the Deployment, as the native controller makes them, and the marks that Sluice puts on their metadata. */
import { type JsonPatchOp, pointer } from '../api/json-patch.ts'
import type { OwnerReference, ReplicaSet } from '../api/kubernetes.ts'
import { DESIRED_REPLICAS, POD_TEMPLATE_HASH, ROLLOUTS_POD_TEMPLATE_HASH } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Context } from './context.ts'
import { ownerOf } from './make-rollout.ts'
import { hashOf, type Version } from './versions.ts'
import { NOTHING, type Part } from './waiting.ts'

const rolloutOwner = (rollout: Rollout): OwnerReference =>
  ownerOf({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: rollout.metadata }, false)

/**
 * The ReplicaSet of a version: the Deployment's template plus pod-template-hash and nothing else, or the native controller would not
 * recognise it as its own (EqualIgnoreHash). The Rollout and `rollouts-pod-template-hash` stand in its own metadata only.
 */
export const makeReplicaSet = ({ deployment, seen, rollout }: Context, version: Version, replicas: number): ReplicaSet => {
  const { template, selector, minReadySeconds } = deployment.spec
  const labels = { ...template.metadata?.labels, [POD_TEMPLATE_HASH]: version.hash }
  const owner = ownerOf({ ...deployment, apiVersion: 'apps/v1', kind: 'Deployment' }, true)
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: version.name,
      namespace: seen.namespace,
      labels: { ...labels, [ROLLOUTS_POD_TEMPLATE_HASH]: version.hash },
      ownerReferences: rollout ? [owner, rolloutOwner(rollout)] : [owner],
    },
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && minReadySeconds > 0 && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [POD_TEMPLATE_HASH]: version.hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

const ownerOps = (replicaSet: ReplicaSet, rollout: Rollout): JsonPatchOp[] => {
  const owners = replicaSet.metadata.ownerReferences ?? []
  const at = owners.findIndex(({ kind, name }) => kind === 'Rollout' && name === rollout.metadata.name)
  if (at >= 0 && owners[at]?.uid === rollout.metadata.uid) return []
  const value = rolloutOwner(rollout)
  if (at >= 0) return [{ op: 'replace', path: pointer('metadata', 'ownerReferences', at), value }]
  return [{ op: 'add', path: '/metadata/ownerReferences/-', value }]
}

const markOps = (replicaSet: ReplicaSet, rollout: Rollout): JsonPatchOp[] => {
  const hash = hashOf(replicaSet)
  const label: JsonPatchOp[] =
    replicaSet.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] === hash
      ? []
      : [{ op: 'add', path: pointer('metadata', 'labels', ROLLOUTS_POD_TEMPLATE_HASH), value: hash }]
  return [...label, ...ownerOps(replicaSet, rollout)]
}

const patchOf = (replicaSet: ReplicaSet, patch: readonly JsonPatchOp[], why: string): Part =>
  patch.length === 0 ? NOTHING : { intents: [{ kind: 'patchReplicaSet', name: replicaSet.metadata.name, patch, why }], waits: [] }

/** `kubectl argo rollouts` finds ReplicaSets by any owner and tells stable from canary by this label. */
export const markReplicaSet = (replicaSet: ReplicaSet | undefined, rollout: Rollout | undefined): Part =>
  replicaSet && rollout?.metadata.uid
    ? patchOf(replicaSet, markOps(replicaSet, rollout), 'shown as part of the Rollout by kubectl argo rollouts')
    : NOTHING

/** Takes the marks off again, when the Deployment opted out. */
export const unmarkReplicaSet = (replicaSet: ReplicaSet): Part => {
  const { labels, ownerReferences = [] } = replicaSet.metadata
  const at = ownerReferences.findIndex(({ kind, apiVersion }) => kind === 'Rollout' && apiVersion.startsWith('argoproj.io/'))
  const patch: JsonPatchOp[] = [
    ...(labels?.[ROLLOUTS_POD_TEMPLATE_HASH] === undefined
      ? []
      : [{ op: 'remove' as const, path: pointer('metadata', 'labels', ROLLOUTS_POD_TEMPLATE_HASH) }]),
    ...(at < 0 ? [] : [{ op: 'remove' as const, path: pointer('metadata', 'ownerReferences', at) }]),
  ]
  return patchOf(replicaSet, patch, 'no Rollout manages it any more')
}

/**
 * Takes the annotation away by which the native controller tells that a ReplicaSet is saturated and then scales all others to 0
 * (IsSaturated; the case bites when the newest template is one that native code scaled before, e.g. a revert in mid-update).
 */
export const disarmReplicaSet = (replicaSet: ReplicaSet): Part =>
  replicaSet.metadata.annotations?.[DESIRED_REPLICAS] === undefined
    ? NOTHING
    : patchOf(
        replicaSet,
        [{ op: 'remove', path: pointer('metadata', 'annotations', DESIRED_REPLICAS) }],
        'keeps the native controller from scaling the others to 0',
      )
