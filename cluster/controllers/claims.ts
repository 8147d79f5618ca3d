/** Who owns what: adopting orphans and releasing what no longer matches, as Kubernetes' controllers do through ownerReferences. */
import type { KubeObject, Labels, OwnerReference } from '../../api/kubernetes.ts'

export type Claims<T> = {
  /** Objects that the owner controls after the claims below were carried out. */
  readonly owned: readonly T[]
  readonly adopt: readonly T[]
  readonly release: readonly T[]
}

export const controllerRefOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(reference => reference.controller === true)

/**
 * Sorts `candidates` (objects of the owner's namespace) into owned, to be adopted and to be released. An object with another
 * controller is left alone; a terminating owner neither adopts nor releases; a terminating object is never adopted.
 * Rule: ClaimObject in Kubernetes' pkg/controller/controller_ref_manager.go.
 */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  matches: (labels: Labels) => boolean,
  candidates: readonly T[],
): Claims<T> {
  const claims = candidates.map(candidate => ({ candidate, claim: claimOn(owner, matches, candidate) }))
  const only = (claim: Claim) => claims.filter(entry => entry.claim === claim).map(entry => entry.candidate)
  const adopt = only('adopt')
  return { owned: [...only('own'), ...adopt], adopt, release: only('release') }
}

type Claim = 'own' | 'adopt' | 'release' | 'none'

function claimOn(owner: KubeObject, matches: (labels: Labels) => boolean, candidate: KubeObject): Claim {
  const controller = controllerRefOf(candidate)
  const matching = matches(candidate.metadata.labels ?? {})
  const ownerGoing = owner.metadata.deletionTimestamp !== undefined
  if (controller) {
    if (controller.uid !== owner.metadata.uid) return 'none'
    if (matching) return 'own'
    return ownerGoing ? 'none' : 'release'
  }
  return matching && !ownerGoing && candidate.metadata.deletionTimestamp === undefined ? 'adopt' : 'none'
}

/** The reference that makes `owner` the controller of an object. */
export function controllerRef(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** Merge patch that makes `owner` the controller; other references stay. Refused with 409 if the object changed meanwhile. */
export const adoptPatch = (owner: KubeObject, object: KubeObject): unknown => ({
  metadata: {
    uid: object.metadata.uid,
    resourceVersion: object.metadata.resourceVersion,
    ownerReferences: [...(object.metadata.ownerReferences ?? []), controllerRef(owner)],
  },
})

/** Merge patch that takes the owner's reference away and leaves all others. */
export const releasePatch = (owner: KubeObject, object: KubeObject): unknown => ({
  metadata: {
    uid: object.metadata.uid,
    resourceVersion: object.metadata.resourceVersion,
    ownerReferences: (object.metadata.ownerReferences ?? []).filter(reference => reference.uid !== owner.metadata.uid),
  },
})
