/**
 * N = 0 in mid-update. With no active ReplicaSet the native controller wakes the one of the newest template, else the youngest
 * (FindActiveOrLatest). So before the stable version sleeps, every ReplicaSet that would be woken instead of it is deleted.
 */
import type { Context } from './context.ts'
import { othersOf, stableOf } from './goal.ts'
import type { Intent } from './intents.ts'
import type { SizesByName } from './scale.ts'
import { isGone, livingReplicaSets } from './versions.ts'

export type Sleep = { readonly sizes: SizesByName; readonly deletions: readonly Intent[] }

export const planSleep = (context: Context): Sleep => {
  const { seen, versions } = context
  const stable = stableOf(context)
  const others = othersOf(context)
  const living = livingReplicaSets(seen)
  const at = living.findIndex(({ metadata }) => metadata.name === stable.name)
  const isRival = (name: string, i: number) => name !== stable.name && (i > at || name === versions.current.name)
  // With the stable template in the Deployment the native controller wakes the stable version by itself.
  const rivals = stable.hash === versions.current.hash ? [] : living.filter(({ metadata }, i) => isRival(metadata.name, i))
  const stillThere = new Set(others.map(({ name }) => name))
  const deletions: Intent[] = rivals
    .filter(({ metadata }) => !stillThere.has(metadata.name))
    .map(({ metadata }) => ({
      kind: 'deleteReplicaSet',
      name: metadata.name,
      uid: metadata.uid ?? '',
      why: 'at 0 pods the native controller would wake it instead of the stable version',
    }))
  const toZero = Object.fromEntries(others.map(({ name }) => [name, 0]))
  const maySleep = rivals.length === 0 && others.every(isGone)
  return { sizes: { ...toZero, [stable.name]: maySleep ? 0 : stable.spec }, deletions }
}
