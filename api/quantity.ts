/** Kubernetes quantities (`500m`, `1Gi`, `2e3`): enough to compare two of them and to count with one. */

const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(m|n|u|[kMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/
const DECIMAL_EXPONENT: { readonly [suffix: string]: number } = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY_EXPONENT: { readonly [suffix: string]: number } = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }

/** Exponents beyond this are refused instead of computed: no quantity of Kubernetes is so large, and 10 ** 1e9 does not end. */
const MAX_EXPONENT = 40

const divideUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

/**
 * The quantity in units of 10^-9, or undefined for malformed text. A remainder below 10^-9 is rounded away from zero, as
 * Kubernetes does. Equal quantities have equal results however they are written: `1`, `1000m` and `1.0`.
 */
export const quantityNanos = (quantity: string | number): bigint | undefined => {
  const match = QUANTITY.exec(String(quantity))
  if (!match) return undefined
  const [, sign = '', digits = '', suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  const exponent = /^[eE][+-]?\d/.test(suffix) ? Number(suffix.slice(1)) : (DECIMAL_EXPONENT[suffix] ?? 0)
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined
  const factor = 2n ** BigInt(BINARY_EXPONENT[suffix] ?? 0)
  const power = 9 + exponent - fraction.length
  const unscaled = BigInt(whole + fraction) * factor
  const nanos = power >= 0 ? unscaled * 10n ** BigInt(power) : divideUp(unscaled, 10n ** BigInt(-power))
  return sign === '-' ? -nanos : nanos
}

/** The quantity as a number (`500m` -> 0.5, `1Ki` -> 1024), or undefined for malformed text. */
export const parseQuantity = (quantity: string | number): number | undefined => {
  const nanos = quantityNanos(quantity)
  return nanos === undefined ? undefined : Number(nanos) / 1e9
}
