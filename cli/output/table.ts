/** Tables that fit the terminal: columns as wide as their cells, and where that is too much, the widest texts cut. */
import { cellsOf } from './style.ts'

export type Column = {
  readonly title: string
  /** May be cut; a column that may not keeps every character. */
  readonly shrinks?: boolean
  /** Left out where the table is too wide with it. */
  readonly drops?: boolean
}

type Rows = readonly (readonly string[])[]

const GAP = 2
const NARROWEST = 8

/** Of names that are cut these last characters stay: it is they that tell two pods apart. */
const TAIL = 6

/** The text cut to so many cells, an ellipsis in it. Only texts without colours are cut. */
const cut = (text: string, cells: number): string => {
  if (cellsOf(text) <= cells) return text
  const points = [...text]
  const tail = Math.min(TAIL, Math.floor((cells - 1) / 2))
  return `${points.slice(0, cells - 1 - tail).join('')}…${points.slice(points.length - tail).join('')}`
}

const widthsOf = (columns: readonly Column[], all: Rows): readonly number[] =>
  columns.map((_, i) => Math.max(...all.map(row => cellsOf(row[i] ?? ''))))

const total = (widths: readonly number[]): number => widths.reduce((sum, one) => sum + one, 0) + GAP * (widths.length - 1)

/** Takes what is too much from the widest shrinkable column, cell by cell. */
const fit = (widths: readonly number[], columns: readonly Column[], width: number): readonly number[] => {
  const fitted = [...widths]
  for (let over = total(fitted) - width; over > 0; over -= 1) {
    let widest = -1
    for (const [i, column] of columns.entries())
      if (column.shrinks && fitted[i]! > NARROWEST && (widest < 0 || fitted[i]! > fitted[widest]!)) widest = i
    if (widest < 0) break
    fitted[widest]! -= 1
  }
  return fitted
}

const renderRow = (row: readonly string[], widths: readonly number[]): string =>
  widths
    .map((width, i) => {
      const cell = cut(row[i] ?? '', width)
      return cell + ' '.repeat(Math.max(0, width - cellsOf(cell)))
    })
    .join(' '.repeat(GAP))
    .trimEnd()

/** Lines without trailing spaces, the titles first. `width` Infinity cuts nothing. */
export const renderTable = (columns: readonly Column[], rows: Rows, width: number): readonly string[] => {
  const all = [columns.map(column => column.title), ...rows]
  const widths = widthsOf(columns, all)
  const dropped = total(widths) > width ? columns.findIndex(column => column.drops) : -1
  if (dropped >= 0)
    return renderTable(
      columns.toSpliced(dropped, 1),
      rows.map(row => row.toSpliced(dropped, 1)),
      width,
    )
  const fitted = fit(widths, columns, width)
  return all.map(row => renderRow(row, fitted))
}

/** Text broken at spaces so that no line is longer than `width`; the lines after the first start with `indent`. */
export const wrap = (text: string, width: number, indent = ''): readonly string[] => {
  const lines: string[] = []
  let line = /^ */.exec(text)?.[0] ?? ''
  let isEmpty = true
  for (const word of text.slice(line.length).split(' ')) {
    const longer = isEmpty ? line + word : `${line} ${word}`
    if (!isEmpty && cellsOf(longer) > width) {
      lines.push(line)
      line = indent + word
    } else line = longer
    isEmpty = false
  }
  return [...lines, line]
}
