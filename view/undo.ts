/** Going back to an older template, planned from the ReplicaSets that the Deployment or Rollout still owns. */
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { ReplicaSet } from '../api/kubernetes.ts'
import { sameTemplate } from '../api/template.ts'
import { revisionOf } from './rollout-view.ts'
import { templateOf } from './template-of.ts'
import type { Workload } from './workload.ts'

export type Undo =
  | { readonly patch: readonly JsonPatchOp[]; readonly revision: number; readonly replicaSet: string }
  | { readonly refused: string }

/** `toRevision` 0: the newest revision before the present one. */
export const planUndo = (
  { object, template, path = '/spec/template' }: Workload,
  replicaSets: readonly ReplicaSet[],
  toRevision: number,
): Undo => {
  const { name, resourceVersion } = object.metadata
  const known = replicaSets.filter(one => revisionOf(one) > 0).sort((a, b) => revisionOf(b) - revisionOf(a))
  const revisions = known.map(revisionOf).join(', ') || 'none'
  const others = known.filter(one => !sameTemplate(templateOf(one), template))
  const target = toRevision === 0 ? others[0] : known.find(one => revisionOf(one) === toRevision)
  if (target === undefined)
    return {
      refused:
        toRevision === 0
          ? `${name} has no other revision to go back to; its revisions are ${revisions}`
          : `${name} has no revision ${toRevision}; its revisions are ${revisions}`,
    }
  if (sameTemplate(templateOf(target), template))
    return { refused: `${name} has the template of revision ${toRevision} already; its revisions are ${revisions}` }
  return {
    revision: revisionOf(target),
    replicaSet: target.metadata.name,
    patch: [
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path, value: templateOf(target) },
    ],
  }
}
