/** Applies a JSON patch (RFC 6902: add, remove, replace, test) to a plain object; throws where the API server would refuse it. */
import type { JsonPatchOp } from '../../api/json-patch.ts'
import { isSame } from '../same.ts'

type Node = { [key: string]: unknown } | unknown[]

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const child = (node: Node, key: string): unknown => (Array.isArray(node) ? node[Number(key)] : node[key])

const changeArray = (node: unknown[], key: string, { op, value }: JsonPatchOp): void => {
  const at = key === '-' ? node.length : Number(key)
  if (op === 'add') node.splice(at, 0, structuredClone(value))
  else node.splice(at, 1, ...(op === 'remove' ? [] : [structuredClone(value)]))
}

const applyAt = (node: Node, key: string, patch: JsonPatchOp): void => {
  const { op, path, value } = patch
  if (op === 'test') {
    if (!isSame(child(node, key), value)) throw new Error(`test failed at ${path}`)
  } else if (Array.isArray(node)) {
    changeArray(node, key, patch)
  } else {
    if (op !== 'add' && !(key in node)) throw new Error(`${op} of what is not there: ${path}`)
    if (op === 'remove') delete node[key]
    else node[key] = structuredClone(value)
  }
}

/** A changed copy. */
export const applyPatch = <T>(object: T, patch: readonly JsonPatchOp[]): T => {
  // Not structuredClone: it would keep two references to one object one object.
  const copy: T = JSON.parse(JSON.stringify(object))
  for (const op of patch) {
    const keys = op.path
      .slice(1)
      .split('/')
      .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = keys.pop() ?? ''
    let node: unknown = copy
    for (const key of keys) node = isNode(node) ? child(node, key) : undefined
    if (!isNode(node)) throw new Error(`no such path: ${op.path}`)
    applyAt(node, last, op)
  }
  return copy
}
