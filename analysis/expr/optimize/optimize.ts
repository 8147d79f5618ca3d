/** All optimisations, in the Go library's order. */
import type { Node } from '../ast.ts'
import { fold } from './fold.ts'
import { AFTER_SUMS, BEFORE_SUMS, inArray } from './rewrites.ts'
import { sumRange } from './sum-range.ts'
import { walk } from './walk.ts'

/** Throws CompileFailure. */
export const optimize = (root: Node): Node =>
  [...BEFORE_SUMS, sumRange, ...AFTER_SUMS].reduce((node, visit) => walk(node, visit), fold(walk(root, inArray)))
