/** Prints a view that is drawn again in place on a terminal, and as plain lines now and then where there is none (CI, a file). */

export type Terminal = {
  /** A line that stays. */
  readonly say: (line: string) => void
  /** Lines that the next call replaces. */
  readonly draw: (lines: readonly string[]) => void
}

/** How often a view is printed where it cannot be drawn in place. */
const PLAIN_EVERY_MS = 3000

export const makeTerminal = (out: NodeJS.WriteStream, now: () => number): Terminal => {
  let drawn = 0
  let plainAt = 0
  const erase = () => {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[J`)
    drawn = 0
  }
  return {
    say: line => {
      erase()
      out.write(`${line}\n`)
    },
    draw: lines => {
      if (out.isTTY) {
        erase()
        // A line that wraps would be two, and one too few would be erased.
        const width = Math.max(20, (out.columns ?? 80) - 1)
        out.write(`${lines.map(line => line.slice(0, width)).join('\n')}\n`)
        drawn = lines.length
      } else if (now() - plainAt >= PLAIN_EVERY_MS) {
        plainAt = now()
        out.write(`${lines.join('\n')}\n`)
      }
    },
  }
}
