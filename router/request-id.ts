/** Every request gets a name on its way to a pod, by which logs of several programs can be put together. Pure. */

export const REQUEST_ID = 'x-request-id'

/** A UUID of version 4 (RFC 9562 5.4). `random` is in [0, 1). It is for finding things, not for keeping secrets. */
export const makeRequestId = (random: () => number): string => {
  const [a, b, c, d] = [word(random), word(random), word(random), word(random)]
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${VARIANTS[Math.floor(random() * 4)]}${c.slice(1, 4)}-${c.slice(4)}${d}`
}

const VARIANTS = '89ab'

const word = (random: () => number): string =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')

/** Gives the request a name unless it has one. Names of headers are lower case. */
export const addRequestId = (headers: { [name: string]: string | string[] | undefined }, random: () => number): void => {
  headers[REQUEST_ID] ??= makeRequestId(random)
}
