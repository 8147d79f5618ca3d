/** Builtins over numbers: rounding, conversion, extremes and averages, bits. */
import { parseDecimal, parseFloat64, truncate, wrap } from '../go/numbers.ts'
import { ANY, FLOAT64, funcOf, type GoType, INT, STRING } from '../go/types.ts'
import { isLess } from '../run/equal.ts'
import { show } from '../run/show.ts'
import { fail, floatOf, integerOf, isSlice, type Slice, typeName, type Value } from '../run/values.ts'
import { type Builtin, isNumberKind, kindOfType, NUMBER_KINDS, oneOf, type Validate } from './builtin.ts'

const first = ([value]: readonly Value[]): Value => value ?? null

const wrong = (name: string) => (type: string) => `invalid argument for ${name} (type ${type})`

const rounding = (name: string, round: (value: number) => number): Builtin => ({
  name,
  validate: oneOf(NUMBER_KINDS, () => FLOAT64, wrong(name)),
  call: args => {
    const value = first(args)
    return round(floatOf(value) ?? fail(wrong(name)(typeName(value))))
  },
})

/** Halves away from zero. */
const roundHalf = (value: number): number => {
  const whole = Math.trunc(value)
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole
}

const abs = (value: Value): Value => {
  if (typeof value === 'number') return value < 0 ? -value : value
  if (typeof value === 'bigint') return value < 0n ? wrap(-value) : value
  const whole = integerOf(value)
  if (whole === undefined) return fail(wrong('abs')(typeName(value)))
  return whole < 0n ? { ...(value as { kind: 'boxed'; type: GoType }), value: wrap(-whole) } : value
}

const toInteger = (value: Value): Value => {
  if (typeof value === 'number') return truncate(value)
  if (typeof value === 'string') {
    const parsed = parseDecimal(value)
    return typeof parsed === 'bigint' ? parsed : fail(`invalid operation: int(${value})`)
  }
  if (typeof value === 'bigint') return value
  if (typeof value === 'object' && value?.kind === 'boxed') return value.value
  return typeof value === 'object' && value?.kind === 'duration' ? value.ns : fail(`invalid operation: int(${typeName(value)})`)
}

const toFloat = (value: Value): Value => {
  if (typeof value !== 'string') return floatOf(value) ?? fail(`invalid operation: float(${typeName(value)})`)
  const parsed = parseFloat64(value)
  return typeof parsed === 'number' ? parsed : fail(`invalid operation: float(${value})`)
}

const CONVERTIBLE = [...NUMBER_KINDS, 'string']

const aggregate =
  (name: string): Validate =>
  args => {
    const [type] = args
    if (args.length === 0) return { problem: `not enough arguments to call ${name}` }
    for (const arg of args) {
      const kind = kindOfType(arg)
      if (['interface', 'array', 'slice'].includes(kind)) return ANY
      if (!isNumberKind(kind)) return { problem: wrong(name)(arg?.name ?? '%!s(<nil>)') }
    }
    return type ?? ANY
  }

const MAX_DEPTH = 10_000
const deeper = (depth: number): number => (depth > MAX_DEPTH ? fail('recursion depth exceeded') : depth + 1)

type Better = (than: Value, value: Value) => boolean

const better = (best: Value, value: Value, isBetter: Better): Value => (best === null || isBetter(best, value) ? value : best)

/** Also durations and months, which are whole numbers by kind. */
const isNumeric = (value: Value): boolean =>
  floatOf(value) !== undefined || (typeof value === 'object' && (value?.kind === 'duration' || value?.kind === 'boxed'))

const number = (name: string, value: Value): Value => (floatOf(value) === undefined ? fail(wrong(name)(typeName(value))) : value)

const bestOf = (name: string, slice: Slice, isBetter: Better, depth: number): Value => {
  let best: Value = null
  for (const item of slice.items) {
    const value = isSlice(item) ? bestOf(name, item, isBetter, deeper(depth)) : number(name, item)
    if (value !== null) best = better(best, value, isBetter)
  }
  return best
}

const extreme = (name: string, isBetter: Better): Builtin => ({
  name,
  validate: aggregate(name),
  call: args => {
    const [only] = args
    // A single value that is no number is its own extreme.
    if (args.length === 1 && only !== undefined && !isSlice(only)) return only
    let best: Value = null
    for (const arg of args) {
      if (!isSlice(arg) && !isNumeric(arg)) fail(wrong(name)(typeName(arg)))
      const value = isSlice(arg) ? bestOf(name, arg, isBetter, 0) : arg
      if (value !== null) best = better(best, value, isBetter)
    }
    return best
  },
})

const numbersIn = (name: string, values: readonly Value[], depth = 0): number[] =>
  values.flatMap(value => {
    if (isSlice(value)) return numbersIn(name, value.items, deeper(depth))
    if (typeof value === 'object' && value?.kind === 'duration') return [Number(value.ns)]
    if (typeof value === 'object' && value?.kind === 'boxed') return [Number(value.value)]
    return [floatOf(value) ?? fail(wrong(name)(typeName(value)))]
  })

/** Nested arrays are added up first, then to the rest. */
const totalOf = (values: readonly Value[]): number =>
  values.reduce<number>((sum, value) => sum + (isSlice(value) ? totalOf(value.items) : (numbersIn('mean', [value])[0] ?? 0)), 0)

const mean = (args: readonly Value[]): number => {
  const numbers = numbersIn('mean', args)
  const [only] = args
  if (numbers.length === 0) return 0
  return (args.length === 1 && only !== undefined && isSlice(only) ? totalOf(only.items) : totalOf(args)) / numbers.length
}

const median = (args: readonly Value[]): number => {
  const numbers = numbersIn('median', args).sort((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b))
  const middle = Math.floor(numbers.length / 2)
  const high = numbers[middle] ?? 0
  return numbers.length % 2 === 1 || numbers.length === 0 ? high : ((numbers[middle - 1] ?? 0) + high) / 2
}

const bit = (name: string, call: (x: bigint, y: bigint) => bigint): Builtin => {
  const int = (value: Value | undefined): bigint =>
    integerOf(value ?? null) ?? fail(`cannot use ${typeName(value ?? null)} as argument (type int) to call ${name}`)
  return { name, types: [funcOf([INT, INT], [INT])], call: ([x, y]) => wrap(call(int(x), int(y))) }
}

const shift = (name: string, call: (x: bigint, y: bigint) => bigint): Builtin =>
  bit(name, (x, y) => {
    if (y < 0n) fail(`invalid operation: negative shift count ${y} (type int)`)
    return call(x, y > 64n ? 64n : y)
  })

export const NUMBER_BUILTINS: readonly Builtin[] = [
  { name: 'abs', validate: oneOf(NUMBER_KINDS, type => type, wrong('abs')), call: args => abs(first(args)) },
  rounding('ceil', Math.ceil),
  rounding('floor', Math.floor),
  rounding('round', roundHalf),
  { name: 'int', validate: oneOf(CONVERTIBLE, () => INT, wrong('int')), call: args => toInteger(first(args)) },
  { name: 'float', validate: oneOf(CONVERTIBLE, () => FLOAT64, wrong('float')), call: args => toFloat(first(args)) },
  { name: 'string', types: [funcOf([ANY], [STRING])], call: args => show(first(args)) },
  extreme('max', isLess),
  extreme('min', (best, value) => isLess(value, best)),
  { name: 'mean', validate: aggregate('mean'), call: mean },
  { name: 'median', validate: aggregate('median'), call: median },
  bit('bitand', (x, y) => x & y),
  bit('bitor', (x, y) => x | y),
  bit('bitxor', (x, y) => x ^ y),
  bit('bitnand', (x, y) => x & ~y),
  shift('bitshl', (x, y) => x << y),
  shift('bitshr', (x, y) => x >> y),
  shift('bitushr', (x, y) => BigInt.asUintN(64, x) >> y),
  {
    name: 'bitnot',
    types: [funcOf([INT], [INT])],
    call: ([value]) =>
      ~(integerOf(value ?? null) ?? fail(`cannot use ${typeName(value ?? null)} as argument (type int) to call bitnot`)),
  },
]
