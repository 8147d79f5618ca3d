/** A template's text cut into plain text and the tokens of its actions, by the rules of Go's text/template. Pure. */

export type Token =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  /** `.a` or `$x` or a name; `isJoined`: no space before it, so that `.a.b` is one chain. */
  | { readonly kind: 'field' | 'variable' | 'name'; readonly value: string; readonly isJoined: boolean }
  | { readonly kind: 'mark'; readonly value: string }

export type Piece = { readonly text: string } | { readonly tokens: readonly Token[] }

/** What is wrong with a template, or happened when it was rendered; its message is for the author of the template. */
export class TemplateProblem extends Error {}

const ACTION = /\{\{(- )?((?:"(?:\\.|[^"\\\n])*"|`[^`]*`|\/\*[\s\S]*?\*\/|[^"`])*?)( -)?\}\}/g
const TOKEN =
  /(\s*)(?:"((?:\\.|[^"\\])*)"|`([^`]*)`|(-?\d+(?:\.\d+)?)|\.([A-Za-z_][A-Za-z0-9_]*)|(\$[A-Za-z0-9_]*)|([A-Za-z_][A-Za-z0-9_]*)|(:=|[.|(),=]))/y

const unquote = (inner: string): string => {
  try {
    return JSON.parse(`"${inner}"`) as string
  } catch {
    throw new TemplateProblem(`"${inner}" is no string: escapes are those of JSON, e.g. "a\\n"`)
  }
}

const tokenOf = (match: RegExpExecArray): Token => {
  const [, space = '', quoted, raw, number, field, variable, name, mark = ''] = match
  const isJoined = space === ''
  if (quoted !== undefined) return { kind: 'string', value: unquote(quoted) }
  if (raw !== undefined) return { kind: 'string', value: raw }
  if (number !== undefined) return { kind: 'number', value: Number(number) }
  if (field !== undefined) return { kind: 'field', value: field, isJoined }
  if (variable !== undefined) return { kind: 'variable', value: variable, isJoined }
  return name !== undefined ? { kind: 'name', value: name, isJoined } : { kind: 'mark', value: mark }
}

const tokenise = (action: string): readonly Token[] => {
  const tokens: Token[] = []
  const text = action.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null)
      throw new TemplateProblem(`{{${action}}}: not understood from ${JSON.stringify(text.slice(at, at + 20))} on`)
    tokens.push(tokenOf(match))
  }
  return tokens
}

/** Throws TemplateProblem. `{{- ` and ` -}}` take the white space beside them along. */
export const lex = (source: string): readonly Piece[] => {
  const pieces: Piece[] = []
  let at = 0
  let trimNext = false
  const addText = (text: string, trimEnd: boolean) => {
    const begun = trimNext ? text.trimStart() : text
    const whole = trimEnd ? begun.trimEnd() : begun
    if (whole.includes('{{'))
      throw new TemplateProblem(
        `an action is not closed: ${JSON.stringify(whole.slice(whole.indexOf('{{'), whole.indexOf('{{') + 30))}`,
      )
    if (whole !== '') pieces.push({ text: whole })
  }
  for (const match of source.matchAll(ACTION)) {
    addText(source.slice(at, match.index), match[1] !== undefined)
    at = match.index + match[0].length
    trimNext = match[3] !== undefined
    const action = match[2] ?? ''
    if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(action)) pieces.push({ tokens: tokenise(action) })
  }
  addText(source.slice(at), false)
  return pieces
}
