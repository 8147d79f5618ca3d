/** A schema as the rows of a reference table. */
import { type Fields, type Node, required, word } from './schema.ts'
import { describeAllowed, typeName } from './wording.ts'

export type FieldRow = {
  /** From the start of the part described, e.g. `canary.steps[].setWeight`. */
  readonly path: string
  readonly type: string
  readonly required: boolean
  readonly description: string
  /** Limits beyond the type, e.g. `a whole number from 0 to 100`; empty when there are none. */
  readonly allowed: string
}

const hasLimits = (node: Node): boolean =>
  (node.kind === 'integer' || node.kind === 'number' ? node.min !== undefined || node.max !== undefined : false) ||
  ((node.kind === 'string' || node.kind === 'intOrString') && node.pattern !== undefined) ||
  node.kind === 'exactlyOne'

const childFields = (node: Node): Fields => {
  if (node.kind === 'object' || node.kind === 'exactlyOne') return node.fields
  if (node.kind === 'tagged') {
    const tag = required(word('Which kind it is.', Object.keys(node.cases)))
    return Object.assign({ [node.tag]: tag }, ...Object.values(node.cases))
  }
  return {}
}

const below = (node: Node, path: string): FieldRow[] => {
  if (node.kind === 'array') return below(node.items, `${path}[]`)
  if (node.kind === 'map') return below(node.values, `${path}.*`)
  return Object.entries(childFields(node)).flatMap(([name, field]) => fieldRows(field, path === '' ? name : `${path}.${name}`))
}

/** One row for the node itself (none for a root, path `''`) and one for every field below it, depth first, in declared order. */
export const fieldRows = (node: Node, path = ''): FieldRow[] => {
  const { description, required = false } = node
  const own = { path, type: typeName(node), required, description, allowed: hasLimits(node) ? describeAllowed(node) : '' }
  return path === '' ? below(node, path) : [own, ...below(node, path)]
}
