/** The ReplicaSet of a Rollout's newest template, and its revision number. */
import { type JsonPatchOp, pointer } from '../../api/json-patch.ts'
import type { Labels, ReplicaSet } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { templateHash } from '../../api/template.ts'
import { ownerOf } from '../make-rollout.ts'
import { refreshAntiAffinity, withAntiAffinity } from './anti-affinity.ts'
import type { RolloutContext } from './context.ts'
import { event, type RolloutIntent } from './intents.ts'
import {
  DESIRED_REPLICAS,
  REVISION,
  REVISION_HISTORY,
  WORKLOAD_GENERATION,
  WORKLOAD_REPLICAS,
  WRITTEN_TEMPLATE,
} from './names.ts'
import { newestTemplate, newRevision, revisionOf } from './versions.ts'

/** Annotations of a Rollout that are about itself, not about its versions. */
const OWN = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'notified.notifications.argoproj.io',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  WORKLOAD_GENERATION,
  WORKLOAD_REPLICAS,
]

const copied = (annotations: Labels | undefined): Labels =>
  Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !OWN.includes(key)))

/** Without pods at first: how many it gets is decided with the next look, when it is there. */
export const makeReplicaSet = (context: RolloutContext): ReplicaSet => {
  const { rollout, versions, seen } = context
  const { metadata, spec } = rollout
  const template = newestTemplate(rollout)
  const labels = { ...template.metadata?.labels, [ROLLOUTS_POD_TEMPLATE_HASH]: versions.hash }
  const matchLabels = { ...spec.selector?.matchLabels, [ROLLOUTS_POD_TEMPLATE_HASH]: versions.hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${seen.name}-${versions.hash}`,
      namespace: seen.namespace,
      labels,
      annotations: {
        ...copied(metadata.annotations),
        [REVISION]: String(newRevision(versions)),
        [WRITTEN_TEMPLATE]: templateHash(template),
      },
      ownerReferences: [ownerOf({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata }, true)],
    },
    spec: {
      replicas: 0,
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels },
      template: withAntiAffinity(context, { ...template, metadata: { ...template.metadata, labels } }),
    },
  }
}

const noteRevision = ({ rollout }: RolloutContext, revision: number): readonly RolloutIntent[] =>
  rollout.metadata.annotations?.[REVISION] === String(revision)
    ? []
    : [
        {
          kind: 'patchRollout',
          patch: { metadata: { annotations: { [REVISION]: String(revision) } } },
          why: 'the newest revision',
        },
        event('RolloutUpdated', `Rollout updated to revision ${revision}`),
      ]

/** The version that was made before is counted as the newest one again; what it was before stays in its history. */
const renumber = (current: ReplicaSet, revision: number): readonly JsonPatchOp[] => {
  const before = revisionOf(current)
  if (before === revision) return []
  const { annotations } = current.metadata
  if (annotations === undefined) return [{ op: 'add', path: '/metadata/annotations', value: { [REVISION]: String(revision) } }]
  const history = [annotations[REVISION_HISTORY], before === 0 ? undefined : String(before)].filter(Boolean).join(',')
  return [
    { op: 'add', path: pointer('metadata', 'annotations', REVISION), value: String(revision) },
    ...(history === ''
      ? []
      : [{ op: 'add' as const, path: pointer('metadata', 'annotations', REVISION_HISTORY), value: history }]),
  ]
}

const readySeconds = (current: ReplicaSet, wanted: number): readonly JsonPatchOp[] =>
  (current.spec.minReadySeconds ?? 0) === wanted ? [] : [{ op: 'add', path: '/spec/minReadySeconds', value: wanted }]

/** Makes the newest version's ReplicaSet, or brings its number in line; nothing when both are right. */
export const planNewest = (context: RolloutContext): readonly RolloutIntent[] => {
  const { versions, rollout } = context
  const { current } = versions
  const revision = newRevision(versions)
  if (current === undefined) {
    const replicaSet = makeReplicaSet(context)
    return [
      { kind: 'createReplicaSet', replicaSet },
      ...noteRevision(context, revision),
      event('NewReplicaSetCreated', `Created ReplicaSet ${replicaSet.metadata.name} (revision ${revision})`),
    ]
  }
  const patch = [
    ...renumber(current, revision),
    ...readySeconds(current, rollout.spec.minReadySeconds ?? 0),
    ...refreshAntiAffinity(context, current),
  ]
  const why = 'revision, minReadySeconds and antiAffinity of the newest version'
  return [
    ...(patch.length === 0 ? [] : [{ kind: 'patchReplicaSet' as const, name: current.metadata.name, patch, why }]),
    ...noteRevision(context, revision),
  ]
}
