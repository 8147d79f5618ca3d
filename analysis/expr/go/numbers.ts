/** Numbers as Go reads, wraps and writes them. Pure. */

const MIN_INT = -(2n ** 63n)
const MAX_INT = 2n ** 63n - 1n

export const wrap = (value: bigint): bigint => BigInt.asIntN(64, value)

/** float64 to int as amd64 does it: towards zero, and the smallest int for what does not fit. */
export const truncate = (value: number): bigint => {
  if (!Number.isFinite(value)) return MIN_INT
  const whole = BigInt(Math.trunc(value))
  return whole < MIN_INT || whole > MAX_INT ? MIN_INT : whole
}

/** strconv.ParseInt(text, 10, 64). */
export const parseDecimal = (text: string): bigint | 'syntax' | 'range' => {
  if (!/^[+-]?[0-9]+$/.test(text)) return 'syntax'
  const value = BigInt(text.replace('+', ''))
  return value < MIN_INT || value > MAX_INT ? 'range' : value
}

const DECIMAL = /^[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?$/
const HEX = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9_]+)$/

/** Underscores stand between digits only. */
const hasWrongUnderscore = (text: string): boolean =>
  /(?:^|[^0-9a-fA-FxX])_|_(?:$|[^0-9a-fA-F])|__/.test(text.replace(/^[+-]/, ''))

const special = (text: string): number | undefined => {
  const [, sign, word] = /^([+-]?)(inf|infinity|nan)$/i.exec(text) ?? []
  if (word === undefined) return undefined
  if (word.toLowerCase() === 'nan') return sign === '' ? Number.NaN : undefined
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

const parseHexFloat = (text: string): number | undefined => {
  const [, sign, whole = '', fraction = '', exponent = ''] = HEX.exec(text) ?? []
  const digits = (whole + fraction).replaceAll('_', '')
  if (sign === undefined || digits === '') return undefined
  const value =
    Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent.replaceAll('_', '')) - 4 * fraction.replaceAll('_', '').length)
  return sign === '-' ? -value : value
}

/** strconv.ParseFloat(text, 64). */
export const parseFloat64 = (text: string): number | 'syntax' | 'range' => {
  const named = special(text)
  if (named !== undefined) return named
  if (text.includes('_') && hasWrongUnderscore(text)) return 'syntax'
  const value = DECIMAL.test(text) ? Number(text.replaceAll('_', '')) : parseHexFloat(text)
  if (value === undefined) return 'syntax'
  return Number.isFinite(value) ? value : 'range'
}

/** Shortest digits that give the number back, and the position of the decimal point after the first `point` of them. */
const shortest = (value: number): { readonly digits: string; readonly exponent: number } => {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  return { digits: mantissa.replace('.', ''), exponent: Number(exponent) }
}

const withExponent = (digits: string, exponent: number): string => {
  const rest = digits.length > 1 ? `.${digits.slice(1)}` : ''
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits[0]}${rest}e${exponent < 0 ? '-' : '+'}${size}`
}

const withoutExponent = (digits: string, exponent: number): string => {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  const padded = digits.padEnd(exponent + 1, '0')
  return padded.length > exponent + 1 ? `${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}` : padded
}

/** As Go's %v. */
export const formatFloat = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const { digits, exponent } = shortest(Math.abs(value))
  return sign + (exponent < -4 || exponent >= 6 ? withExponent(digits, exponent) : withoutExponent(digits, exponent))
}

/** All digits, without exponent: strconv.FormatFloat(value, 'f', -1, 64). */
export const formatDecimal = (value: number): string => {
  if (!Number.isFinite(value)) return formatFloat(value)
  const { digits, exponent } = shortest(Math.abs(value))
  return (value < 0 || Object.is(value, -0) ? '-' : '') + withoutExponent(digits, exponent)
}

/** As Go's encoding/json; NaN and infinities are undefined. */
export const jsonFloat = (value: number): string | undefined => {
  if (!Number.isFinite(value)) return undefined
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const { digits, exponent } = shortest(Math.abs(value))
  const isPlain = value === 0 || (exponent >= -6 && exponent < 21)
  return sign + (isPlain ? withoutExponent(digits, exponent) : withExponent(digits, exponent).replace('e-0', 'e-'))
}
