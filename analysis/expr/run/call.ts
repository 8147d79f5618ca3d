/** Calls of functions that are values. */
import type { GoType } from '../go/types.ts'
import { type Func, fail, typeName, type Value } from './values.ts'

const asFunction = (value: Value): Func => {
  if (value === null) return fail('invalid operation: cannot call nil')
  if (typeof value === 'object' && value.kind === 'func') return value
  return fail(`invalid operation: cannot call non-function of type ${typeName(value)}`)
}

const checkArgument = (wanted: GoType | undefined, given: Value): void => {
  if (!wanted || wanted.kind === 'interface' || typeName(given) === wanted.name) return
  fail(`interface conversion: interface {} is ${given === null ? 'nil' : typeName(given)}, not ${wanted.name}`)
}

const ZEROS: { readonly [type: string]: Value } = { string: '', int: 0n, float64: 0, bool: false }

/** What nil stands for where the function was not known before; nil where there is no such value. */
const zeroOf = (type: GoType | undefined): Value => (type ? (ZEROS[type.name] ?? null) : null)

/** Arguments must have exactly the types that the function takes. */
export const callFunction = (called: Value, given: readonly Value[], isKnown: boolean): Value => {
  const { type, call } = asFunction(called)
  const params = type.params ?? []
  const args = isKnown ? given : given.map((arg, i) => arg ?? zeroOf(params[i]))
  if (args.length !== params.length) fail(`invalid number of arguments: expected ${params.length}, got ${args.length}`)
  for (const [i, arg] of args.entries()) checkArgument(params[i], arg)
  return call(args)
}
