/**
 * kubectl's JSONPath, as the provider `web` takes it: text with expressions in braces, such as `{$.data.ok}`, `{.items[*].n}`,
 * `{..code}`, `{.items[?(@.name=="a")].v}`, `{.a['b','c']}`, `{.l[-1:]}` and `{range .items[*]}{.n}{end}`. Nothing is evaluated as code. Pure.
 */

type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'deep' }
  | {
      readonly kind: 'slice'
      readonly from: number
      readonly to: number | undefined
      readonly step: number
      readonly isIndex: boolean
    }
  | { readonly kind: 'union'; readonly steps: readonly Step[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly operator: string; readonly right: Operand }

type Operand = { readonly steps: readonly Step[] } | { readonly value: unknown }

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'range'; readonly steps: readonly Step[]; readonly body: readonly Part[] }

export type JsonPath = { readonly parts: readonly Part[] }

class PathProblem extends Error {}

const wrong = (message: string): never => {
  throw new PathProblem(message)
}

const NAME = /^[^\s.[\]{}()'"@$*?,=<>!|&]+/
const QUOTED = /^'((?:[^'\\]|\\.)*)'|^"((?:[^"\\]|\\.)*)"/

const unquote = (text: string): string => text.replace(/\\(.)/g, '$1')

/** `1`, `-1`, `1:`, `:2`, `::2`. */
const sliceOf = (text: string): Step | undefined => {
  if (/^-?\d+$/.test(text)) return { kind: 'slice', from: Number(text), to: undefined, step: 1, isIndex: true }
  const [whole, from = '', to = '', step = ''] = /^(-?\d*):(-?\d*)(?::(\d*))?$/.exec(text) ?? []
  if (whole === undefined) return undefined
  if (step === '0') return wrong('step must be > 0')
  return {
    kind: 'slice',
    from: Number(from),
    to: to === '' ? undefined : Number(to),
    step: step === '' ? 1 : Number(step),
    isIndex: false,
  }
}

const literalOf = (text: string): Operand => {
  const [, single, double] = QUOTED.exec(text) ?? []
  if (single !== undefined || double !== undefined) return { value: unquote(single ?? double ?? '') }
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return { value: Number(text) }
  if (text === 'true' || text === 'false') return { value: text === 'true' }
  return { steps: parseSteps(text) }
}

const filterOf = (text: string): Step => {
  const [whole, left = '', operator = '', right = ''] =
    /^\s*((?:'[^']*'|"[^"]*"|[^'"=<>!])+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$/.exec(text) ?? []
  if (whole === undefined) return { kind: 'filter', left: literalOf(text.trim()), operator: 'exists', right: { value: null } }
  return { kind: 'filter', left: literalOf(left), operator, right: literalOf(right) }
}

/** Where the bracket that opens at 0 closes; brackets in quotes are text. */
const closing = (text: string): number => {
  let depth = 0
  for (const { 0: found, index } of text.matchAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[[\]]/g)) {
    if (found === '[') depth += 1
    if (found === ']') depth -= 1
    if (depth === 0) return index
  }
  return wrong('unterminated array')
}

const bracketOf = (inside: string): Step => {
  const text = inside.trim()
  if (text === '*') return { kind: 'all' }
  const [, condition] = /^\?\((.*)\)$/s.exec(text) ?? []
  if (condition !== undefined) return filterOf(condition)
  const items = text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,\s]+/g) ?? []
  const steps = items.map((item): Step => {
    const [, single, double] = QUOTED.exec(item) ?? []
    if (single !== undefined || double !== undefined) return { kind: 'name', name: unquote(single ?? double ?? '') }
    return sliceOf(item) ?? wrong(`invalid array index ${item}`)
  })
  const [only] = steps
  return steps.length === 1 && only ? only : steps.length > 1 ? { kind: 'union', steps } : wrong('invalid array index')
}

type Read = { readonly step: Step; readonly length: number }

/** A name, in which `\\.` is a dot; or `*`. */
const readName = (rest: string): Read | undefined => {
  if (rest.startsWith('*')) return { step: { kind: 'all' }, length: 1 }
  const [name = ''] = NAME.exec(rest.replaceAll('\\.', '\u0000')) ?? []
  if (name === '') return undefined
  const dots = name.split('\u0000').length - 1
  return { step: { kind: 'name', name: name.replaceAll('\u0000', '.') }, length: name.length + dots }
}

const readStep = (rest: string): Read | undefined => {
  if (rest.startsWith('[')) {
    const end = closing(rest)
    return { step: bracketOf(rest.slice(1, end)), length: end + 1 }
  }
  if (rest.startsWith('..')) return { step: { kind: 'deep' }, length: rest[2] === '[' ? 2 : 1 }
  const dot = rest.startsWith('.') ? 1 : 0
  const read = readName(rest.slice(dot))
  return read && { step: read.step, length: read.length + dot }
}

const parseSteps = (path: string): readonly Step[] => {
  const steps: Step[] = []
  let rest = path.trim().replace(/^[$@]/, '')
  while (rest !== '' && rest !== '.') {
    const read = readStep(rest)
    if (!read) return wrong(`unrecognized character in ${JSON.stringify(path)} at ${JSON.stringify(rest)}`)
    steps.push(read.step)
    rest = rest.slice(read.length)
  }
  return steps
}

const partOf = (expression: string): Part => {
  const [, quoted, double] = QUOTED.exec(expression) ?? []
  const text = quoted ?? double
  return text === undefined ? { kind: 'path', steps: parseSteps(expression) } : { kind: 'text', text: unquote(text) }
}

/** Consumes tokens up to `{end}` when inside of a range. */
const collect = (tokens: string[], isInside: boolean): Part[] => {
  const parts: Part[] = []
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    if (!token.startsWith('{')) {
      parts.push({ kind: 'text', text: token })
      continue
    }
    const expression = token.slice(1, -1).trim()
    if (expression === 'end') return isInside ? parts : wrong('not in range, nothing to end')
    const [, over] = /^range\s+(.*)$/s.exec(expression) ?? []
    parts.push(over === undefined ? partOf(expression) : { kind: 'range', steps: parseSteps(over), body: collect(tokens, true) })
  }
  return isInside ? wrong('not in range, nothing to end') : parts
}

export const parseJsonPath = (template: string): { readonly path: JsonPath } | { readonly problem: string } => {
  const tokens = template.match(/\{(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^{}'"])*\}|[^{}]+|[{}]/g) ?? []
  try {
    if (tokens.some(token => token === '{' || token === '}')) wrong('unclosed action')
    return { path: { parts: collect([...tokens], false) } }
  } catch (error) {
    if (error instanceof PathProblem) return { problem: error.message }
    throw error
  }
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const childrenOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value)
    ? value
    : isObject(value)
      ? Object.keys(value)
          .sort()
          .map(name => value[name])
      : []

const descendants = (value: unknown): readonly unknown[] => [value, ...childrenOf(value).flatMap(descendants)]

const byName = (value: unknown, name: string, isLenient: boolean): readonly unknown[] => {
  if (isObject(value) && Object.hasOwn(value, name)) return [value[name]]
  return isLenient ? [] : wrong(`${name} is not found`)
}

const bySlice = (value: unknown, step: Extract<Step, { kind: 'slice' }>): readonly unknown[] => {
  if (!Array.isArray(value)) return wrong('is not array or slice')
  const at = (index: number) => (index < 0 ? value.length + index : index)
  if (step.isIndex) {
    const index = at(step.from)
    return index >= 0 && index < value.length
      ? [value[index]]
      : wrong(`array index out of bounds: index ${step.from}, length ${value.length}`)
  }
  const to = step.to === undefined ? value.length : at(step.to)
  return value.slice(Math.max(0, at(step.from)), Math.max(0, to)).filter((_, i) => i % step.step === 0)
}

const operandOf = (operand: Operand, item: unknown): unknown => {
  if ('value' in operand) return operand.value
  try {
    return follow(operand.steps, [item])[0]
  } catch (error) {
    // An item without the field is no match.
    if (error instanceof PathProblem) return undefined
    throw error
  }
}

const compare = (left: unknown, right: unknown, operator: string): boolean => {
  if (operator === 'exists') return left !== undefined
  if (operator === '==') return left === right
  if (left === undefined || right === undefined) return false
  if (operator === '!=') return left !== right
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false
  const [a, b] = [left, right as typeof left]
  return operator === '<' ? a < b : operator === '>' ? a > b : operator === '<=' ? a <= b : a >= b
}

const take = (step: Step, value: unknown, isLenient: boolean): readonly unknown[] => {
  switch (step.kind) {
    case 'name':
      return byName(value, step.name, isLenient)
    case 'all':
      return childrenOf(value)
    case 'deep':
      return descendants(value)
    case 'slice':
      return isLenient && !Array.isArray(value) ? [] : bySlice(value, step)
    case 'union':
      return step.steps.flatMap(one => take(one, value, isLenient))
    case 'filter':
      return childrenOf(value).filter(item => compare(operandOf(step.left, item), operandOf(step.right, item), step.operator))
  }
}

const follow = (steps: readonly Step[], start: readonly unknown[]): readonly unknown[] => {
  let values = start
  for (const [i, step] of steps.entries()) {
    // After `..` only some have the field.
    const isLenient = steps[i - 1]?.kind === 'deep'
    values = values.flatMap(value => take(step, value, isLenient))
  }
  return values
}

const resultsOf = (parts: readonly Part[], data: unknown): readonly unknown[] =>
  parts.flatMap(part => {
    if (part.kind === 'text') return [part.text]
    if (part.kind === 'path') return follow(part.steps, [data])
    return follow(part.steps, [data]).flatMap(item => resultsOf(part.body, item))
  })

/** All that the path finds, or what it does not find. */
export const findByJsonPath = (
  { parts }: JsonPath,
  data: unknown,
): { readonly values: readonly unknown[] } | { readonly problem: string } => {
  try {
    return { values: resultsOf(parts, data) }
  } catch (error) {
    if (error instanceof PathProblem) return { problem: error.message }
    throw error
  }
}
