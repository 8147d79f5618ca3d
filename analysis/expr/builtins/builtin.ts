/** What a builtin function is: one entry in a file of its kind, listed in registry.ts. */
import { ANY, type GoType } from '../go/types.ts'
import type { Time, Value } from '../run/values.ts'

/** What a running expression offers to a builtin. */
export type Surroundings = {
  /** Counts towards the memory budget; throws when that is used up. */
  readonly grow: (size: number) => void
  /** Counts towards the time that an evaluation may take; throws when that is used up. */
  readonly step: (count: number) => void
  /** The time of this evaluation. */
  readonly now: () => Time
}

/** The type of the result, or what is wrong with the arguments; undefined stands for nil. */
export type Validate = (args: readonly (GoType | undefined)[]) => GoType | { readonly problem: string }

export type Builtin = {
  readonly name: string
  /** Its overloads; the first that fits is taken. */
  readonly types?: readonly GoType[]
  /** Instead of types. */
  readonly validate?: Validate
  /** Throws RunFailure. */
  readonly call: (args: readonly Value[], around: Surroundings) => Value
}

/** The kind as validation sees it: what a pointer points to. */
export const kindOfType = (type: GoType | undefined): string =>
  type === undefined ? 'invalid' : type.kind === 'ptr' && type.elem ? type.elem.kind : type.kind

const NUMBERS = new Set(['int', 'int64', 'uint8', 'float64'])
export const isNumberKind = (kind: string): boolean => NUMBERS.has(kind)

const nameOf = (type: GoType | undefined): string => type?.name ?? '%!s(<nil>)'

/** One argument whose kind is in a set. */
export const oneOf = (
  kinds: readonly string[],
  result: (type: GoType) => GoType,
  problem: (name: string) => string,
): Validate => {
  return args => {
    if (args.length !== 1) return { problem: `invalid number of arguments (expected 1, got ${args.length})` }
    const [type] = args
    return kinds.includes(kindOfType(type)) ? result(type ?? ANY) : { problem: problem(nameOf(type)) }
  }
}

export const ARRAY_KINDS: readonly string[] = ['interface', 'slice', 'array']
export const NUMBER_KINDS: readonly string[] = ['interface', ...NUMBERS]
