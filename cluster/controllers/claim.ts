/** Carries out claims: adopts and releases objects through the API. */
import type { KubeObject, Labels } from '../../api/kubernetes.ts'
import type { KubeClient, Resource } from '../../kube/client.ts'
import { adoptPatch, planClaims, releasePatch } from './claims.ts'

export type ClaimRequest<T> = {
  readonly client: KubeClient
  readonly owner: KubeObject
  readonly ownerResource: Resource
  readonly resource: Resource
  readonly matches: (labels: Labels) => boolean
  readonly candidates: readonly T[]
}

const refOf = ({ metadata }: KubeObject) => ({
  name: metadata.name,
  ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
})

/** The objects that the owner controls, those it adopted just now as they are after that. */
export async function claim<T extends KubeObject>({
  client,
  owner,
  ownerResource,
  resource,
  matches,
  candidates,
}: ClaimRequest<T>): Promise<readonly T[]> {
  const claims = planClaims(owner, matches, candidates)
  for (const object of claims.release) await client.patch(resource, refOf(object), 'merge', releasePatch(owner, object))
  if (claims.adopt.length === 0) return claims.owned
  // The cache may not show yet that the owner is on its way out; what it adopted then would be garbage-collected with it.
  const fresh = await client.get(ownerResource, refOf(owner))
  if (fresh.metadata.uid !== owner.metadata.uid || fresh.metadata.deletionTimestamp !== undefined) {
    return claims.owned.filter(object => !claims.adopt.includes(object))
  }
  const adopted = new Map<T, T>()
  for (const object of claims.adopt)
    adopted.set(object, await client.patch<T>(resource, refOf(object), 'merge', adoptPatch(owner, object)))
  return claims.owned.map(object => adopted.get(object) ?? object)
}
