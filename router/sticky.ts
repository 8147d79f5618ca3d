/**
 * Keeps a user on one version. Pure. A user has a point in 0..9999, made from what the stickiness goes by and the salt of the
 * rollout; a version owns a range of points as wide as its weight. So all routers agree without talking to each other, and a
 * change of the weight moves just the users whose points change hands.
 */
import type { Sticky } from '../api/route.ts'
import { ALL_HUNDREDTHS, toHundredths } from '../api/traffic-weight.ts'
import type { RequestHead } from './match.ts'

export const POINTS: number = ALL_HUNDREDTHS

export type Share = { readonly role: 'stable' | 'canary' | 'retiring' | 'experiment'; readonly weight: number }

/** Canary at the low end, retiring and experiments at the high end: a change of either only moves its border with stable. */
const ORDER = { canary: 0, stable: 1, retiring: 2, experiment: 3 } as const

/** Index in `versions` of the owner of `point`; -1 when all weights are 0. Weights are in percent: a hundredth is a point. */
export const ownerOf = (point: number, versions: readonly Share[]): number => {
  let from = 0
  for (const index of inOrder(versions)) {
    const to = from + toHundredths(versions[index]?.weight ?? 0)
    if (point < to) return index
    from = to
  }
  return -1
}

/** A point in the range of `versions[chosen]`, for a new user who got that version by weight. `random` is in [0, 1). */
export const pointWithin = (chosen: number, versions: readonly Share[], random: number): number => {
  let from = 0
  for (const index of inOrder(versions)) {
    const width = toHundredths(versions[index]?.weight ?? 0)
    if (index === chosen) return Math.min(from + Math.floor(random * width), POINTS - 1)
    from += width
  }
  return 0
}

const inOrder = (versions: readonly Share[]): readonly number[] =>
  versions
    .map((_, index) => index)
    .sort((a, b) => ORDER[versions[a]?.role ?? 'stable'] - ORDER[versions[b]?.role ?? 'stable'] || a - b)

type Asker = {
  /** The client's address. */
  readonly peer: string
  readonly salt: string
  /** Reads cookies; without one there are none. */
  readonly jar?: { readonly read: (header: string) => number | undefined } | undefined
}

/** By what the request says of the way it came, since the router itself is spoken to in the clear. */
export const cameByHttps = (request: RequestHead): boolean =>
  textOf(request.headers['x-forwarded-proto'])?.split(',')[0]?.trim().toLowerCase() === 'https'

/**
 * The user's point, or undefined when the request does not say who it is (no good cookie, header absent). `salt` differs from
 * rollout to rollout, so that it is not always the same users who get new versions first. A cookie is not salted: the router
 * chose the point. `ip` goes by the first address of X-Forwarded-For when there is one, since behind a proxy the peer is the
 * same for everyone; that a client can make it up does no harm, as it decides about nothing but the version.
 */
export const pointOf = (sticky: Sticky, request: RequestHead, { peer, salt, jar }: Asker): number | undefined => {
  if (sticky.by === 'cookie') {
    const { cookie } = request.headers
    return cookie === undefined ? undefined : jar?.read(typeof cookie === 'string' ? cookie : cookie.join('; '))
  }
  const key = sticky.by === 'header' ? textOf(request.headers[sticky.header.toLowerCase()]) : (firstForwarded(request) ?? peer)
  return key ? hash(`${salt} ${key}`) % POINTS : undefined
}

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'object' ? value[0] : value

const firstForwarded = (request: RequestHead): string | undefined =>
  textOf(request.headers['x-forwarded-for'])?.split(',')[0]?.trim()

/**
 * FNV-1a with the finalizer of MurmurHash3 (both in the public domain): evenly spread also for keys that differ in one
 * character.
 */
export const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
