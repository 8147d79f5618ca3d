/** The cookies of a request (RFC 6265 4.2.1). Pure, and nothing is made but the values that are asked for. */

const EQUALS = 0x3d
const QUOTE = 0x22
const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/**
 * The first value of the cookie `name` for which `test` holds, or undefined. Names are compared as they are. Quotes around a value are
 * no part of it: servers differ in whether they take them off, people who write a match do not think of them.
 */
export const findCookie = (header: string, name: string, test: (value: string) => boolean): string | undefined => {
  let from = 0
  while (from < header.length) {
    const semicolon = header.indexOf(';', from)
    const end = semicolon < 0 ? header.length : semicolon
    const value = valueIn(header, { name, from, end })
    if (value !== undefined && test(value)) return value
    from = end + 1
  }
  return undefined
}

type Pair = { readonly name: string; readonly from: number; readonly end: number }

/** The value of one pair, when it has the name. */
const valueIn = (header: string, { name, from, end }: Pair): string | undefined => {
  let start = from
  while (start < end && isBlank(header.charCodeAt(start))) start++
  if (!header.startsWith(name, start)) return undefined
  let at = start + name.length
  while (at < end && isBlank(header.charCodeAt(at))) at++
  if (at >= end || header.charCodeAt(at) !== EQUALS) return undefined
  const value = header.slice(at + 1, end).trim()
  const isQuoted = value.length >= 2 && value.charCodeAt(0) === QUOTE && value.charCodeAt(value.length - 1) === QUOTE
  return isQuoted ? value.slice(1, -1) : value
}
