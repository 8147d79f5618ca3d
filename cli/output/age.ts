/** How long ago, the way kubectl says it: `42s`, `3m10s`, `2h5m`, `4d3h`. */

const UNITS: readonly (readonly [suffix: string, ms: number, next: readonly [string, number] | undefined, until: number])[] = [
  ['s', 1000, undefined, 120],
  ['m', 60_000, ['s', 1000], 180],
  ['h', 3_600_000, ['m', 60_000], 48],
  ['d', 86_400_000, ['h', 3_600_000], Number.POSITIVE_INFINITY],
]

/** From milliseconds; the second unit is left out from ten of the first on, and where it is 0. */
export const renderSpan = (ms: number): string => {
  const span = Math.max(0, ms)
  for (const [suffix, unit, next, until] of UNITS) {
    const count = Math.floor(span / unit)
    if (count >= until) continue
    if (next === undefined || count >= 10) return `${count}${suffix}`
    const rest = Math.floor((span % unit) / next[1])
    return rest === 0 ? `${count}${suffix}` : `${count}${suffix}${rest}${next[0]}`
  }
  return ''
}

/** Since an RFC 3339 time; `-` when there is none. */
export const renderAge = (since: string | undefined, now: number): string => {
  const at = since === undefined ? Number.NaN : Date.parse(since)
  return Number.isNaN(at) ? '-' : renderSpan(now - at)
}
