/** Go durations (`1h30m`, `250ms`, `.5s`), which is how every Kubernetes resource writes time spans. */

const NANOSECONDS: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5 micro sign
  μs: 1_000n, // U+03BC Greek mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const LIMIT = 2n ** 63n
const PART = /^(\d*)(?:\.(\d*))?([^\d.]+)/

/** Nanoseconds of one `NUMBER UNIT` part, or undefined where Go reports an error. Go computes the fraction in floating point. */
const partNanoseconds = (whole: string, fraction: string, unit: string): bigint | undefined => {
  const size = NANOSECONDS[unit]
  if (size === undefined || !Object.hasOwn(NANOSECONDS, unit) || whole + fraction === '') return undefined
  const value = BigInt(whole === '' ? '0' : whole) * size
  if (value > LIMIT) return undefined
  // More than 18 digits after the point are beyond what Go's 63-bit accumulator keeps.
  const digits = keptFraction(fraction)
  const parts = digits === '' ? 0n : BigInt(Math.trunc(Number(digits) * (Number(size) / 10 ** digits.length)))
  return value + parts
}

/** The leading digits that Go's leadingFraction keeps before its accumulator would overflow. */
const keptFraction = (fraction: string): string => {
  let value = 0n
  let kept = 0
  for (const digit of fraction) {
    if (value > (LIMIT - 1n) / 10n) break
    value = value * 10n + BigInt(digit)
    if (value > LIMIT) break
    kept += 1
  }
  return fraction.slice(0, kept)
}

/** Sum of all parts, or undefined where Go reports an error. */
const sumNanoseconds = (text: string): bigint | undefined => {
  let rest = text
  let total = 0n
  while (rest !== '') {
    const match = PART.exec(rest)
    if (!match) return undefined
    const part = partNanoseconds(match[1] ?? '', match[2] ?? '', match[3] ?? '')
    if (part === undefined) return undefined
    total += part
    if (total > LIMIT) return undefined
    rest = rest.slice(match[0].length)
  }
  return total
}

/**
 * Milliseconds of a duration as Go's `time.ParseDuration` reads it (a sign, parts such as `1h`, `1.5s`, `300ms`; `0` alone),
 * or undefined where Go reports an error: no unit, an unknown unit (there is no `d`), spaces, more than about 292 years.
 */
export const parseDuration = (text: string): number | undefined => {
  const negative = text.startsWith('-')
  const unsigned = negative || text.startsWith('+') ? text.slice(1) : text
  if (unsigned === '0') return 0
  if (unsigned === '') return undefined
  const total = sumNanoseconds(unsigned)
  if (total === undefined || (total === LIMIT && !negative)) return undefined
  // Whole milliseconds apart, because nanoseconds of more than 104 days are beyond a double's 53 bits.
  const milliseconds = Number(total / 1_000_000n) + Number(total % 1_000_000n) / 1e6
  return negative && milliseconds !== 0 ? -milliseconds : milliseconds
}

/** At most `digits` decimals, without trailing zeros, from a whole number of units of 10^-digits. */
const decimal = (value: bigint, digits: number): string => {
  const scale = 10n ** BigInt(digits)
  const fraction = String(value % scale)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(value / scale) : `${value / scale}.${fraction}`
}

const formatSubsecond = (nanoseconds: bigint): string => {
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 3)}µs`
  return `${decimal(nanoseconds, 6)}ms`
}

/** A duration as Go's `Duration.String` writes it: 90000 -> `1m30s`, 7200000 -> `2h0m0s`, 1500 -> `1.5s`, 0 -> `0s`. */
export const formatDuration = (milliseconds: number): string => {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`
  const whole = Math.trunc(milliseconds)
  const nanoseconds = BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6))
  if (nanoseconds === 0n) return '0s'
  if (nanoseconds < 1_000_000_000n) return formatSubsecond(nanoseconds)
  const minutes = nanoseconds / 60_000_000_000n
  const seconds = `${decimal(nanoseconds % 60_000_000_000n, 9)}s`
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}
