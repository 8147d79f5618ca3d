/** Which rows of a long list are drawn: only those in sight, and some before and after. */

export type Scroll = {
  /** Pixels of the list that are above the window's upper edge; negative while the list begins below it. */
  readonly top: number
  /** Of the window. */
  readonly height: number
}

export type Slice = {
  readonly from: number
  /** The first that is not drawn. */
  readonly to: number
  /** Of the whole list, and of what is left out before the slice; pixels. */
  readonly total: number
  readonly before: number
}

const SPARE = 6

/** All rows have the same height. */
export const sliceOf = ({ top, height }: Scroll, rowHeight: number, count: number): Slice => {
  const first = Math.floor(Math.max(0, top) / rowHeight) - SPARE
  const last = Math.ceil((Math.max(0, top) + height) / rowHeight) + SPARE
  const from = Math.max(0, Math.min(first, Math.max(0, count - 1)))
  const to = Math.max(from, Math.min(count, last))
  return { from, to, total: count * rowHeight, before: from * rowHeight }
}

/** Where the window's top has to go so that the row is whole in sight; undefined when it is already. `margin` keeps it off the edges. */
export const scrollTo = ({ top, height }: Scroll, rowHeight: number, row: number, margin = 0): number | undefined => {
  const [upper, lower] = [row * rowHeight - margin, (row + 1) * rowHeight + margin]
  if (upper < top) return upper
  return lower > top + height ? lower - height : undefined
}
