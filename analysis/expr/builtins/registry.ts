/** All builtins by name. Those with predicates have only a name here: the checker and run/loops.ts know them. */

import { ANY, ANYS, BOOL, funcOf, type GoType, GROUPS, INT } from '../go/types.ts'
import { fail } from '../run/values.ts'
import type { Builtin } from './builtin.ts'
import { COLLECTION_BUILTINS } from './collections.ts'
import { NUMBER_BUILTINS } from './numbers.ts'
import { STRING_BUILTINS } from './strings.ts'
import { TEXT_AND_TIME_BUILTINS } from './texts-and-times.ts'

const RESULTS: { readonly [name: string]: GoType } = {
  all: BOOL,
  none: BOOL,
  any: BOOL,
  one: BOOL,
  filter: ANYS,
  map: ANYS,
  find: ANY,
  findLast: ANY,
  findIndex: INT,
  findLastIndex: INT,
  count: INT,
  sum: INT,
  groupBy: GROUPS,
  sortBy: ANYS,
  reduce: ANY,
}

const withPredicates: readonly Builtin[] = Object.entries(RESULTS).map(([name, result]) => ({
  name,
  types: [funcOf([ANYS, funcOf([ANY], [ANY])], [result])],
  call: () => fail(`${name} takes a predicate`),
}))

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [...withPredicates, ...STRING_BUILTINS, ...NUMBER_BUILTINS, ...COLLECTION_BUILTINS, ...TEXT_AND_TIME_BUILTINS].map(builtin => [
    builtin.name,
    builtin,
  ]),
)
