/** Lists joined by commas, in which parentheses may hold commas of their own. */

/**
 * The parts of `a, b(c, d), e` without the spaces around them: `a`, `b(c, d)` and `e`. A closing parenthesis without an opening one
 * is an ordinary character. Takes time in proportion to the text, which may come from anybody.
 */
export const splitList = (text: string): string[] => {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '(') depth += 1
    else if (text[i] === ')') depth = Math.max(0, depth - 1)
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}
