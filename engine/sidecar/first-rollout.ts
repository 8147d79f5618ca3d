/**
 * Pods from before the sidecar came serve the stable version whatever the weight. What that means for the share of all requests, and for
 * how many stable pods there must be.
 */
import { type Sizes, wantedSizes } from '../capacity.ts'
import type { Context } from '../context.ts'
import type { Wish } from '../desired.ts'
import type { Traffic } from '../traffic.ts'
import type { Waiting } from '../waiting.ts'

const bareOf = ({ placement, seen }: Context): number => (placement === 'sidecar' ? (seen.podsWithoutSidecar ?? 0) : 0)

/**
 * As wantedSizes. While some pods have no sidecar the stable version stays whole until everything is to go to the new one: whatever reaches those pods they
 * serve themselves, beside their part of what sidecars pass on.
 */
export const sizesFor = (context: Context, traffic: Traffic, wish: Wish): Sizes => {
  const sizes = wantedSizes(context.replicas, wish)
  const isAll = traffic.acknowledged && traffic.least[context.versions.current.hash] === 100
  return bareOf(context) > 0 && !isAll ? { ...sizes, stable: Math.max(sizes.stable, context.replicas) } : sizes
}

/** The share of all requests that a share of those at sidecars comes to when clients use all pods alike; rounded down. Undefined when it is the same. */
export const shareOfAll = (context: Context, share: number): number | undefined => {
  const bare = bareOf(context)
  if (bare === 0) return undefined
  const ready = context.seen.routers.filter(router => router.ready).length
  return Math.floor((share * ready) / (ready + bare))
}

/** The first wait says so too, since it is the sentence that people read. */
export const tellBarePods = (context: Context, traffic: Traffic, waits: readonly Waiting[]): readonly Waiting[] => {
  const [first, ...rest] = waits
  const share = traffic.most[context.versions.current.hash] ?? 0
  const real = shareOfAll(context, share)
  if (first === undefined || real === undefined || share === 0 || share === 100) return waits
  const bare = bareOf(context)
  const told = `${bare} ready ${bare === 1 ? 'pod has' : 'pods have'} no sidecar yet and ${bare === 1 ? 'serves' : 'serve'} the stable version only, so about ${real}% of all requests reach the new one, not ${share}%`
  return [{ ...first, what: `${first.what} (${told})` }, ...rest]
}
