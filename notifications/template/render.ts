/** Fills a template in: a tree walk over data, no code is made of the template. Pure. */
import { FUNCTIONS, fieldOf, isTrue, print } from './functions.ts'
import { TemplateProblem } from './lex.ts'
import { type Expression, type Node, parseTemplate } from './parse.ts'

/** Characters of a rendered template; services take less. */
const LONGEST = 256 * 1024
/** Nodes that one rendering may visit: ranges in ranges end. */
const MOST_NODES = 100_000

type State = { readonly out: string[]; size: number; nodes: number }
type Scope = { readonly variables: Map<string, unknown>; readonly parent: Scope | undefined }

const scopeOf = (name: string, scope: Scope | undefined): Scope => {
  for (let one = scope; one !== undefined; one = one.parent) if (one.variables.has(name)) return one
  throw new TemplateProblem(`undefined variable ${JSON.stringify(name)}`)
}

const evaluate = (expression: Expression, dot: unknown, scope: Scope): unknown => {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'dot':
      return dot
    case 'variable':
      return scopeOf(expression.name, scope).variables.get(expression.name)
    case 'field':
      return fieldOf(evaluate(expression.of, dot, scope), expression.name)
    case 'call': {
      const call = FUNCTIONS.get(expression.name)
      if (call === undefined) throw new TemplateProblem(`function ${JSON.stringify(expression.name)} not defined`)
      return call(...expression.args.map(arg => evaluate(arg, dot, scope)))
    }
  }
}

const write = (state: State, text: string): void => {
  state.size += text.length
  if (state.size > LONGEST) throw new TemplateProblem(`renders to more than ${LONGEST} characters`)
  state.out.push(text)
}

const entriesOf = (value: unknown): readonly (readonly [unknown, unknown])[] => {
  if (Array.isArray(value)) return value.map((item, i) => [i, item] as const)
  if (typeof value === 'object' && value !== null) return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  if (value === undefined || value === null) return []
  throw new TemplateProblem(`range can't iterate over ${print(value)}`)
}

const walkRange = (node: Extract<Node, { kind: 'range' }>, dot: unknown, scope: Scope, state: State): void => {
  const entries = entriesOf(evaluate(node.value, dot, scope))
  if (entries.length === 0) walk(node.otherwise, dot, scope, state)
  for (const [key, value] of entries) {
    const [first, second] = node.names
    const variables = new Map<string, unknown>()
    if (first !== undefined) variables.set(first, second === undefined ? value : key)
    if (second !== undefined) variables.set(second, value)
    walk(node.body, value, { variables, parent: scope }, state)
  }
}

const walkSet = (node: Extract<Node, { kind: 'set' }>, dot: unknown, scope: Scope): void => {
  const { variables } = node.isNew ? scope : scopeOf(node.name, scope)
  variables.set(node.name, evaluate(node.value, dot, scope))
}

const walkChoice = (node: Extract<Node, { kind: 'if' | 'with' }>, dot: unknown, scope: Scope, state: State): void => {
  const value = evaluate(node.value, dot, scope)
  const inner = { variables: new Map<string, unknown>(), parent: scope }
  if (isTrue(value)) walk(node.body, node.kind === 'with' ? value : dot, inner, state)
  else walk(node.otherwise, dot, inner, state)
}

const walkOne = (node: Node, dot: unknown, scope: Scope, state: State): void => {
  if (node.kind === 'text') write(state, node.text)
  else if (node.kind === 'print') write(state, print(evaluate(node.value, dot, scope)))
  else if (node.kind === 'range') walkRange(node, dot, scope, state)
  else if (node.kind === 'set') walkSet(node, dot, scope)
  else walkChoice(node, dot, scope, state)
}

const walk = (nodes: readonly Node[], dot: unknown, scope: Scope, state: State): void => {
  for (const node of nodes) {
    state.nodes += 1
    if (state.nodes > MOST_NODES) throw new TemplateProblem('takes too many steps to render')
    walkOne(node, dot, scope, state)
  }
}

/** The text, or what is wrong with the template; a field that is not there is `<no value>`, as in Go. */
export const render = (template: string, data: unknown): { readonly text: string } | { readonly problem: string } => {
  const state: State = { out: [], size: 0, nodes: 0 }
  try {
    walk(parseTemplate(template), data, { variables: new Map([['$', data]]), parent: undefined }, state)
    return { text: state.out.join('') }
  } catch (error) {
    if (error instanceof TemplateProblem) return { problem: error.message }
    if (error instanceof RangeError) return { problem: 'is nested too deeply' }
    throw error
  }
}
