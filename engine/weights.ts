/** Moves shares of traffic between versions: up only as far as ready pods carry them, down only as fast as the stable ones can take them. */
import { ALL_HUNDREDTHS, fromHundredths, toHundredths } from '../api/traffic-weight.ts'

/** Shares in percent by pod-template-hash, to hundredths. */
export type Weights = { readonly [hash: string]: number }

export type Side = { readonly hash: string; readonly ready: number; readonly available: number }

export type Mover = Side & {
  /** The share that it should have, in percent. */
  readonly want: number
  /** Its pods are as many as they should be for that share. */
  readonly isFull: boolean
  /** Every router knows an endpoint of it. */
  readonly isKnown: boolean
}

export type Shift = {
  /** N. */
  readonly replicas: number
  readonly unavailable: number
  /** In force now. */
  readonly now: Weights
  readonly stable: Side
  readonly others: readonly Mover[]
}

/** The largest whole percentage that so many of N pods can carry, in hundredths. */
const carries = (pods: number, replicas: number): number =>
  pods >= replicas ? ALL_HUNDREDTHS : 100 * Math.floor((100 * pods) / Math.max(1, replicas))

const nextShare = (mover: Mover, now: number, replicas: number): number => {
  if (mover.ready === 0) return 0
  if (mover.want <= now) return mover.want
  if (!mover.isKnown) return now
  const limit = mover.isFull ? ALL_HUNDREDTHS : carries(mover.available, replicas)
  return Math.max(now, Math.min(mover.want, limit))
}

/** The least that the other versions must keep together, because the stable pods cannot carry the rest yet. */
const leastKept = ({ replicas, unavailable, stable }: Shift): number =>
  stable.available >= replicas - unavailable ? 0 : ALL_HUNDREDTHS - carries(stable.available, replicas)

/** Gives back to versions that were lowered what the stable version cannot carry yet. */
const keepBack = (shares: Map<string, number>, shift: Shift): void => {
  const able = shift.others.filter(other => other.ready > 0)
  const before = able.reduce((sum, { hash }) => sum + (shift.now[hash] ?? 0), 0)
  const after = able.reduce((sum, { hash }) => sum + (shares.get(hash) ?? 0), 0)
  let short = Math.min(before, leastKept(shift)) - after
  for (const { hash } of able) {
    const share = shares.get(hash) ?? 0
    const extra = Math.max(0, Math.min(short, (shift.now[hash] ?? 0) - share))
    shares.set(hash, share + extra)
    short -= extra
  }
}

/** Two Routes of different age may give more than everything together; the later versions in the list yield. */
const cutToAll = (shares: Map<string, number>): void => {
  let left = ALL_HUNDREDTHS
  for (const [hash, share] of shares) {
    shares.set(hash, Math.min(share, left))
    left -= Math.min(share, left)
  }
}

/** Without a ready stable pod those that have some keep what they have, and the one with most gets the rest. */
const rescue = ({ now, stable, others }: Shift): Weights | undefined => {
  const able = others.filter(({ ready }) => ready > 0)
  const share = ({ hash }: Mover) => now[hash] ?? 0
  const [rescuer] = able.toSorted((a, b) => share(b) - share(a))
  if (stable.ready > 0 || rescuer === undefined) return undefined
  const shares = new Map(others.map(other => [other.hash, able.includes(other) ? share(other) : 0]))
  cutToAll(shares)
  const rest = ALL_HUNDREDTHS - [...shares.values()].reduce((sum, each) => sum + each, 0)
  return Object.fromEntries([...shares.set(rescuer.hash, (shares.get(rescuer.hash) ?? 0) + rest), [stable.hash, 0]])
}

/** The next shares by version, which sum to 100. Planning them again from their own result changes nothing. */
export const nextWeights = ({ now, others, ...shift }: Shift): Weights => {
  const next = nextShares({
    ...shift,
    now: mapValues(now, toHundredths),
    others: others.map(other => ({ ...other, want: toHundredths(other.want) })),
  })
  return mapValues(next, fromHundredths)
}

const mapValues = (weights: Weights, change: (weight: number) => number): Weights =>
  Object.fromEntries(Object.entries(weights).map(([hash, weight]) => [hash, change(weight)]))

/** The same in hundredths of a percent: whole numbers add up. */
const nextShares = (shift: Shift): Weights => {
  const rescued = rescue(shift)
  if (rescued) return rescued
  const shares = new Map(shift.others.map(other => [other.hash, nextShare(other, shift.now[other.hash] ?? 0, shift.replicas)]))
  keepBack(shares, shift)
  cutToAll(shares)
  const rest = ALL_HUNDREDTHS - [...shares.values()].reduce((sum, share) => sum + share, 0)
  return Object.fromEntries([...shares, [shift.stable.hash, rest]])
}
