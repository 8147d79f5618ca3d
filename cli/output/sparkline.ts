/** A row of numbers as a row of bars, one cell each. Pure. */

const BARS = [...'▁▂▃▄▅▆▇█']

/** `undefined` is a gap. What lies outside of the scale is at its edge. */
export const sparkline = (
  values: readonly (number | undefined)[],
  { from, to }: { readonly from: number; readonly to: number },
): string =>
  values
    .map(value => {
      if (value === undefined) return ' '
      const share = to > from ? (value - from) / (to - from) : 0
      return BARS[Math.min(BARS.length - 1, Math.max(0, Math.floor(share * BARS.length)))]
    })
    .join('')
