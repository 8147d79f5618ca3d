/**
 * Addresses that no metric is asked from: link-local ones, where clouds answer any process of a machine with its credentials, which would
 * then stand in the status of a measurement.
 */
import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const DENIED = new BlockList()
DENIED.addSubnet('169.254.0.0', 16, 'ipv4')
DENIED.addSubnet('fe80::', 10, 'ipv6')
// Amazon's IPv6 address for the same.
DENIED.addAddress('fd00:ec2::254', 'ipv6')

export const WHY_DENIED = 'it is a link-local address, where clouds keep credentials, which is never asked'

export const isDenied = (address: string): boolean => {
  const bare = address.replace(/^\[|\]$/g, '')
  const version = isIP(bare)
  return version !== 0 && DENIED.check(bare, version === 4 ? 'ipv4' : 'ipv6')
}

export class DeniedAddress extends Error {}

/** Resolves names as the system does, and fails when a name stands for such an address, so that it is not connected to. */
export const guardedLookup =
  (lookup: LookupFunction = systemLookup): LookupFunction =>
  (hostname, options, done) =>
    lookup(hostname, options, (error, address, family) => {
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map(one => one.address)
      if (!error && addresses.some(isDenied)) done(new DeniedAddress(WHY_DENIED), '', 4)
      else done(error, address, family)
    })
