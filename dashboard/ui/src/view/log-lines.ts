/** Lines of a log that grows, of which only so many are kept. Pure. */

export type LogLines = {
  readonly lines: readonly string[]
  /** The beginning of a line whose end has not come. */
  readonly rest: string
  /** Number of the first of `lines`, from 0, so that each keeps its own however many are let go. */
  readonly first: number
}

export const NO_LINES: LogLines = { lines: [], rest: '', first: 0 }

/** A page with more than that is slow, and nobody reads it. */
const MOST = 2000

export const appendLines = ({ lines, rest, first }: LogLines, text: string): LogLines => {
  const parts = (rest + text).split('\n')
  const last = parts.pop() ?? ''
  const all = [...lines, ...parts]
  const gone = Math.max(0, all.length - MOST)
  return { lines: all.slice(gone), rest: last, first: first + gone }
}
