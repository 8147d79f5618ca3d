/** Address ranges of NetworkPolicies. Pure, both families. */

/** The address as one number; undefined for what is none. `::ffff:10.0.0.1` is an IPv6 address here. */
const parseIpv4 = (text: string): bigint | undefined => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

/** The groups of one side of `::`; a dotted tail counts for two. */
const groupsOf = (text: string): readonly bigint[] | undefined => {
  if (text === '') return []
  const groups: bigint[] = []
  for (const part of text.split(':')) {
    const dotted = part.includes('.') ? parseIpv4(part) : undefined
    if (dotted !== undefined) groups.push(dotted >> 16n, dotted & 0xffffn)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`))
    else return undefined
  }
  return groups
}

const parseIpv6 = (text: string): bigint | undefined => {
  const [head = '', tail, more] = text.split('::')
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  if (before === undefined || after === undefined || more !== undefined) return undefined
  const gap = 8 - before.length - after.length
  if (tail === undefined ? gap !== 0 : gap < 1) return undefined
  return [...before, ...Array<bigint>(gap).fill(0n), ...after].reduce((sum, group) => (sum << 16n) + group, 0n)
}

type Address = { readonly bits: 32 | 128; readonly value: bigint }

const parseAddress = (text: string): Address | undefined => {
  const isIpv6 = text.includes(':')
  const value = isIpv6 ? parseIpv6(text) : parseIpv4(text)
  return value === undefined ? undefined : { bits: isIpv6 ? 128 : 32, value }
}

/** True when the address lies in the range `ADDRESS/BITS`; never across families, and never for what cannot be read. */
export const isInCidr = (address: string, cidr: string): boolean => {
  const [base = '', length = ''] = cidr.split('/')
  const range = parseAddress(base)
  const own = parseAddress(address)
  if (range === undefined || own === undefined || range.bits !== own.bits || !/^\d{1,3}$/.test(length)) return false
  const bits = Number(length)
  if (bits > range.bits) return false
  const shift = BigInt(range.bits - bits)
  return own.value >> shift === range.value >> shift
}
