/** Who owns what, by uid. Pure. */
import type { KubeObject } from '../api/kubernetes.ts'

export const isOwnedBy = (object: KubeObject, owner: KubeObject | undefined): boolean =>
  owner?.metadata.uid !== undefined && (object.metadata.ownerReferences ?? []).some(one => one.uid === owner.metadata.uid)

export const byName = (a: KubeObject, b: KubeObject): number => a.metadata.name.localeCompare(b.metadata.name)
