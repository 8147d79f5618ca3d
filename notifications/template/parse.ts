/** The tree of a template: the part of Go's text/template that notifications use. Pure. */
import { lex, type Piece, TemplateProblem, type Token } from './lex.ts'

export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'set'; readonly name: string; readonly isNew: boolean; readonly value: Expression }
  | {
      readonly kind: 'if' | 'with'
      readonly value: Expression
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | {
      readonly kind: 'range'
      /** Names of the key and of the value; `.` is the value in any case. */
      readonly names: readonly string[]
      readonly value: Expression
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }

type Reader = { readonly tokens: readonly Token[]; at: number }

const peek = ({ tokens, at }: Reader): Token | undefined => tokens[at]
const isMark = (token: Token | undefined, value: string): boolean => token?.kind === 'mark' && token.value === value
const take = (reader: Reader): Token | undefined => {
  const token = peek(reader)
  reader.at += 1
  return token
}

const LITERALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['nil', null],
])

/** `.b.c` directly behind what was read. */
const readFields = (reader: Reader, start: Expression): Expression => {
  let value = start
  for (let next = peek(reader); next?.kind === 'field' && next.isJoined; next = peek(reader)) {
    value = { kind: 'field', of: value, name: next.value }
    reader.at += 1
  }
  return value
}

/** One operand; undefined where none begins. */
const readOperand = (reader: Reader): Expression | undefined => {
  const token = peek(reader)
  if (token === undefined) return undefined
  if (isMark(token, '(')) {
    reader.at += 1
    const inner = readPipeline(reader)
    if (!isMark(take(reader), ')')) throw new TemplateProblem('a ( is not closed')
    return readFields(reader, inner)
  }
  if (token.kind === 'mark' && token.value !== '.') return undefined
  reader.at += 1
  if (token.kind === 'string' || token.kind === 'number') return { kind: 'literal', value: token.value }
  if (token.kind === 'field') return readFields(reader, { kind: 'field', of: { kind: 'dot' }, name: token.value })
  if (token.kind === 'variable') return readFields(reader, { kind: 'variable', name: token.value })
  if (token.kind === 'mark') return { kind: 'dot' }
  return LITERALS.has(token.value)
    ? { kind: 'literal', value: LITERALS.get(token.value) }
    : { kind: 'call', name: token.value, args: [] }
}

const readCommand = (reader: Reader): Expression => {
  const first = readOperand(reader)
  if (first === undefined) throw new TemplateProblem('an action lacks a value')
  const args: Expression[] = []
  for (let arg = readOperand(reader); arg !== undefined; arg = readOperand(reader)) args.push(arg)
  if (args.length === 0) return first
  if (first.kind !== 'call') throw new TemplateProblem('only a function can be given arguments')
  return { ...first, args }
}

/** `a | f x` is `f x a`. */
const readPipeline = (reader: Reader): Expression => {
  let value = readCommand(reader)
  while (isMark(peek(reader), '|')) {
    reader.at += 1
    const next = readCommand(reader)
    if (next.kind !== 'call') throw new TemplateProblem('only a function can stand behind |')
    value = { ...next, args: [...next.args, value] }
  }
  return value
}

const readWhole = (reader: Reader): Expression => {
  const value = readPipeline(reader)
  const rest = peek(reader)
  if (rest !== undefined) throw new TemplateProblem(`unexpected ${JSON.stringify(rest.value)} in an action`)
  return value
}

/** `$k, $v :=` before a value. */
const readNames = (reader: Reader): { readonly names: readonly string[]; readonly isNew: boolean } => {
  const names: string[] = []
  const start = reader.at
  for (let token = take(reader); token?.kind === 'variable'; token = take(reader)) {
    names.push(token.value)
    const next = take(reader)
    if (isMark(next, ':=') || isMark(next, '=')) return { names, isNew: next?.value === ':=' }
    if (!isMark(next, ',')) break
  }
  reader.at = start
  return { names: [], isNew: false }
}

type Pieces = { readonly pieces: readonly Piece[]; at: number }
type End = 'end' | 'else' | 'eof'

const readBlock = (source: Pieces, kind: 'if' | 'with' | 'range', reader: Reader): Node => {
  const { names, isNew } = readNames(reader)
  if (names.length > 0 && (kind !== 'range' || !isNew))
    throw new TemplateProblem(`${kind}: variables are for range only, e.g. {{range $i, $c := .list}}`)
  const value = readWhole(reader)
  const { nodes: body, end, rest } = readNodes(source)
  if (end === 'eof') throw new TemplateProblem(`{{${kind}}} has no {{end}}`)
  const otherwise = end === 'else' ? readElse(source, rest) : []
  return kind === 'range' ? { kind, names, value, body, otherwise } : { kind, value, body, otherwise }
}

const readElse = (source: Pieces, rest: Reader): readonly Node[] => {
  const next = take(rest)
  if (next?.kind === 'name' && (next.value === 'if' || next.value === 'with')) return [readBlock(source, next.value, rest)]
  const { nodes, end } = readNodes(source)
  if (end !== 'end') throw new TemplateProblem('{{else}} has no {{end}}')
  return nodes
}

const readSimple = (reader: Reader): Node => {
  const { names, isNew } = readNames(reader)
  const [name] = names
  if (names.length > 1) throw new TemplateProblem('two variables are for range only')
  const value = readWhole(reader)
  return name === undefined ? { kind: 'print', value } : { kind: 'set', name, isNew, value }
}

const UNSUPPORTED: ReadonlySet<string> = new Set(['define', 'template', 'block', 'break', 'continue'])

type Nodes = { readonly nodes: readonly Node[]; readonly end: End; readonly rest: Reader }

/** A node, or the word that ends the block. */
const readAction = (source: Pieces, reader: Reader): Node | 'end' | 'else' => {
  const word = peek(reader)
  const name = word?.kind === 'name' ? word.value : ''
  if (UNSUPPORTED.has(name)) throw new TemplateProblem(`{{${name}}} is not supported`)
  if (name === 'end' || name === 'else' || name === 'if' || name === 'with' || name === 'range') reader.at = 1
  if (name === 'if' || name === 'with' || name === 'range') return readBlock(source, name, reader)
  return name === 'end' || name === 'else' ? name : readSimple(reader)
}

const readNodes = (source: Pieces): Nodes => {
  const nodes: Node[] = []
  for (let piece = source.pieces[source.at]; piece !== undefined; piece = source.pieces[source.at]) {
    source.at += 1
    if ('text' in piece) {
      nodes.push({ kind: 'text', text: piece.text })
      continue
    }
    const reader: Reader = { tokens: piece.tokens, at: 0 }
    const node = readAction(source, reader)
    if (typeof node === 'string') return { nodes, end: node, rest: reader }
    nodes.push(node)
  }
  return { nodes, end: 'eof', rest: { tokens: [], at: 0 } }
}

/** Throws TemplateProblem. */
export const parseTemplate = (text: string): readonly Node[] => {
  const { nodes, end } = readNodes({ pieces: lex(text), at: 0 })
  if (end !== 'eof') throw new TemplateProblem(`{{${end}}} without {{if}}, {{with}} or {{range}}`)
  return nodes
}
