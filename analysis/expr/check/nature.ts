/** What the checker knows about a value: its Go type, that it is nil, or nothing. Pure. */
import { ANY, ANYS, BYTES, DURATION, FLOAT64, type GoType, INT, isAny, isAssignable, isIntegerType, TIME } from '../go/types.ts'

export type Nature = {
  /** Undefined = not known (or nil). */
  readonly type?: GoType
  /** It is the value nil. */
  readonly isNil?: true
  /** Elements of an array, when more is known than its type says; the result of a predicate. */
  readonly ref?: Nature
}

export const UNKNOWN: Nature = Object.freeze({})
export const NIL: Nature = Object.freeze({ isNil: true })

export const natureOf = (type: GoType): Nature => ({ type })

export const isUnknown = ({ type, isNil }: Nature): boolean => (type === undefined ? !isNil : isAny(type))
export const nameOf = ({ type }: Nature): string => type?.name ?? 'unknown'
export const kindOf = ({ type }: Nature): string => type?.kind ?? 'invalid'
/** The type that Go's reflection would see: what is not known is any. */
export const typeIn = ({ type }: Nature): GoType => type ?? ANY

export const isInteger = ({ type }: Nature): boolean => type !== undefined && isIntegerType(type)
export const isFloat = ({ type }: Nature): boolean => type?.kind === 'float64'
export const isNumber = (nature: Nature): boolean => isInteger(nature) || isFloat(nature)
export const isBool = (nature: Nature): boolean => kindOf(nature) === 'bool'
export const isString = (nature: Nature): boolean => kindOf(nature) === 'string'
export const isArray = (nature: Nature): boolean => ['slice', 'array'].includes(kindOf(nature))
export const isMapNature = (nature: Nature): boolean => kindOf(nature) === 'map'
export const isTime = ({ type }: Nature): boolean => type?.name === TIME.name
export const isDuration = ({ type }: Nature): boolean => type?.name === DURATION.name
export const isBytes = ({ type }: Nature): boolean => type?.name === BYTES.name

/** What a pointer points to; anything else as it is. */
export const deref = (nature: Nature): Nature =>
  nature.type?.kind === 'ptr' && nature.type.elem ? natureOf(nature.type.elem) : nature

export const elementOf = (nature: Nature): Nature => {
  if (isArray(nature) && nature.ref) return nature.ref
  return nature.type?.elem ? natureOf(nature.type.elem) : UNKNOWN
}

export const arrayOf = (element: Nature): Nature => ({ type: ANYS, ref: element })

const TAKES_NIL = new Set(['ptr', 'interface', 'func', 'map', 'slice'])

export const assignable = (from: Nature, to: Nature): boolean => {
  if (from.isNil && TAKES_NIL.has(kindOf(to))) return true
  if (!from.type || !to.type) return false
  if (from.type.kind !== to.type.kind && to.type.kind !== 'interface') return false
  return isAssignable(from.type, to.type)
}

type Check = (nature: Nature) => boolean

/** One side is not known, and the other is one of these (or not known either). */
export const maybeCompatible = (left: Nature, right: Nature, ...checks: readonly Check[]): boolean => {
  const [unknownLeft, unknownRight] = [isUnknown(left), isUnknown(right)]
  if (unknownLeft && unknownRight) return true
  return (unknownLeft && checks.some(check => check(right))) || (unknownRight && checks.some(check => check(left)))
}

export const comparable = (left: Nature, right: Nature): boolean =>
  isUnknown(left) ||
  isUnknown(right) ||
  Boolean(left.isNil || right.isNil) ||
  [isNumber, isDuration, isTime, isArray].some(check => check(left) && check(right)) ||
  assignable(left, right)

export const promote = (left: Nature, right: Nature): Nature => natureOf(isFloat(left) || isFloat(right) ? FLOAT64 : INT)
