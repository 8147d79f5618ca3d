/**
 * Which version a request goes to and which of its pods. Pure: what is remembered between two requests is in the small
 * objects that the caller holds, so the same requests always give the same picks.
 */

/** What the weighted choice remembers of each split, see chooseWeighted(). One object for each Route. */
export type WeightState = { readonly splits: Split[] }
type Split = { phase: number; total: number }

export const newWeightState = (): WeightState => ({ splits: [] })

/**
 * Takes the next request's turn: the index of the version it goes to, or -1 when all weights are 0.
 *
 * Exact: of any `sum(weights)` choices in a row, each index gets exactly its weight. Smooth: after every single choice, also
 * across changes of the weights, the first index has had its share to within one request and the others to within two.
 *
 * How: the first version is split from all the rest, the second from the rest of the rest, and so on. One split of `weight` out
 * of `total` is a rotation: a phase in [-total/2, total/2) moves by `weight` with each choice, and choosing takes `total` away
 * again. A phase that is valid for one weight is valid for every other, so a change of weights needs no reset and causes no
 * burst.
 *
 * `weights` are integers >= 0. Their order must not change between calls (stable, canary, retiring), since a phase belongs to a
 * place.
 */
export const chooseWeighted = (state: WeightState, weights: readonly number[]): number => {
  let total = 0
  for (const weight of weights) total += weight
  if (total <= 0) return -1
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index] ?? 0
    if (weight === total) return index
    if (weight > 0 && takeTurn(state, { split: index, weight, total })) return index
    total -= weight
  }
  return -1
}

type Turn = { readonly split: number; readonly weight: number; readonly total: number }

/** One step of a split: true when it is this version's turn, false when it is the turn of one of those after it. */
const takeTurn = (state: WeightState, { split, weight, total }: Turn): boolean => {
  const known = state.splits[split] ?? { phase: 0, total }
  state.splits[split] = known
  if (known.total !== total) fitSplit(known, total)
  known.phase += weight
  const chosen = known.phase * 2 >= total
  if (chosen) known.phase -= total
  return chosen
}

/**
 * A later split's total changes with the weights before it. `phase / total` is what the version is owed in requests: that
 * stays.
 */
const fitSplit = (split: Split, total: number): void => {
  const phase = Math.round((split.phase / split.total) * total)
  split.phase = phase * 2 >= total ? phase - 1 : phase
  split.total = total
}

/** What the choice of a pod looks at. */
export type Candidate = {
  readonly inFlight: number
  /** A time in ms until which it could not be reached a moment ago; 0 when it could. */
  readonly downUntil: number
  /** Until then it is left out altogether; otherwise it is tried when no other is left. */
  readonly isLeftOut?: boolean
}

/**
 * Whether one more of a version's pods that cannot be reached may be left out: never more than `maxPercent` of them, and never the last
 * that is not. What fails everywhere is more likely the network, or this router, than every pod.
 */
export const mayBeLeftOut = (endpoints: readonly Candidate[], maxPercent: number, now: number): boolean => {
  const count = endpoints.length
  let out = 0
  for (const endpoint of endpoints) if (endpoint.isLeftOut && endpoint.downUntil > now) out++
  return out < Math.min(Math.floor((count * maxPercent) / 100), count - 1)
}

/** Where the last scan of a version's pods ended; one object for each version and port. */
export type Cursor = { next: number }

export type EndpointChoice = {
  /** Time in ms, to compare with `downUntil`. */
  readonly now: number
  /** Already tried for this request: not chosen again. */
  readonly tried?: ReadonlySet<Candidate> | undefined
  /** Choose among the pods that are left out when there are no others: better than no answer. */
  readonly desperate: boolean
}

/** Which pods may be chosen: those that are up, also those that are down and not left out, or all. */
type Among = 'up' | 'not left out' | 'all'

/** The pod with the fewest requests in flight, in turn among equals. Undefined when there is none to choose from. */
export const chooseEndpoint = <C extends Candidate>(
  endpoints: readonly C[],
  cursor: Cursor,
  choice: EndpointChoice,
): C | undefined =>
  fewestInFlight(endpoints, cursor, choice, 'up') ??
  fewestInFlight(endpoints, cursor, choice, 'not left out') ??
  (choice.desperate ? fewestInFlight(endpoints, cursor, choice, 'all') : undefined)

/** Whether the pod may be chosen; see Among. */
export const isAmong = ({ downUntil, isLeftOut }: Candidate, among: Among, now: number): boolean =>
  downUntil <= now || among === 'all' || (among === 'not left out' && isLeftOut !== true)

/** Of those not tried. This runs for every request: no function is made for it. */
const fewestInFlight = <C extends Candidate>(
  endpoints: readonly C[],
  cursor: Cursor,
  { tried, now }: EndpointChoice,
  among: Among,
): C | undefined => {
  const count = endpoints.length
  let best: C | undefined
  let bestAt = 0
  for (let step = 0; step < count; step++) {
    const at = (cursor.next + step) % count
    const endpoint = endpoints[at]
    if (!endpoint || !isAmong(endpoint, among, now) || tried?.has(endpoint)) continue
    if (!best || endpoint.inFlight < best.inFlight) {
      best = endpoint
      bestAt = at
    }
    if (best.inFlight === 0) break
  }
  if (best) cursor.next = (bestAt + 1) % count
  return best
}
