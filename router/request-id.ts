/** Every request gets a name on its way to a pod, by which logs of several programs can be put together. Pure. */

export const REQUEST_ID = 'x-request-id'

const VARIANTS = '89ab'
/** Four digits each: putting them together costs a third of what converting numbers does, and this is done for every request. */
const FOUR_DIGITS = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, '0'))

const digits = (random: () => number): string => FOUR_DIGITS[Math.floor(random() * 0x10000)] ?? ''

/** A UUID of version 4 (RFC 9562 5.4). `random` is in [0, 1). It is for finding things, not for keeping secrets. */
export const makeRequestId = (random: () => number): string => {
  const start = `${digits(random)}${digits(random)}-${digits(random)}`
  const middle = `4${digits(random).slice(1)}-${VARIANTS[Math.floor(random() * 4)]}${digits(random).slice(1)}`
  return `${start}-${middle}-${digits(random)}${digits(random)}${digits(random)}`
}

/** Gives the request a name unless it has one. Names of headers are lower case. */
export const addRequestId = (headers: { [name: string]: string | string[] | undefined }, random: () => number): void => {
  headers[REQUEST_ID] ??= makeRequestId(random)
}
