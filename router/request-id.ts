/** Every request gets a name on its way to a pod, by which logs of several programs can be put together. Pure. */

export const REQUEST_ID = 'x-request-id'

/** Length of a name, in bytes. */
export const REQUEST_ID_BYTES = 36

const DASH = 0x2d
const DIGITS = Buffer.from('0123456789abcdef')
const WORD = 2 ** 32

/**
 * Writes a UUID of version 4 (RFC 9562 5.4) into the bytes from `at` on. `random` is in [0, 1). It is for finding things, not for keeping
 * secrets. Done for every request, hence digit by digit: a string that is put together costs fifteen times as much.
 */
export const writeRequestId = (random: () => number, into: Uint8Array, at: number): void => {
  const first = Math.floor(random() * WORD)
  const second = Math.floor(random() * WORD)
  const third = Math.floor(random() * WORD)
  const fourth = Math.floor(random() * WORD)
  writeDigits(first >>> 16, into, at)
  writeDigits(first & 0xffff, into, at + 4)
  into[at + 8] = DASH
  writeDigits(second >>> 16, into, at + 9)
  into[at + 13] = DASH
  writeDigits((second & 0x0fff) | 0x4000, into, at + 14)
  into[at + 18] = DASH
  writeDigits(((third >>> 16) & 0x3fff) | 0x8000, into, at + 19)
  into[at + 23] = DASH
  writeDigits(third & 0xffff, into, at + 24)
  writeDigits(fourth >>> 16, into, at + 28)
  writeDigits(fourth & 0xffff, into, at + 32)
}

/** Four of them. */
const writeDigits = (value: number, into: Uint8Array, at: number): void => {
  into[at] = DIGITS[value >>> 12]!
  into[at + 1] = DIGITS[(value >>> 8) & 15]!
  into[at + 2] = DIGITS[(value >>> 4) & 15]!
  into[at + 3] = DIGITS[value & 15]!
}

const scratch = Buffer.alloc(REQUEST_ID_BYTES)

/** The same as text. */
export const makeRequestId = (random: () => number): string => {
  writeRequestId(random, scratch, 0)
  return scratch.toString('latin1')
}

/** Gives the request a name unless it has one. Names of headers are lower case. */
export const addRequestId = (headers: { [name: string]: string | string[] | undefined }, random: () => number): void => {
  headers[REQUEST_ID] ??= makeRequestId(random)
}
