/** Values as Go's %v writes them. */
import { formatFloat } from '../go/numbers.ts'
import { compareText } from '../go/text.ts'
import { methodOf } from '../time/methods.ts'
import { type Entry, fail, floatOf, type Value } from './values.ts'

const compareKeys = (left: Value, right: Value): number => {
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  const [a, b] = [floatOf(left), floatOf(right)]
  if (a !== undefined && b !== undefined) return a - b
  return left === null ? -1 : right === null ? 1 : compareText(typeof left, typeof right)
}

const byKey = (a: Entry, b: Entry): number => compareKeys(a.key, b.key)

/** Deeper values can only be written at great length. */
const MAX_DEPTH = 1000

export const show = (value: Value, depth = 0): string => {
  if (depth > MAX_DEPTH) return fail('recursion depth exceeded')
  if (value === null) return '<nil>'
  if (typeof value === 'number') return formatFloat(value)
  if (typeof value !== 'object') return String(value)
  const method = methodOf(value, 'String')
  if (method) return String(method.call([]))
  if (value.kind === 'slice') return `[${value.items.map(item => show(item, depth + 1)).join(' ')}]`
  if (value.kind === 'boxed') return String(value.value)
  if (value.kind !== 'map') return value.kind
  const entries = [...value.entries.values()].sort(byKey)
  return `map[${entries.map(entry => `${show(entry.key, depth + 1)}:${show(entry.value, depth + 1)}`).join(' ')}]`
}
