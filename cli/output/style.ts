/** Colours, or none: NO_COLOR, --no-color and anything that is not a terminal get plain text. */

export type Paint = (text: string) => string
export type Style = {
  readonly good: Paint
  readonly busy: Paint
  readonly waiting: Paint
  readonly bad: Paint
  readonly dim: Paint
  readonly bold: Paint
}

/** How something is shown: in which colours, how wide (Infinity: never cut), and what the time is (milliseconds since the epoch). */
export type RenderOptions = { readonly style: Style; readonly width: number; readonly now: number }

const paint =
  (open: number, close: number): Paint =>
  text =>
    `\u001b[${open}m${text}\u001b[${close}m`
const plain: Paint = text => text

const COLOURS: Style = {
  good: paint(32, 39),
  busy: paint(34, 39),
  waiting: paint(33, 39),
  bad: paint(31, 39),
  dim: paint(2, 22),
  bold: paint(1, 22),
}

export const PLAIN: Style = { good: plain, busy: plain, waiting: plain, bad: plain, dim: plain, bold: plain }

/** NO_COLOR counts when it is there and not empty (no-color.org). */
export const chooseStyle = (options: {
  readonly isTerminal: boolean
  readonly noColor: string | undefined
  readonly wanted: boolean
}): Style => (options.isTerminal && options.wanted && (options.noColor ?? '') === '' ? COLOURS : PLAIN)

const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[[0-9]+m`, 'g')

/** Cells that the text takes in a terminal, colours left out. Everything that is shown here is one cell a code point. */
export const cellsOf = (text: string): number => [...text.replace(ESCAPE, '')].length
