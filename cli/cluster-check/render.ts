/** The rows as a table whose last column goes on in the next line where it does not fit. */
import type { Style } from '../output/style.ts'
import { wrap } from '../output/table.ts'
import type { Row, Verdict } from './row.ts'

const COLOURS: { readonly [verdict in Verdict]: keyof Style } = { ok: 'good', warn: 'waiting', missing: 'bad' }
const STATE_WIDTH = 'missing'.length
const GAP = '  '

export const renderRows = (
  rows: readonly Row[],
  { style, width }: { readonly style: Style; readonly width: number },
): readonly string[] => {
  const first = Math.max('CHECK'.length, ...rows.map(({ check }) => check.length))
  const margin = ' '.repeat(first + GAP.length + STATE_WIDTH + GAP.length)
  const lines = rows.flatMap(({ check, verdict, text }) => {
    // The text is wrapped with its margin and gets its first two cells in the place of it.
    const [begin = '', ...rest] = wrap(`${margin}${text}`, width, margin)
    const state = style[COLOURS[verdict]](verdict) + ' '.repeat(STATE_WIDTH - verdict.length)
    return [`${check.padEnd(first)}${GAP}${state}${GAP}${begin.slice(margin.length)}`, ...rest]
  })
  return [`${'CHECK'.padEnd(first)}${GAP}${'STATE'.padEnd(STATE_WIDTH)}${GAP}WHAT`, ...lines]
}
