/** Which ReplicaSet is which version: the stable one, the one of the newest template, and those in between that still have pods. */
import type { Deployment, ReplicaSet } from '../api/kubernetes.ts'
import { POD_TEMPLATE_HASH, REVISION, STABLE_TEMPLATE } from '../api/names.ts'
import type { RolloutStatus } from '../api/rollout.ts'
import { sameTemplate, templateHash } from '../api/template.ts'
import type { Seen } from './seen.ts'

export type Version = {
  /** pod-template-hash. */
  readonly hash: string
  /** Name of the ReplicaSet, also before it exists. */
  readonly name: string
  readonly replicaSet?: ReplicaSet
  /** spec.replicas. */
  readonly spec: number
  readonly ready: number
  readonly available: number
  /** Pods that exist at all, terminating ones included. */
  readonly pods: number
}

export type Versions = {
  readonly stable?: Version
  /** Of the Deployment's template; may have no ReplicaSet yet. The same version as `stable` when there is nothing to try. */
  readonly current: Version
  /** Neither, and with pods. */
  readonly retiring: readonly Version[]
  readonly collisionCount: number
}

export const hashOf = (replicaSet: ReplicaSet): string => replicaSet.metadata.labels?.[POD_TEMPLATE_HASH] ?? ''

export const isActive = (version: Version | undefined): boolean => (version?.spec ?? 0) > 0

export const isGone = (version: Version): boolean => version.spec === 0 && version.pods === 0

const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  a.metadata.name.localeCompare(b.metadata.name)

/** Not being deleted, oldest first. */
export const livingReplicaSets = (seen: Seen): readonly ReplicaSet[] =>
  seen.replicaSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined).sort(byAge)

const toVersion = (replicaSet: ReplicaSet, seen: Seen): Version => ({
  hash: hashOf(replicaSet),
  name: replicaSet.metadata.name,
  replicaSet,
  spec: replicaSet.spec.replicas ?? 1,
  ready: replicaSet.status?.readyReplicas ?? 0,
  available: replicaSet.status?.availableReplicas ?? 0,
  pods: Math.max(seen.podsByReplicaSet[replicaSet.metadata.name] ?? 0, replicaSet.status?.replicas ?? 0),
})

/** The oldest ReplicaSet with the Deployment's template, as the native controller's FindNewReplicaSet. */
export const currentReplicaSet = (seen: Seen, deployment: Deployment): ReplicaSet | undefined =>
  livingReplicaSets(seen).find(({ spec }) => sameTemplate(spec.template, deployment.spec.template))

const mostAvailable = (replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  replicaSets.reduce<ReplicaSet | undefined>(
    (best, rs) => (best && (best.status?.availableReplicas ?? 0) >= (rs.status?.availableReplicas ?? 0) ? best : rs),
    undefined,
  )

const hasPods = (rs: ReplicaSet): boolean => (rs.spec.replicas ?? 1) > 0 || (rs.status?.replicas ?? 0) > 0

/** The stable version when the status is lost: what the Deployment notes, else the one with most available pods. */
const guessStable = (others: readonly ReplicaSet[], newest: ReplicaSet | undefined, note: string | undefined) => {
  const isNoted = (rs: ReplicaSet) => templateHash(rs.spec.template) === note
  const withPods = others.filter(hasPods)
  const best = withPods.find(isNoted) ?? mostAvailable(withPods)
  // With no other pods there is nothing to go back to, unless all sleep.
  return best ?? (newest && hasPods(newest) ? undefined : (others.find(isNoted) ?? others.at(-1)))
}

/** The version last promoted: the one that the status names, or a guess among those that have not the Deployment's template. */
const stableReplicaSet = (seen: Seen, deployment: Deployment, status: RolloutStatus): ReplicaSet | undefined => {
  const living = livingReplicaSets(seen)
  const named = living.find(rs => status.stableRS !== undefined && hashOf(rs) === status.stableRS)
  if (named) return named
  const isNewest = ({ spec }: ReplicaSet) => sameTemplate(spec.template, deployment.spec.template)
  const newest = living.find(isNewest)
  const note = deployment.metadata.annotations?.[STABLE_TEMPLATE]
  if (newest && templateHash(deployment.spec.template) === note) return newest
  return guessStable(
    living.filter(rs => !isNewest(rs)),
    newest,
    note,
  )
}

/** A hash for the template whose ReplicaSet name no other template holds: a number is added where one does. */
const freeHash = (seen: Seen, deployment: Deployment, status: RolloutStatus): { hash: string; collisionCount: number } => {
  const base = templateHash(deployment.spec.template)
  const isTaken = (hash: string) =>
    seen.replicaSets.some(
      ({ metadata, spec }) => metadata.name === `${seen.name}-${hash}` && !sameTemplate(spec.template, deployment.spec.template),
    )
  const suffixed = (count: number) => (count === 0 ? base : `${base}${count}`)
  let collisionCount = status.collisionCount ?? 0
  while (isTaken(suffixed(collisionCount))) collisionCount += 1
  return { hash: suffixed(collisionCount), collisionCount }
}

export const readVersions = (seen: Seen, deployment: Deployment, status: RolloutStatus): Versions => {
  const newest = currentReplicaSet(seen, deployment)
  const fresh = freeHash(seen, deployment, status)
  const current: Version = newest
    ? toVersion(newest, seen)
    : { hash: fresh.hash, name: `${seen.name}-${fresh.hash}`, spec: 0, ready: 0, available: 0, pods: 0 }
  const stableSet = stableReplicaSet(seen, deployment, status)
  const stable = stableSet && (stableSet === newest ? current : toVersion(stableSet, seen))
  const retiring = livingReplicaSets(seen)
    .filter(rs => rs !== newest && rs !== stableSet)
    .map(rs => toVersion(rs, seen))
    .filter(version => !isGone(version))
  return {
    ...(stable && { stable }),
    current,
    retiring,
    collisionCount: newest ? (status.collisionCount ?? 0) : fresh.collisionCount,
  }
}

/** The native revision number of a version; before the native controller numbered it, the one that it will give. */
export const revisionOf = (version: Version, seen: Seen): number => {
  const read = (rs: ReplicaSet) => Number.parseInt(rs.metadata.annotations?.[REVISION] ?? '', 10) || 0
  const own = version.replicaSet ? read(version.replicaSet) : 0
  return own > 0 ? own : Math.max(0, ...seen.replicaSets.map(read)) + 1
}
