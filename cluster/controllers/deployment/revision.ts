/** Which ReplicaSet is the new one, its revision number and annotations, and making it when it is missing. */
import type { Deployment, Labels, ReplicaSet } from '../../../api/kubernetes.ts'
import { DESIRED_REPLICAS, POD_TEMPLATE_HASH, REVISION } from '../../../api/names.ts'
import { sameTemplate } from '../../../api/template.ts'
import { controllerRef } from '../claims.ts'
import type { Draft } from './draft.ts'
import { MAX_REPLICAS, progressing, recordNormal, replaceInDraft, replicaAnnotations, setProgressing } from './draft.ts'
import { replicaSetHash, replicaSetName } from './hash.ts'
import { byCreation, fenceposts, hasProgressDeadline, isRollingUpdate, replicasOf, sumOf } from './size.ts'

export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
const REVISION_HISTORY_CHARACTERS = 2000
/** Annotations of a Deployment that are not copied to its ReplicaSets. */
const NOT_COPIED: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]

/** The oldest ReplicaSet whose template is the Deployment's, the hash label aside. */
export const findNewReplicaSet = (deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  replicaSets.toSorted(byCreation).find(replicaSet => sameTemplate(replicaSet.spec.template, deployment.spec.template))

const revisionOf = (replicaSet: ReplicaSet): number => parseRevision(replicaSet.metadata.annotations?.[REVISION]) ?? 0

const parseRevision = (text: string | undefined): number | undefined =>
  text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined

/**
 * Splits the ReplicaSets into the new one and the old ones, gives the new one its revision, the Deployment's annotations and
 * minReadySeconds, and notes the revision for the Deployment. With `create`, a missing new ReplicaSet is made.
 */
export function syncRevision(draft: Draft, create: boolean): void {
  const { deployment, replicaSets } = draft.seen
  if (!draft.newest) {
    draft.newest = findNewReplicaSet(deployment, replicaSets)
    draft.old = replicaSets.filter(replicaSet => replicaSet !== draft.newest)
  }
  const revision = Math.max(0, ...draft.old.map(revisionOf)) + 1
  if (draft.newest) updateNewest(draft, draft.newest, revision)
  else if (create) createNewest(draft, revision)
}

function updateNewest(draft: Draft, replicaSet: ReplicaSet, revision: number): void {
  const { deployment } = draft.seen
  const annotations = annotationsFor(deployment, replicaSet.metadata.annotations ?? {}, revision)
  const wanted = deployment.spec.minReadySeconds ?? 0
  const minReady = (replicaSet.spec.minReadySeconds ?? 0) === wanted ? {} : { minReadySeconds: wanted }
  if (Object.keys(annotations).length > 0 || minReady.minReadySeconds !== undefined) {
    const name = replicaSet.metadata.name
    draft.writes.push({
      type: 'updateReplicaSet',
      name,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...minReady,
    })
    const metadata = { ...replicaSet.metadata, annotations: { ...replicaSet.metadata.annotations, ...annotations } }
    replaceInDraft(draft, { ...replicaSet, metadata, spec: { ...replicaSet.spec, ...minReady } })
  }
  noteRevision(draft, draft.newest?.metadata.annotations?.[REVISION])
  if (hasProgressDeadline(deployment) && !progressing(draft)) {
    setProgressing(draft, 'True', 'FoundNewReplicaSet', `Found new replica set "${replicaSet.metadata.name}"`)
  }
}

/** The annotations that have to change on an existing new ReplicaSet. A revision that is no number leaves everything as it is. */
function annotationsFor(deployment: Deployment, current: Labels, revision: number): Labels {
  const changed: Record<string, string> = {}
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.includes(key) && current[key] !== value) changed[key] = value
  }
  const before = current[REVISION]
  const old = before === undefined || before === '' ? 0 : parseRevision(before)
  if (old === undefined) return {}
  if (old >= revision) return changed
  changed[REVISION] = String(revision)
  if (before !== undefined) Object.assign(changed, historyWith(current[REVISION_HISTORY] ?? '', before))
  return changed
}

/** The revisions this ReplicaSet had before, oldest first, kept below 2,000 characters by dropping the oldest. */
function historyWith(history: string, before: string): Labels {
  const kept = history === '' ? [before] : [...history.split(','), before]
  while (kept.join(',').length > REVISION_HISTORY_CHARACTERS && kept.length > 1) kept.shift()
  return { [REVISION_HISTORY]: kept.join(',') }
}

function noteRevision(draft: Draft, revision: string | undefined): void {
  if (revision !== undefined && draft.seen.deployment.metadata.annotations?.[REVISION] !== revision) draft.revision = revision
}

function createNewest(draft: Draft, revision: number): void {
  const { deployment } = draft.seen
  const bare = bareReplicaSet(deployment)
  const replicas = newReplicas(draft, { ...bare, spec: { ...bare.spec, replicas: 0 } })
  const annotations = { ...annotationsFor(deployment, {}, revision), ...replicaAnnotations(deployment) }
  const replicaSet: ReplicaSet = { ...bare, metadata: { ...bare.metadata, annotations }, spec: { ...bare.spec, replicas } }
  const name = replicaSet.metadata.name
  draft.writes.push({ type: 'createReplicaSet', replicaSet })
  draft.newest = replicaSet
  if (replicas > 0) recordNormal(draft, 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`)
  noteRevision(draft, String(revision))
  if (hasProgressDeadline(deployment)) setProgressing(draft, 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
}

/** The Deployment's template with the label pod-template-hash, which also narrows the selector. */
function bareReplicaSet(deployment: Deployment): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec
  const hash = replicaSetHash(template, deployment.status?.collisionCount)
  const labels = { ...template.metadata?.labels, [POD_TEMPLATE_HASH]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: replicaSetName(deployment.metadata.name, hash),
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels,
      ownerReferences: [controllerRef(deployment)],
    },
    spec: {
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [POD_TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** The size that the new ReplicaSet may have now: up to N, and no more than N + maxSurge pods in all. Rule: NewRSNewReplicas. */
export function newReplicas(draft: Draft, newest: ReplicaSet): number {
  const { deployment } = draft.seen
  const desired = replicasOf(deployment)
  if (!isRollingUpdate(deployment)) return desired
  const current = replicasOf(newest)
  const total = sumOf(draft.old, replicasOf) + current
  const room = desired + fenceposts(deployment).maxSurge - total
  return room <= 0 ? current : current + Math.min(room, desired - current)
}
