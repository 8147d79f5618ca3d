/** What the builtins with predicates compile to. */
import type { BuiltinNode, Node } from '../ast.ts'
import { ANYS, GROUPS } from '../go/types.ts'
import { add } from './arithmetic.ts'
import { equal, isLess } from './equal.ts'
import { asBool, type Builder, type Frame, type Loop, loopOver, within } from './frame.ts'
import { anys, type Entry, fail, hashKey, sliceWith, typeName, type Value } from './values.ts'

type Run = (frame: Frame) => Value
type Body = (frame: Frame, loop: Loop) => Value

const item: Run = frame => (frame.loop as Loop).itemAt((frame.loop as Loop).index)

/** For each item in turn, until `step` answers with something. */
const forward = <T>(loop: Loop, step: () => T | undefined): T | undefined => {
  for (; loop.index < loop.length; loop.index += 1) {
    loop.step(1)
    const found = step()
    if (found !== undefined) return found
  }
  return undefined
}

const backward = <T>(loop: Loop, step: () => T | undefined): T | undefined => {
  for (loop.index = loop.length - 1; loop.index >= 0; loop.index -= 1) {
    loop.step(1)
    const found = step()
    if (found !== undefined) return found
  }
  return undefined
}

/** all, any, none: ends at the first item for which the predicate is `at`. */
const test =
  (predicate: Run, at: boolean, answer: boolean): Body =>
  (frame, loop) =>
    forward(loop, () => (asBool(predicate(frame)) === at ? answer : undefined)) ?? !answer

const count =
  (predicate: Run, threshold?: bigint): Body =>
  (frame, loop) => {
    let found = 0n
    forward(loop, () => {
      if (asBool(predicate(frame))) found += 1n
      return threshold !== undefined && found >= threshold ? true : undefined
    })
    return found
  }

const filter =
  (predicate: Run, map: Run): Body =>
  (frame, loop) => {
    const kept: Value[] = []
    forward(loop, () => {
      if (asBool(predicate(frame))) kept.push(map(frame))
      return undefined
    })
    frame.around.grow(kept.length)
    return anys(kept)
  }

const map =
  (predicate: Run): Body =>
  (frame, loop) => {
    const items: Value[] = []
    forward(loop, () => {
      items.push(predicate(frame))
      return undefined
    })
    frame.around.grow(items.length)
    return anys(items)
  }

type Direction = typeof forward

const find =
  (predicate: Run, direction: Direction, result: Run, throws: boolean): Body =>
  (frame, loop) => {
    const found = direction(loop, () => (asBool(predicate(frame)) ? { value: result(frame) } : undefined))
    if (!found && throws) return fail('reflect: slice index out of range')
    return found?.value ?? null
  }

const sum =
  (predicate: Run): Body =>
  (frame, loop) => {
    let total: Value = 0n
    forward(loop, () => {
      total = add(predicate(frame), total)
      return undefined
    })
    return total
  }

const groupBy =
  (predicate: Run): Body =>
  (frame, loop) => {
    const groups = new Map<string, { key: Value; items: Value[] }>()
    forward(loop, () => {
      const key = predicate(frame)
      const hash = hashKey(GROUPS, key)
      if (hash === undefined) return fail(`runtime error: hash of unhashable type ${typeName(key)}`)
      const group = groups.get(hash) ?? { key, items: [] }
      group.items.push(item(frame))
      groups.set(hash, group)
      return undefined
    })
    const entries = new Map<string, Entry>(
      [...groups].map(([hash, { key, items }]) => [hash, { key, value: sliceWith(ANYS, items) }]),
    )
    return { kind: 'map', type: GROUPS, entries }
  }

/** Longer arrays are sorted otherwise by Go, but only the order of equal items depends on that. */
const SMALL = 12

/** In place, by insertion while the array is small, so that the same items are compared as in Go. */
export const sortItems = <T>(items: T[], less: (a: T, b: T) => boolean): T[] => {
  if (items.length > SMALL) return items.sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0))
  for (let i = 1; i < items.length; i += 1) {
    for (let j = i; j > 0 && less(items[j] as T, items[j - 1] as T); j -= 1) {
      const moved = items[j] as T
      items[j] = items[j - 1] as T
      items[j - 1] = moved
    }
  }
  return items
}

const isDescending = (order: Value): boolean => {
  if (typeof order !== 'string') return fail('sortBy order argument must be a string')
  return order === 'asc' || order === 'desc' ? order === 'desc' : fail('unknown order, use asc or desc')
}

const sortBy =
  (predicate: Run, order: Run): Body =>
  (frame, loop) => {
    const isDown = isDescending(order(frame))
    const pairs: { readonly item: Value; readonly by: Value }[] = []
    forward(loop, () => {
      const by = predicate(frame)
      pairs.push({ item: item(frame), by })
      return undefined
    })
    sortItems(pairs, (a, b) => (isDown ? isLess(b.by, a.by) : isLess(a.by, b.by)))
    frame.around.grow(pairs.length)
    return anys(pairs.map(pair => pair.item))
  }

const reduce =
  (predicate: Run, start: Run | undefined): Body =>
  (frame, loop) => {
    if (start) {
      loop.acc = start(frame)
    } else {
      if (loop.length === 0) return fail('reduce of empty array with no initial value')
      loop.acc = item(frame)
      loop.index = 1
    }
    forward(loop, () => {
      loop.acc = predicate(frame)
      return undefined
    })
    return loop.acc
  }

const index: Run = frame => BigInt((frame.loop as Loop).index)

type Parts = { readonly predicate: Run; readonly third: Run | undefined; readonly map: Run; readonly node: BuiltinNode }

const BODIES: { readonly [name: string]: (parts: Parts) => Body } = {
  all: ({ predicate }) => test(predicate, false, false),
  any: ({ predicate }) => test(predicate, true, true),
  none: ({ predicate }) => test(predicate, true, false),
  one: ({ predicate }) => {
    const counting = count(predicate)
    return (frame, loop) => equal(counting(frame, loop), 1n)
  },
  filter: ({ predicate, map }) => filter(predicate, map),
  map: ({ predicate }) => map(predicate),
  count: ({ predicate, node }) => count(predicate, node.threshold),
  sum: ({ predicate }) => sum(predicate),
  find: ({ predicate, map, node }) => find(predicate, forward, map, node.throws === true),
  findLast: ({ predicate, map, node }) => find(predicate, backward, map, node.throws === true),
  findIndex: ({ predicate }) => find(predicate, forward, index, false),
  findLastIndex: ({ predicate }) => find(predicate, backward, index, false),
  groupBy: ({ predicate }) => groupBy(predicate),
  sortBy: ({ predicate, third }) => sortBy(predicate, third ?? (() => 'asc')),
  reduce: ({ predicate, third }) => reduce(predicate, third),
}

/** Undefined when the builtin has no predicate. */
export const buildLoop = (builder: Builder, node: BuiltinNode): Run | undefined => {
  const body = BODIES[node.name]
  if (!body) return undefined
  const [first, second, third] = node.args as [Node, Node?, Node?]
  const collection = builder.build(first)
  const run = body({
    predicate: second ? builder.build(second) : item,
    third: third && builder.build(third),
    map: node.map ? builder.build(node.map) : item,
    node,
  })
  return frame => {
    const items = collection(frame)
    frame.at = node.span
    const loop = loopOver(items, frame.around)
    return within(frame, loop, () => run(frame, loop))
  }
}
