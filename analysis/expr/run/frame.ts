/** The state of one evaluation. */

import type { Node } from '../ast.ts'
import type { Builtin, Surroundings } from '../builtins/builtin.ts'
import { toBytes } from '../go/text.ts'
import type { Span } from '../problem.ts'
import { fail, type GoMap, isMap, isSlice, type Slice, typeName, uint8, type Value } from './values.ts'

/** A loop over a collection. */
export type Loop = {
  readonly length: number
  readonly itemAt: (index: number) => Value
  readonly step: (count: number) => void
  index: number
  acc: Value
}

export type Frame = {
  readonly env: GoMap
  readonly around: Surroundings
  readonly variables: Value[]
  loop: Loop | undefined
  /** Where in the source an operation is under way. */
  at: Span
}

/** What a node compiles to. Undefined: the chain that it is part of ended early. */
export type Code = (frame: Frame) => Value | undefined

/** Compiles nodes; the parts call each other through it. */
export type Builder = {
  readonly builtins: ReadonlyMap<string, Builtin>
  readonly build: (node: Node) => (frame: Frame) => Value
  /** As `build`, for a node inside of a chain. */
  readonly buildLink: (node: Node) => Code
  /** Names of `let`, innermost last, each with its place among the variables. */
  readonly names: { readonly name: string; readonly slot: number }[]
  slots: number
}

/** As the Go library limits it. */
const MEMORY_BUDGET = 1_000_000

export const budget = (): ((size: number) => void) => {
  let used = 0
  return size => {
    used += size
    if (used >= MEMORY_BUDGET) fail('memory budget exceeded')
  }
}

/**
 * Loops within loops over one array cost no memory, so that the library would go on for hours. Ours is asked by the leader of a cluster for
 * users of many namespaces, and gives up after about a second.
 */
const MAX_STEPS = 10_000_000

export const patience = (): ((count: number) => void) => {
  let left = MAX_STEPS
  return count => {
    left -= count
    if (left < 0) fail(`the expression takes more than ${MAX_STEPS} steps`)
  }
}

/** How long going through a value takes, in steps. */
export const costOf = (value: Value): number => {
  if (typeof value === 'string') return value.length >> 6
  return isSlice(value) ? value.items.length : 0
}

export const asBool = (value: Value): boolean =>
  typeof value === 'boolean'
    ? value
    : fail(`interface conversion: interface {} is ${value === null ? 'nil' : typeName(value)}, not bool`)

const overSlice = (slice: Slice): Pick<Loop, 'length' | 'itemAt'> => ({
  length: slice.items.length,
  itemAt: index => {
    const item = slice.items[index]
    return item === undefined ? fail(`runtime error: index out of range [${index}] with length ${slice.items.length}`) : item
  },
})

/** The loop over a collection, at its start. A text is a collection of its bytes. */
export const loopOver = (collection: Value, { step }: Pick<Surroundings, 'step'>): Loop => {
  const start = { index: 0, acc: null, step }
  if (isSlice(collection)) return { ...overSlice(collection), ...start }
  if (typeof collection === 'string') {
    const bytes = toBytes(collection)
    return { length: bytes.length, itemAt: index => uint8(bytes[index] ?? 0), ...start }
  }
  if (!isMap(collection))
    return fail(`reflect: call of reflect.Value.Len on ${collection === null ? 'zero' : typeName(collection)} Value`)
  return { length: collection.entries.size, itemAt: () => fail('reflect: call of reflect.Value.Index on map Value'), ...start }
}

/** Runs with a loop as the innermost one. */
export const within = <T>(frame: Frame, loop: Loop, body: () => T): T => {
  const outer = frame.loop
  frame.loop = loop
  const result = body()
  frame.loop = outer
  return result
}
