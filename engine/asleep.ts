/**
 * N = 0 in mid-update. With no active ReplicaSet the native controller wakes the one of the newest template, else the youngest
 * (FindActiveOrLatest). So before the stable version sleeps, every ReplicaSet that would be woken instead of it is deleted.
 */
import type { ReplicaSet } from '../api/kubernetes.ts'
import type { Context } from './context.ts'
import { othersOf, stableOf } from './goal.ts'
import type { Intent } from './intents.ts'
import type { SizesByName } from './scale.ts'
import { livingReplicaSets } from './versions.ts'

export type Sleep = { readonly deletions: readonly Intent[]; readonly sizes: SizesByName }

/** Those that would be woken instead of the stable version; none while the Deployment has the stable template. */
const rivalsOf = (context: Context): readonly ReplicaSet[] => {
  const { seen, versions } = context
  const stable = stableOf(context)
  if (stable.hash === versions.current.hash) return []
  const living = livingReplicaSets(seen)
  const at = living.findIndex(({ metadata }) => metadata.name === stable.name)
  return living.filter(({ metadata }, i) => metadata.name !== stable.name && (i > at || metadata.name === versions.current.name))
}

/**
 * Rivals are deleted with their pods, not scaled to 0 first: with the stable version the only active one, the native controller would
 * take it to 0 at once, and wake a rival if the Deployment were scaled up before that was deleted.
 */
export const planSleep = (context: Context): Sleep => {
  const stable = stableOf(context)
  const rivals = rivalsOf(context)
  const names = new Set(rivals.map(({ metadata }) => metadata.name))
  const deletions: readonly Intent[] = rivals.map(({ metadata }) => ({
    kind: 'deleteReplicaSet',
    name: metadata.name,
    uid: metadata.uid ?? '',
    why: 'at 0 pods the native controller would wake it instead of the stable version',
  }))
  const others = othersOf(context).filter(({ name }) => !names.has(name))
  const toZero = Object.fromEntries(others.map(({ name }) => [name, 0]))
  return { deletions, sizes: { ...toZero, [stable.name]: rivals.length === 0 ? 0 : stable.spec, ...keep(rivals) } }
}

const keep = (rivals: readonly ReplicaSet[]): SizesByName =>
  Object.fromEntries(rivals.map(({ metadata, spec }) => [metadata.name, spec.replicas ?? 1]))
