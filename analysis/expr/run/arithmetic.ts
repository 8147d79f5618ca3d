/** The arithmetic operators at run time. Whole numbers wrap at 64 bits; a division is always a float. */
import { wrap } from '../go/numbers.ts'
import { power } from '../go/power.ts'
import { joined } from '../go/text.ts'
import { boxed, duration, fail, floatOf, integerOf, type Time, typeName, type Value } from './values.ts'

const wrong = (left: Value, right: Value, operator: string): never =>
  fail(`invalid operation: ${typeName(left)} ${operator} ${typeName(right)}`)

type Numeric = { readonly whole: (a: bigint, b: bigint) => bigint; readonly float: (a: number, b: number) => number }

const onNumbers = (left: Value, right: Value, { whole, float }: Numeric): Value | undefined => {
  const [a, b] = [integerOf(left), integerOf(right)]
  if (a !== undefined && b !== undefined) return wrap(whole(a, b))
  const [x, y] = [floatOf(left), floatOf(right)]
  return x === undefined || y === undefined ? undefined : float(x, y)
}

const timeOf = (value: Value): Time | undefined => (typeof value === 'object' && value?.kind === 'time' ? value : undefined)
const spanOf = (value: Value): bigint | undefined =>
  typeof value === 'object' && value?.kind === 'duration' ? value.ns : undefined

const later = (time: Time, ns: bigint): Time => ({ ...time, ns: time.ns + ns })

export const add = (left: Value, right: Value): Value => {
  const number = onNumbers(left, right, { whole: (a, b) => a + b, float: (a, b) => a + b })
  if (number !== undefined) return number
  if (typeof left === 'string' && typeof right === 'string') return joined(left, right)
  const [a, b] = [spanOf(left), spanOf(right)]
  const [from, to] = [timeOf(left), timeOf(right)]
  if (a !== undefined && b !== undefined) return duration(a + b)
  if (from && b !== undefined) return later(from, b)
  return to && a !== undefined ? later(to, a) : wrong(left, right, '+')
}

const MAX_SPAN = 2n ** 63n - 1n

/** Differences that no Duration can hold are the longest one. */
const between = (from: bigint, to: bigint): Value => {
  const ns = to - from
  return duration(ns > MAX_SPAN ? MAX_SPAN : ns < -MAX_SPAN - 1n ? -MAX_SPAN - 1n : ns)
}

export const subtract = (left: Value, right: Value): Value => {
  const number = onNumbers(left, right, { whole: (a, b) => a - b, float: (a, b) => a - b })
  if (number !== undefined) return number
  const [a, b] = [spanOf(left), spanOf(right)]
  const [to, from] = [timeOf(left), timeOf(right)]
  if (a !== undefined && b !== undefined) return duration(a - b)
  if (to && from) return between(from.ns, to.ns)
  return to && b !== undefined ? later(to, -b) : wrong(left, right, '-')
}

/** A duration times a whole number is a duration, times a float it is a float. */
const scaled = (span: bigint, factor: Value): Value | undefined => {
  const whole = integerOf(factor) ?? spanOf(factor)
  if (whole !== undefined) return duration(span * whole)
  return typeof factor === 'number' ? Number(span) * factor : undefined
}

export const multiply = (left: Value, right: Value): Value => {
  const number = onNumbers(left, right, { whole: (a, b) => a * b, float: (a, b) => a * b })
  if (number !== undefined) return number
  const [a, b] = [spanOf(left), spanOf(right)]
  const product = a !== undefined ? scaled(a, right) : b !== undefined ? scaled(b, left) : undefined
  return product ?? wrong(left, right, '*')
}

export const divide = (left: Value, right: Value): Value => {
  const [a, b] = [floatOf(left), floatOf(right)]
  return a === undefined || b === undefined ? wrong(left, right, '/') : a / b
}

export const modulo = (left: Value, right: Value): Value => {
  const [a, b] = [integerOf(left), integerOf(right)]
  if (a === undefined || b === undefined) return wrong(left, right, '%')
  return b === 0n ? fail('runtime error: integer divide by zero') : wrap(a % b)
}

const float = (value: Value): number => floatOf(value) ?? fail(`invalid operation: float(${typeName(value)})`)

export const exponent = (left: Value, right: Value): Value => power(float(left), float(right))

export const negate = (value: Value): Value => {
  if (typeof value === 'number') return -value
  const whole = integerOf(value)
  if (whole === undefined) return fail(`invalid operation: - ${typeName(value)}`)
  if (typeof value === 'bigint') return wrap(-whole)
  const { type } = value as { readonly type: { readonly name: string; readonly kind: 'uint8' | 'int64' } }
  return boxed(type, type.kind === 'uint8' ? BigInt.asUintN(8, -whole) : wrap(-whole))
}
