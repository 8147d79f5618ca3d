/** The mark that lets a write past the webhook and the guard, which would otherwise put everything back. */
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import { BYPASS } from '../../api/names.ts'

export const bypassOps = ({ metadata }: KubeObject, on: boolean): readonly JsonPatchOp[] => {
  const path = pointer('metadata', 'annotations', BYPASS)
  const current = metadata.annotations?.[BYPASS]
  if (!on) return current === undefined ? [] : [{ op: 'remove', path }]
  if (current === 'true') return []
  if (metadata.annotations === undefined) return [{ op: 'add', path: '/metadata/annotations', value: { [BYPASS]: 'true' } }]
  return [{ op: 'add', path, value: 'true' }]
}
