/**
 * The CEL library takes only plain field paths in `has()`, while CEL takes any expression before the last field. So
 * `has(a.list[0].b)` is written as `a.list[0].?b.hasValue()`, which means the same.
 */

const QUOTES = ['"', "'"]

/** The index after a quoted text that starts at `at`. */
const afterQuote = (text: string, at: number): number => {
  const quote = text[at]
  let index = at + 1
  while (index < text.length && text[index] !== quote) index += text[index] === '\\' ? 2 : 1
  return index + 1
}

/** The index of the parenthesis that closes the one at `open`; undefined when there is none. */
const closingOf = (text: string, open: number): number | undefined => {
  let depth = 0
  for (let index = open; index < text.length; index += 1) {
    const sign = text[index] ?? ''
    if (QUOTES.includes(sign)) index = afterQuote(text, index) - 1
    else if ('([{'.includes(sign)) depth += 1
    else if (')]}'.includes(sign)) depth -= 1
    if (depth === 0 && ')]}'.includes(sign)) return index
  }
  return undefined
}

const PLAIN_PATH = /^\s*[A-Za-z_][\w.]*\s*$/
const LAST_FIELD = /^([\s\S]*[\])])\s*((?:\.\w+)*)\.(\w+)\s*$/

const rewritten = (argument: string): string => {
  const inner = rewriteHas(argument)
  const [, before, path = '', field] = inner.match(LAST_FIELD) ?? []
  return PLAIN_PATH.test(inner) || before === undefined ? `has(${inner})` : `(${before}${path}.?${field}.hasValue())`
}

const HAS = /(?<![\w.])has\s*\(/y

/** The expression with every `has()` in a form that the library takes. */
export const rewriteHas = (expression: string): string => {
  let result = ''
  let index = 0
  while (index < expression.length) {
    HAS.lastIndex = index
    const found = HAS.exec(expression)
    const open = found ? index + found[0].length - 1 : 0
    const close = found ? closingOf(expression, open) : undefined
    if (close !== undefined) {
      result += rewritten(expression.slice(open + 1, close))
      index = close + 1
    } else {
      const end = QUOTES.includes(expression[index] ?? '') ? afterQuote(expression, index) : index + 1
      result += expression.slice(index, end)
      index = end
    }
  }
  return result
}
