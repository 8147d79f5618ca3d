/** Tables that fit the terminal: columns as wide as their cells, and where that is too much, the widest texts cut. */
import { cellsOf } from './style.ts'

export type Column = {
  readonly title: string
  /** May be cut; a column that may not keeps every character. */
  readonly shrinks?: boolean
}

const GAP = 2
const NARROWEST = 8

/** The text cut to so many cells, its end replaced by an ellipsis. Colours are not cut through: a text that is cut has none. */
const cut = (text: string, cells: number): string =>
  cellsOf(text) <= cells ? text : `${[...text].slice(0, cells - 1).join('')}…`

/** Takes what is too much from the widest shrinkable column, cell by cell. */
const fit = (widths: readonly number[], columns: readonly Column[], width: number): readonly number[] => {
  const fitted = [...widths]
  let over = fitted.reduce((sum, one) => sum + one, 0) + GAP * (columns.length - 1) - width
  while (over > 0) {
    let widest = -1
    for (const [i, column] of columns.entries())
      if (column.shrinks && fitted[i]! > NARROWEST && (widest < 0 || fitted[i]! > fitted[widest]!)) widest = i
    if (widest < 0) break
    fitted[widest]! -= 1
    over -= 1
  }
  return fitted
}

/** Lines without trailing spaces, the titles first. `width` Infinity cuts nothing. */
export const renderTable = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] => {
  const titles = columns.map(column => column.title)
  const all = [titles, ...rows]
  const widths = columns.map((_, i) => Math.max(...all.map(row => cellsOf(row[i] ?? ''))))
  const fitted = fit(widths, columns, width)
  return all.map(row =>
    columns
      .map((_, i) => {
        const cell = cut(row[i] ?? '', fitted[i] ?? 0)
        return cell + ' '.repeat(Math.max(0, (fitted[i] ?? 0) - cellsOf(cell)))
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** Text broken at spaces so that no line is longer than `width`; the lines after the first start with `indent`. */
export const wrap = (text: string, width: number, indent = ''): readonly string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' || line === indent ? line + word : `${line} ${word}`
    if (cellsOf(longer) <= width || line === '' || line === indent) line = longer
    else {
      lines.push(line)
      line = indent + word
    }
  }
  return [...lines, line]
}
