/** Builtins over arrays and maps. */
import { runeCount } from '../go/text.ts'
import { ANY, ANY_MAP, ANYS, FLOATS, funcOf, type GoType, INT, INTS, PAIR_TYPE, PAIRS, STRING, STRINGS } from '../go/types.ts'
import { equal, isLess } from '../run/equal.ts'
import { fetch, get } from '../run/fetch.ts'
import { sortItems } from '../run/loops.ts'
import {
  anys,
  type Entry,
  fail,
  type GoMap,
  hashKey,
  isMap,
  isSlice,
  RunFailure,
  type Slice,
  sliceWith,
  typeName,
  typeOf,
  type Value,
} from '../run/values.ts'
import { ARRAY_KINDS, type Builtin, kindOfType, oneOf, type Surroundings, type Validate } from './builtin.ts'

const first = ([value]: readonly Value[]): Value => value ?? null

/** As reflection names a kind in messages. */
const kindName = (value: Value): string => typeOf(value)?.kind ?? 'invalid'

const sliceFrom = (value: Value, action: string): Slice => (isSlice(value) ? value : fail(`cannot ${action} ${kindName(value)}`))
const mapFrom = (value: Value, action: string): GoMap => (isMap(value) ? value : fail(`cannot ${action} ${kindName(value)}`))

const length = (value: Value): Value => {
  if (typeof value === 'string') return BigInt(runeCount(value))
  if (isSlice(value)) return BigInt(value.items.length)
  return isMap(value) ? BigInt(value.entries.size) : fail(`invalid argument for len (type ${typeName(value)})`)
}

/** Nil for what has no such item, whatever the reason. */
const end = (name: string, index: bigint): Builtin => ({
  name,
  validate: oneOf(
    ARRAY_KINDS,
    type => type.elem ?? ANY,
    type => `cannot get ${name} element from ${type}`,
  ),
  call: args => {
    try {
      return fetch(first(args), index)
    } catch (error) {
      if (error instanceof RunFailure) return null
      throw error
    }
  },
})

const TAKE_COUNTS = ['interface', 'int', 'int64']

const validateTake: Validate = ([from, count, ...rest]) => {
  if (!count || rest.length > 0) {
    const given = [from, count, ...rest].filter(type => type !== undefined).length
    if (given !== 2) return { problem: `invalid number of arguments (expected 2, got ${given})` }
  }
  if (!ARRAY_KINDS.includes(kindOfType(from))) return { problem: `cannot take from ${from?.name ?? '%!s(<nil>)'}` }
  if (!TAKE_COUNTS.includes(kindOfType(count))) return { problem: `cannot take ${count?.name ?? '%!s(<nil>)'} elements` }
  return from ?? ANY
}

const countOf = (value: Value): bigint => {
  if (typeof value === 'bigint') return value
  if (typeof value === 'object' && value?.kind === 'duration') return value.ns
  const isSigned = typeof value === 'object' && value?.kind === 'boxed' && value.type.kind !== 'uint8'
  return isSigned ? value.value : fail(`cannot take ${kindName(value)} elements`)
}

const take = (from: Value, count: Value): Value => {
  const slice = sliceFrom(from, 'take from')
  const wanted = countOf(count)
  if (wanted < 0n || slice.type.kind === 'array') return fail('reflect.Value.Slice: slice index out of bounds')
  return slice.isNil || wanted > BigInt(slice.items.length) ? slice : sliceWith(slice.type, slice.items.slice(0, Number(wanted)))
}

const mapBuiltin = (name: string, action: string, of: (entries: readonly Entry[]) => Value): Builtin => ({
  name,
  validate: oneOf(
    ['interface', 'map'],
    () => ANYS,
    type => (name === 'toPairs' ? `cannot transform ${type} to pairs` : `cannot ${action} ${type}`),
  ),
  call: args => of([...mapFrom(first(args), action).entries.values()]),
})

const fromPairs = (value: Value): Value => {
  const entries = new Map<string, Entry>()
  for (const pair of sliceFrom(value, 'transform from pairs').items) {
    if (!isSlice(pair)) return fail('invalid pair')
    const [key = null, of = null] = pair.items
    if (pair.items.length !== 2) return fail('invalid pair length')
    const hash = hashKey(ANY_MAP, key)
    if (hash === undefined) return fail(`runtime error: hash of unhashable type ${typeName(key)}`)
    entries.set(hash, { key, value: of })
  }
  return { kind: 'map', type: ANY_MAP, entries }
}

const uniq = (slice: Slice, { step }: Surroundings): Value => {
  const kept: Value[] = []
  for (const item of slice.items) {
    step(kept.length)
    if (!kept.some(one => equal(item, one))) kept.push(item)
  }
  return anys(kept)
}

const MAX_DEPTH = 10_000

const flat = (slice: Slice, depth: number): Value[] => {
  if (depth > MAX_DEPTH) fail('recursion depth exceeded')
  return slice.items.flatMap(item => (isSlice(item) ? flat(item, depth + 1) : [item]))
}

const validateConcat: Validate = args => {
  if (args.length === 0) return { problem: 'invalid number of arguments (expected at least 1, got 0)' }
  const wrong = args.find(type => !ARRAY_KINDS.includes(kindOfType(type)))
  const isWrong = args.some(type => !ARRAY_KINDS.includes(kindOfType(type)))
  return isWrong ? { problem: `cannot concat ${wrong?.name ?? '%!s(<nil>)'}` } : ANYS
}

/** An array of nothing is nil here, as in Go. */
const orNil = (items: readonly Value[]): Value => (items.length === 0 ? { ...anys([]), isNil: true } : anys(items))

const SORTED: readonly GoType[] = [ANYS, INTS, FLOATS, STRINGS]

const isDescending = (order: Value | undefined): boolean => {
  if (order === undefined) return false
  if (typeof order !== 'string') return fail(`sort order argument must be a string (got ${typeName(order)})`)
  return order === 'asc' || order === 'desc' ? order === 'desc' : fail(`invalid order ${order}, expected asc or desc`)
}

const sorted = (value: Value, order: Value | undefined): readonly Value[] | undefined => {
  const isDown = isDescending(order)
  if (!isSlice(value) || !SORTED.some(({ name }) => name === value.type.name)) return undefined
  return sortItems([...value.items], (a, b) => (isDown ? isLess(b, a) : isLess(a, b)))
}

const arrayBuiltin = (name: string, action: string, of: (slice: Slice, around: Surroundings) => Value): Builtin => ({
  name,
  validate: oneOf(
    ARRAY_KINDS,
    () => ANYS,
    type => `cannot ${action} ${type}`,
  ),
  call: (args, around) => of(sliceFrom(first(args), action), around),
})

const grown = (items: readonly Value[], grow: (size: number) => void): Value => {
  grow(items.length)
  return anys(items)
}

export const COLLECTION_BUILTINS: readonly Builtin[] = [
  {
    name: 'len',
    validate: oneOf(
      [...ARRAY_KINDS, 'map', 'string'],
      () => INT,
      type => `invalid argument for len (type ${type})`,
    ),
    call: args => length(first(args)),
  },
  end('first', 0n),
  end('last', -1n),
  { name: 'get', call: ([from = null, key = null]) => get(from, key) },
  { name: 'take', validate: validateTake, call: ([from = null, count = null]) => take(from, count) },
  mapBuiltin('keys', 'get keys from', entries => anys(entries.map(({ key }) => key))),
  mapBuiltin('values', 'get values from', entries => anys(entries.map(({ value }) => value))),
  mapBuiltin('toPairs', 'transform to pairs', entries =>
    sliceWith(
      PAIRS,
      entries.map(({ key, value }) => sliceWith(PAIR_TYPE, [key, value])),
    ),
  ),
  {
    name: 'fromPairs',
    validate: oneOf(
      ARRAY_KINDS,
      () => ANY_MAP,
      type => `cannot transform ${type} from pairs`,
    ),
    call: args => fromPairs(first(args)),
  },
  arrayBuiltin('reverse', 'reverse', (slice, { grow }) => grown(slice.items.toReversed(), grow)),
  arrayBuiltin('uniq', 'uniq', uniq),
  arrayBuiltin('flatten', 'flatten', (slice, { grow }) => grown(flat(slice, 0), grow)),
  {
    name: 'concat',
    validate: validateConcat,
    call: (args, { grow }) => {
      const items = args.flatMap(arg => sliceFrom(arg, 'concat').items)
      grow(items.length)
      return orNil(items)
    },
  },
  {
    name: 'sort',
    types: [...SORTED.map(type => funcOf([type, STRING], [ANYS])), ...SORTED.map(type => funcOf([type], [ANYS]))],
    call: ([value = null, order], { grow }) => {
      const items = sorted(value, order)
      grow(items?.length ?? 0)
      return items ? anys(items) : orNil([])
    },
  },
]
