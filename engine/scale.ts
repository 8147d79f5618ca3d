/** From wanted sizes to intents: first what grows, then what shrinks. */
import type { Context } from './context.ts'
import type { Intent } from './intents.ts'
import { makeReplicaSet } from './make-replica-set.ts'
import { revisionOf, type Version } from './versions.ts'

export type SizesByName = { readonly [replicaSet: string]: number }

const isBeingDeleted = ({ seen }: Context, name: string): boolean =>
  seen.replicaSets.some(({ metadata }) => metadata.name === name && metadata.deletionTimestamp !== undefined)

const create = (context: Context, version: Version, replicas: number): readonly Intent[] => {
  if (isBeingDeleted(context, version.name)) return []
  const revision = revisionOf(version, context.seen)
  return [
    { kind: 'createReplicaSet', replicaSet: makeReplicaSet(context, version, replicas) },
    {
      kind: 'event',
      type: 'Normal',
      reason: 'NewReplicaSetCreated',
      message: `Created ReplicaSet ${version.name} (revision ${revision}) with ${replicas} pods`,
    },
  ]
}

const resize = (context: Context, version: Version, to: number, why: string): readonly Intent[] => {
  const direction = to > version.spec ? 'up' : 'down'
  const revision = revisionOf(version, context.seen)
  return [
    { kind: 'scale', replicaSet: version.name, from: version.spec, to, why },
    {
      kind: 'event',
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${direction} ReplicaSet ${version.name} (revision ${revision}) from ${version.spec} to ${to}`,
    },
  ]
}

/** Growing comes first, so that the native controller never sees a moment with one active ReplicaSet that is not at N. */
export const planScale = (context: Context, versions: readonly Version[], sizes: SizesByName, why: string): readonly Intent[] => {
  const target = (version: Version) => sizes[version.name] ?? version.spec
  const up = versions.filter(version => target(version) > version.spec)
  const down = versions.filter(version => version.replicaSet !== undefined && target(version) < version.spec)
  return [
    ...up.flatMap(version =>
      version.replicaSet === undefined
        ? create(context, version, target(version))
        : resize(context, version, target(version), why),
    ),
    ...down.flatMap(version => resize(context, version, target(version), why)),
  ]
}
