/** What the parts of the checker share. */
import type { Node } from '../ast.ts'
import type { Builtin } from '../builtins/builtin.ts'
import { CompileFailure } from '../problem.ts'
import type { Nature } from './nature.ts'

export type Named = { readonly name: string; readonly nature: Nature }

/** Inside of a predicate: what `#` is an item of, and the names after `#`. */
export type Scope = { readonly collection: Nature; readonly names: readonly Named[] }

export type Checker = {
  /** The environment's names and what their values are. */
  readonly env: ReadonlyMap<string, Nature>
  readonly builtins: ReadonlyMap<string, Builtin>
  readonly scopes: Scope[]
  readonly variables: Named[]
  /** Finds out a node's nature, notes it on the node, and throws CompileFailure when it can have none. */
  readonly visit: (node: Node) => Nature
}

export const reject = (node: Node, message: string): never => {
  throw new CompileFailure(message, node.span)
}
