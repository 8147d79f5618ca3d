/** How pages come onto a terminal, and how wide they may be. */
import type { Session, Terminal } from '../command.ts'
import type { RenderOptions } from './style.ts'

export const optionsOf = ({ terminal, format, now }: Session): RenderOptions => ({
  style: terminal.style,
  width: format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width,
  now: now(),
})

/** A terminal is painted over from its top, each line to its end, so that nothing flickers. */
export const repaint = (lines: readonly string[]): string =>
  `\u001b[H${lines.map(line => `${line}\u001b[K`).join('\n')}\n\u001b[J`

/** What does not fit below the last line of the terminal is counted. */
export const fitRows = (lines: readonly string[], { rows, style }: Terminal): readonly string[] => {
  const most = rows - 1
  if (lines.length <= most) return lines
  return [...lines.slice(0, most - 1), style.dim(`… ${lines.length - most + 1} more lines do not fit`)]
}
