/** Keeps requests in the router's own zone where the Service wants that and the zone can carry it. Pure. */
import type { Address } from './endpoints.ts'
import type { Candidate } from './pick.ts'

/** Where the router is, and what makes it prefer the pods there: hints of the EndpointSlices, or the zones of the pods alone. */
export type Place = { readonly zone: string; readonly prefer: 'hints' | 'zone' }

/**
 * Those of a version's addresses that are to be preferred; none where nothing is. By hints as service proxies go by them: only when
 * every endpoint has some. By zone only when all are known and the zone has at least half of what an even spread would give it, so that a
 * zone with few pods is not overrun.
 */
export const nearAddresses = (addresses: readonly Address[], { zone, prefer }: Place): readonly Address[] => {
  if (addresses.length > 0 && addresses.every(({ hints = [] }) => hints.length > 0))
    return some(
      addresses,
      addresses.filter(({ hints }) => hints?.includes(zone)),
    )
  if (prefer !== 'zone' || addresses.some(address => address.zone === undefined)) return []
  const zones = new Set(addresses.map(address => address.zone)).size
  const near = addresses.filter(address => address.zone === zone)
  return near.length * zones * 2 >= addresses.length ? some(addresses, near) : []
}

/** All of them are none to be preferred. */
const some = (all: readonly Address[], near: readonly Address[]): readonly Address[] => (near.length < all.length ? near : [])

/** Whether at least half of the preferred pods could be reached; fewer would have to carry what all of them should. */
export const isFit = (near: readonly Candidate[], now: number): boolean => {
  let up = 0
  for (const { downUntil } of near) if (downUntil <= now) up++
  return up > 0 && up * 2 >= near.length
}
