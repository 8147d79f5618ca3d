/**
 * Labels and annotations that pods have only while their version has a part: canaryMetadata and stableMetadata, previewMetadata and
 * activeMetadata. They stand in the ReplicaSet's template, for pods still to come, and on the pods that are there; no pod is restarted.
 */
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import type { Labels, Pod, ReplicaSet } from '../../api/kubernetes.ts'
import { isSame } from '../same.ts'
import { isSettled, type RolloutContext } from './context.ts'
import { type Added, changed, injectedInto } from './injected-metadata.ts'
import type { RolloutIntent } from './intents.ts'
import { EPHEMERAL_METADATA } from './names.ts'

const isEmpty = ({ labels, annotations }: Added): boolean =>
  Object.keys(labels ?? {}).length + Object.keys(annotations ?? {}).length === 0

const noteOps = ({ metadata }: ReplicaSet, wanted: Added): readonly JsonPatchOp[] => {
  const path = pointer('metadata', 'annotations', EPHEMERAL_METADATA)
  if (isEmpty(wanted)) return [{ op: 'remove', path }]
  const note = JSON.stringify(wanted)
  return metadata.annotations === undefined
    ? [{ op: 'add', path: '/metadata/annotations', value: { [EPHEMERAL_METADATA]: note } }]
    : [{ op: 'add', path, value: note }]
}

const patchSet = (set: ReplicaSet, before: Added, wanted: Added): readonly RolloutIntent[] => {
  if (isSame(before, wanted)) return []
  const { metadata } = set.spec.template
  const value = {
    ...metadata,
    labels: changed(metadata?.labels, before.labels, wanted.labels),
    annotations: changed(metadata?.annotations, before.annotations, wanted.annotations),
  }
  const patch = [{ op: 'add' as const, path: '/spec/template/metadata', value }, ...noteOps(set, wanted)]
  return [{ kind: 'patchReplicaSet', name: set.metadata.name, patch, why: 'labels and annotations of the part that it has' }]
}

/** As a merge patch: what is to go is null. */
const difference = (map: Labels = {}, before: Labels = {}, wanted: Labels = {}): { readonly [key: string]: string | null } =>
  Object.fromEntries([
    ...Object.keys(before)
      .filter(key => wanted[key] === undefined && map[key] === before[key])
      .map(key => [key, null] as const),
    ...Object.entries(wanted).filter(([key, value]) => map[key] !== value),
  ])

const patchPod = ({ metadata }: Pod, before: Added, wanted: Added): readonly RolloutIntent[] => {
  const labels = difference(metadata.labels, before.labels, wanted.labels)
  const annotations = difference(metadata.annotations, before.annotations, wanted.annotations)
  const patch = {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
  return metadata.deletionTimestamp !== undefined || Object.keys(patch).length === 0
    ? []
    : [{ kind: 'patchPod', name: metadata.name, uid: metadata.uid ?? '', patch, why: 'as the template of its ReplicaSet' }]
}

/** The pods first: once the note on the ReplicaSet is changed, nobody knows any more what has to go from them. */
const planSet = ({ seen }: RolloutContext, set: ReplicaSet, wanted: Added): readonly RolloutIntent[] => {
  const before = injectedInto(set)
  const pods = seen.pods.filter(({ metadata }) =>
    metadata.ownerReferences?.some(owner => owner.controller === true && owner.uid === set.metadata.uid),
  )
  return [...pods.flatMap(pod => patchPod(pod, before, wanted)), ...patchSet(set, before, wanted)]
}

/** With nothing in flight the newest version has the part of the stable one; versions with no part have nothing. */
export const planMetadata = (context: RolloutContext): readonly RolloutIntent[] => {
  const { canary, blueGreen } = context.rollout.spec.strategy
  const newest: Added = canary?.canaryMetadata ?? blueGreen?.previewMetadata ?? {}
  const stable: Added = canary?.stableMetadata ?? blueGreen?.activeMetadata ?? {}
  const { versions } = context
  const sets = isSettled(context)
    ? [[versions.current, stable] as const]
    : [[versions.current, newest] as const, [versions.stable, stable] as const]
  return [...sets, ...versions.older.map(set => [set, {}] as const)].flatMap(([set, wanted]) =>
    set === undefined ? [] : planSet(context, set, wanted),
  )
}
