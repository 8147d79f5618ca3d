/** The Go types that conditions can meet, as far as the language tells them apart. Pure. */

export type Kind =
  | 'bool'
  | 'int'
  | 'int64'
  | 'uint8'
  | 'float64'
  | 'string'
  | 'slice'
  | 'array'
  | 'map'
  | 'func'
  | 'interface'
  | 'struct'
  | 'ptr'

export type GoType = {
  /** As Go prints it; two types are the same when their names are. */
  readonly name: string
  readonly kind: Kind
  /** A type with a name of its own (time.Duration), which is no plain number even when its kind is one. */
  readonly isNamed?: true
  readonly elem?: GoType
  readonly key?: GoType
  readonly params?: readonly GoType[]
  readonly results?: readonly GoType[]
  readonly isVariadic?: true
}

export const ANY: GoType = { name: 'interface {}', kind: 'interface' }
export const BOOL: GoType = { name: 'bool', kind: 'bool' }
export const INT: GoType = { name: 'int', kind: 'int' }
export const INT64: GoType = { name: 'int64', kind: 'int64' }
export const UINT8: GoType = { name: 'uint8', kind: 'uint8' }
export const FLOAT64: GoType = { name: 'float64', kind: 'float64' }
export const STRING: GoType = { name: 'string', kind: 'string' }
export const ERROR: GoType = { name: 'error', kind: 'interface' }
export const TIME: GoType = { name: 'time.Time', kind: 'struct', isNamed: true }
export const DURATION: GoType = { name: 'time.Duration', kind: 'int64', isNamed: true }
export const MONTH: GoType = { name: 'time.Month', kind: 'int', isNamed: true }
export const WEEKDAY: GoType = { name: 'time.Weekday', kind: 'int', isNamed: true }
const LOCATION_STRUCT: GoType = { name: 'time.Location', kind: 'struct', isNamed: true }
export const LOCATION: GoType = { name: '*time.Location', kind: 'ptr', elem: LOCATION_STRUCT }
const EMPTY_STRUCT: GoType = { name: 'struct {}', kind: 'struct' }

export const sliceOf = (elem: GoType): GoType => ({ name: `[]${elem.name}`, kind: 'slice', elem })
export const mapOf = (key: GoType, elem: GoType): GoType => ({ name: `map[${key.name}]${elem.name}`, kind: 'map', key, elem })

export const ANYS = sliceOf(ANY)
export const INTS = sliceOf(INT)
export const FLOATS = sliceOf(FLOAT64)
export const STRINGS = sliceOf(STRING)
export const BYTES = sliceOf(UINT8)
const PAIR: GoType = { name: '[2]interface {}', kind: 'array', elem: ANY }
export const PAIR_TYPE = PAIR
export const PAIRS = sliceOf(PAIR)
export const STRING_MAP = mapOf(STRING, ANY)
export const ANY_MAP = mapOf(ANY, ANY)
export const GROUPS = mapOf(ANY, ANYS)
export const INT_SET = mapOf(INT, EMPTY_STRUCT)
export const STRING_SET = mapOf(STRING, EMPTY_STRUCT)

export const funcOf = (params: readonly GoType[], results: readonly GoType[], isVariadic = false): GoType => {
  const names = params.map(({ name }, i) => (isVariadic && i === params.length - 1 ? name.replace('[]', '...') : name))
  const out = results.map(({ name }) => name)
  const shown = out.length > 1 ? ` (${out.join(', ')})` : out.map(name => ` ${name}`).join('')
  const type = { name: `func(${names.join(', ')})${shown}`, kind: 'func', params, results } as const
  return isVariadic ? { ...type, isVariadic: true } : type
}

export const isAny = (type: GoType): boolean => type.name === ANY.name

export const isIntegerType = (type: GoType): boolean =>
  !type.isNamed && (type.kind === 'int' || type.kind === 'int64' || type.kind === 'uint8')

/** Whether a value of type `from` may stand where `to` is wanted. */
export const isAssignable = (from: GoType, to: GoType): boolean => isAny(to) || from.name === to.name
