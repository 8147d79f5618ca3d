/** The names that Argo Rollouts puts around a metric's result (its `evaluate` package). */
import type { Env } from './compile.ts'
import { parseDecimal, parseFloat64, truncate } from './go/numbers.ts'
import { ANY, BOOL, FLOAT64, funcOf, INT64 } from './go/types.ts'
import { show } from './run/show.ts'
import { boxed, type Func, fail, floatOf, integerOf, isNil, typeName, type Value } from './run/values.ts'

const func = (type: Func['type'], call: Func['call']): Func => ({ kind: 'func', type, call })
const first = ([value]: readonly Value[]): Value => value ?? null

const asInt = (value: Value): Value => {
  if (typeof value === 'number') return boxed(INT64, truncate(value))
  if (typeof value === 'string') {
    const parsed = parseDecimal(value)
    if (typeof parsed === 'bigint') return boxed(INT64, parsed)
    return fail(
      `strconv.ParseInt: parsing ${JSON.stringify(value)}: ${parsed === 'range' ? 'value out of range' : 'invalid syntax'}`,
    )
  }
  const whole = integerOf(value)
  return whole === undefined ? fail(`asInt() not supported on ${typeName(value)} ${show(value)}`) : boxed(INT64, whole)
}

const asFloat = (value: Value): Value => {
  if (typeof value === 'string') {
    const parsed = parseFloat64(value)
    if (typeof parsed === 'number') return parsed
    return fail(
      `strconv.ParseFloat: parsing ${JSON.stringify(value)}: ${parsed === 'range' ? 'value out of range' : 'invalid syntax'}`,
    )
  }
  return floatOf(value) ?? fail(`asFloat() not supported on ${typeName(value)} ${show(value)}`)
}

const isInf = func(funcOf([FLOAT64], [BOOL]), args => Math.abs(first(args) as number) === Number.POSITIVE_INFINITY)
const isNaN_ = func(funcOf([FLOAT64], [BOOL]), args => Number.isNaN(first(args)))
const AS_INT = func(funcOf([ANY], [INT64]), args => asInt(first(args)))
const AS_FLOAT = func(funcOf([ANY], [FLOAT64]), args => asFloat(first(args)))

/** `isNil` and `default` look at the result, whatever they are given: so they do in Argo Rollouts. */
export const conditionEnv = (given: Value): Env => {
  const result = isNil(given) ? null : given
  return new Map<string, Value>([
    ['result', result],
    ['asInt', AS_INT],
    ['asFloat', AS_FLOAT],
    ['isNaN', isNaN_],
    ['isInf', isInf],
    ['isNil', func(funcOf([ANY], [BOOL]), () => result === null)],
    ['default', func(funcOf([ANY, ANY], [ANY]), ([, otherwise]) => (result === null ? (otherwise ?? null) : result))],
  ])
}

/** What times of a range query are computed in. */
export const timeEnv: Env = new Map<string, Value>([
  ['isNaN', isNaN_],
  ['isInf', isInf],
])
