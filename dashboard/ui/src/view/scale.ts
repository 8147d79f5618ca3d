/** What part of the numbers a plot shows. */

type Values = readonly (number | null | undefined)[]

const numbers = (series: readonly Values[]): readonly number[] =>
  series.flatMap(one => one.filter((value): value is number => typeof value === 'number' && Number.isFinite(value)))

/** The smallest of a few round numbers that is not below the value. */
export const niceAbove = (value: number): number => {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(one => one * power >= value * (1 - 1e-9)) ?? 10
  return factor * power
}

/**
 * Shares of 1 up to 1. From far enough below the lowest value and the threshold that both can be told from the edge, yet never flatter
 * than one per cent: at 100 % throughout, noise of 0.01 % must not look like a fall.
 */
export const shareRange = (series: readonly Values[], threshold?: number): readonly [number, number] => {
  const lowest = Math.min(1, ...numbers(series), ...(threshold === undefined ? [] : [threshold]))
  const depth = niceAbove(Math.max(0.01, (1 - lowest) * 1.15))
  return [Math.max(0, 1 - depth), 1]
}

/** From 0 to a round number above the highest value and the threshold. */
export const amountRange = (series: readonly Values[], threshold?: number): readonly [number, number] => {
  const highest = Math.max(0, ...numbers(series), ...(threshold === undefined ? [] : [threshold]))
  return [0, niceAbove(highest * 1.1)]
}

/** All values and the threshold with a tenth of room at both ends; for measurements whose meaning is not known. */
export const freeRange = (series: readonly Values[], threshold?: number): readonly [number, number] => {
  const values = [...numbers(series), ...(threshold === undefined ? [] : [threshold])]
  if (values.length === 0) return [0, 1]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = low === high ? Math.max(1, Math.abs(low) * 0.1) : (high - low) * 0.1
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room]
}
