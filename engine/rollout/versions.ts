/** Which ReplicaSet of a Rollout is the newest version, which the stable one, and in what order the others came. */
import type { PodTemplate, ReplicaSet } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import type { Rollout } from '../../api/rollout.ts'
import { templateHash } from '../../api/template.ts'
import { withoutInjected } from './injected-metadata.ts'
import { EXPERIMENT_NAME, REVISION, WRITTEN_TEMPLATE } from './names.ts'
import type { Sized } from './replicas/sized.ts'
import { sameRolloutTemplate, tolerantTemplate } from './template.ts'

export type Versions = {
  /** Of the newest template; absent before it is made. */
  readonly current: ReplicaSet | undefined
  /** `rollouts-pod-template-hash` of the newest template: that of its ReplicaSet where there is one. */
  readonly hash: string
  /** How often the hash had to be salted, because another template has that name. */
  readonly collisionCount: number | undefined
  readonly stable: ReplicaSet | undefined
  /** Neither, newest revision first. */
  readonly older: readonly ReplicaSet[]
}

export const hashOf = ({ metadata }: ReplicaSet): string => metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] ?? ''

export const revisionOf = (replicaSet: ReplicaSet | undefined): number =>
  Number.parseInt(replicaSet?.metadata.annotations?.[REVISION] ?? '', 10) || 0

export const sizedOf = ({ spec, status }: ReplicaSet): Sized => ({
  spec: spec.replicas ?? 1,
  available: status?.availableReplicas ?? 0,
})

const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  a.metadata.name.localeCompare(b.metadata.name)

const byRevision = (a: ReplicaSet, b: ReplicaSet): number => revisionOf(b) - revisionOf(a) || byAge(b, a)

/** As it is given to ReplicaSets. */
export const newestTemplate = ({ spec }: Rollout): PodTemplate => tolerantTemplate(spec.template ?? { spec: { containers: [] } })

/** A ReplicaSet that has the name of the newest template was made from it, unless its own note says that it was made from another. */
const isCollision = (rs: ReplicaSet, template: PodTemplate): boolean => {
  const written = rs.metadata.annotations?.[WRITTEN_TEMPLATE]
  return written !== undefined && written !== templateHash(template)
}

/** The name of the newest template; salted while a ReplicaSet of another template has it. */
const freeHash = (
  { metadata, status }: Rollout,
  template: PodTemplate,
  living: readonly ReplicaSet[],
): Pick<Versions, 'hash' | 'collisionCount'> => {
  let collisionCount = status?.collisionCount
  for (;;) {
    const hash = argoPodTemplateHash(template, collisionCount)
    if (!living.some(rs => rs.metadata.name === `${metadata.name}-${hash}`)) return { hash, collisionCount }
    collisionCount = (collisionCount ?? 0) + 1
  }
}

/**
 * The ReplicaSet of the newest template: by its hash, or else by the template itself. The latter adopts what another version of Argo
 * Rollouts made under another hash, without a new revision.
 */
const findCurrent = ({ status }: Rollout, template: PodTemplate, living: readonly ReplicaSet[]): ReplicaSet | undefined => {
  const hash = argoPodTemplateHash(template, status?.collisionCount)
  return (
    living.find(rs => hashOf(rs) === hash && !isCollision(rs, template)) ??
    living.find(rs => sameRolloutTemplate(withoutInjected(rs), template))
  )
}

export const readVersions = (rollout: Rollout, replicaSets: readonly ReplicaSet[]): Versions => {
  const living = replicaSets
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && metadata.annotations?.[EXPERIMENT_NAME] === undefined)
    .sort(byAge)
  const template = newestTemplate(rollout)
  const current = findCurrent(rollout, template, living)
  const named = rollout.status?.stableRS
  const stable = named === undefined || named === '' ? undefined : living.find(rs => hashOf(rs) === named)
  const name = current
    ? { hash: hashOf(current), collisionCount: rollout.status?.collisionCount }
    : freeHash(rollout, template, living)
  const older = living.filter(rs => rs !== current && rs !== stable).sort(byRevision)
  return { current, ...name, stable, older }
}

/** The revision of the newest version: its own while that is the highest, else the next one. */
export const newRevision = ({ current, stable, older }: Versions): number => {
  const others = [stable, ...older].filter(rs => rs !== undefined && rs !== current)
  const highest = Math.max(0, ...others.map(revisionOf))
  return Math.max(highest + 1, revisionOf(current))
}

const isBefore = (a: ReplicaSet, b: ReplicaSet): boolean =>
  (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '')

/** The newest template is that of a version from before the stable one, with fewer than so many versions made in between. */
export const isRollbackWithinWindow = (rollout: Rollout, { current, stable, older }: Versions): boolean => {
  const window = rollout.spec.rollbackWindow?.revisions
  if (window === undefined || current === undefined || stable === undefined || !isBefore(current, stable)) return false
  return older.filter(rs => isBefore(current, rs) && isBefore(rs, stable)).length < window
}
