/** Kubernetes' canonical text of a quantity: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`. */

const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(m|n|u|[kMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
/** Exponents beyond this are refused instead of computed: no quantity of Kubernetes is so large. */
const MAX_EXPONENT = 40

const parts = (text: string) => {
  const match = QUANTITY.exec(text)
  if (!match) return undefined
  const [, sign = '', digits = '', suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  return { sign, suffix, value: BigInt(whole + fraction), places: fraction.length }
}

/** A count of units of 10^-9, and of how many the text speaks at most: Kubernetes rounds the rest up. */
const nanos = (value: bigint, power: number): bigint => {
  if (power >= 0) return value * 10n ** BigInt(power)
  const divisor = 10n ** BigInt(-power)
  return (value + divisor - 1n) / divisor
}

const withExponent = (units: bigint): { readonly digits: bigint; readonly exponent: number } => {
  if (units === 0n) return { digits: 0n, exponent: 0 }
  let [digits, exponent] = [units, -9]
  while (digits % 1000n === 0n) {
    digits /= 1000n
    exponent += 3
  }
  return { digits, exponent }
}

const binaryText = (units: bigint): string | undefined => {
  if (units % 1_000_000_000n !== 0n) return undefined
  let value = units / 1_000_000_000n
  if (value < 1024n) return undefined
  let level = 0
  while (value % 1024n === 0n && level < BINARY.length - 1) {
    value /= 1024n
    level += 1
  }
  return `${value}${BINARY[level]}`
}

const decimalText = (units: bigint, isScientific: boolean): string => {
  const { digits, exponent } = withExponent(units)
  if (isScientific) return exponent === 0 ? String(digits) : `${digits}e${exponent}`
  const suffix = DECIMAL[(exponent + 9) / 3]
  if (suffix !== undefined) return `${digits}${suffix}`
  // Beyond the largest suffix the rest stays in the digits.
  return `${digits * 10n ** BigInt(exponent - 18)}E`
}

/**
 * The text as apimachinery's Quantity.String writes what it parsed (CanonicalizeBytes): the same kind of suffix as written, the largest
 * one that leaves a whole number. Undefined for malformed text.
 */
export const canonicalQuantityText = (quantity: string | number): string | undefined => {
  const read = parts(String(quantity))
  if (read === undefined) return undefined
  const { sign, suffix, value, places } = read
  const isScientific = /^[eE][+-]?\d/.test(suffix)
  const isBinary = suffix.endsWith('i')
  const power = isScientific ? Number(suffix.slice(1)) : Math.max(0, DECIMAL.indexOf(suffix)) * 3 - 9
  const exponent = isBinary ? 0 : power
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined
  const factor = isBinary ? 1024n ** BigInt(BINARY.indexOf(suffix)) : 1n
  const units = nanos(value * factor, 9 + exponent - places)
  const text = (isBinary ? binaryText(units) : undefined) ?? decimalText(units, isScientific)
  return sign === '-' && units !== 0n ? `-${text}` : text
}
