/** What is wrong with an expression: when it was found, what, and where, printed as the Go library prints it. Pure. */

export type ExprProblem = {
  /** `compile`: it can never be evaluated in this environment; `run`: not with these values. */
  readonly kind: 'compile' | 'run'
  /** Without the place. */
  readonly message: string
  /** 1-based; both 0 when there is no place. */
  readonly line: number
  readonly column: number
  /** The message, the place, the line of the expression and a pointer to the place. */
  readonly text: string
}

/** Runes from the start of the source. */
export type Span = { readonly from: number; readonly to: number }

export const NOWHERE: Span = { from: 0, to: 0 }

/** Thrown inside the compiler only; `compileExpression` turns it into a value. */
export class CompileFailure extends Error {
  readonly span: Span | undefined
  constructor(message: string, span: Span | undefined) {
    super(message)
    this.span = span
  }
}

/** A problem at a place in the source. */
export const problemAt = (kind: ExprProblem['kind'], message: string, source: string, span: Span | undefined): ExprProblem => {
  if (!span) return { kind, message, line: 0, column: 0, text: message }
  const before = [...source].slice(0, span.from)
  const line = before.filter(rune => rune === '\n').length + 1
  const column = before.length - (before.lastIndexOf('\n') + 1)
  const shown = source.split('\n')[line - 1] ?? ''
  if (shown === '') return { kind, message, line, column: column + 1, text: message }
  const pointer = `${'.'.repeat(column)}^`
  const text = `${message} (${line}:${column + 1})\n | ${shown.replaceAll('\t', ' ')}\n | ${pointer}`
  return { kind, message, line, column: column + 1, text }
}
