/** Which rows of a long list are drawn: only those in sight, and some before and after. */

export type Scroll = {
  /** Pixels of the list that are above the window's upper edge; negative while the list begins below it. */
  readonly top: number
  /** Of the window. */
  readonly height: number
}

/** Rows of one height that follow one another. */
export type Zone = { readonly count: number; readonly rowHeight: number }

export type Slice = {
  readonly from: number
  /** The first that is not drawn. */
  readonly to: number
}

const SPARE = 6

/** The upper edge of a row; for the row after the last, the height of the list. Pixels. */
export const topOf = (zones: readonly Zone[], row: number): number => {
  let [top, left] = [0, row]
  for (const { count, rowHeight } of zones) {
    const rows = Math.min(left, count)
    top += rows * rowHeight
    left -= rows
  }
  return top
}

export const countOf = (zones: readonly Zone[]): number => zones.reduce((sum, { count }) => sum + count, 0)

export const heightOf = (zones: readonly Zone[], row: number): number => topOf(zones, row + 1) - topOf(zones, row)

/** The row at so many pixels from the list's begin; the count of rows below its end. */
const rowAt = (zones: readonly Zone[], at: number): number => {
  let [rows, left] = [0, Math.max(0, at)]
  for (const { count, rowHeight } of zones) {
    if (left < count * rowHeight) return rows + Math.floor(left / rowHeight)
    rows += count
    left -= count * rowHeight
  }
  return rows
}

export const sliceOf = ({ top, height }: Scroll, zones: readonly Zone[]): Slice => {
  const count = countOf(zones)
  const from = Math.max(0, Math.min(rowAt(zones, top) - SPARE, count - 1))
  return { from, to: Math.max(from, Math.min(count, rowAt(zones, top + height) + 1 + SPARE)) }
}

/** Where the window's top has to go so that the row is whole in sight; undefined when it is already. `margin` keeps it off the edges. */
export const scrollTo = ({ top, height }: Scroll, zones: readonly Zone[], row: number, margin = 0): number | undefined => {
  const [upper, lower] = [topOf(zones, row) - margin, topOf(zones, row + 1) + margin]
  if (upper < top) return upper
  return lower > top + height ? lower - height : undefined
}
