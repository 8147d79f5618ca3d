/** What to tell a worker so that it has the objects that the primary has. Pure. */
import type { EndpointSlice, KubeObject } from '../../api/kubernetes.ts'
import type { Route } from '../../api/route.ts'
import type { TableChange } from './protocol.ts'

export type TableObjects = {
  readonly routes: ReadonlyMap<string, Route>
  readonly slices: ReadonlyMap<string, EndpointSlice>
}

export const NO_OBJECTS: TableObjects = { routes: new Map(), slices: new Map() }

export const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

export const byKey = <O extends KubeObject>(objects: Iterable<O>): ReadonlyMap<string, O> =>
  new Map([...objects].map(object => [keyOf(object), object]))

/** Objects are compared by identity: whoever changes one makes a new one. */
export const changeBetween = (before: TableObjects, after: TableObjects): TableChange => ({
  routes: changed(before.routes, after.routes),
  slices: changed(before.slices, after.slices),
  goneRoutes: gone(before.routes, after.routes),
  goneSlices: gone(before.slices, after.slices),
})

export const applyChange = (before: TableObjects, change: TableChange): TableObjects => ({
  routes: applied(before.routes, change.routes, change.goneRoutes),
  slices: applied(before.slices, change.slices, change.goneSlices),
})

const changed = <O>(before: ReadonlyMap<string, O>, after: ReadonlyMap<string, O>): readonly O[] =>
  [...after].filter(([key, object]) => before.get(key) !== object).map(([, object]) => object)

const gone = (before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): readonly string[] =>
  [...before.keys()].filter(key => !after.has(key))

const applied = <O extends KubeObject>(
  before: ReadonlyMap<string, O>,
  put: readonly O[],
  left: readonly string[],
): ReadonlyMap<string, O> => {
  const after = new Map(before)
  for (const key of left) after.delete(key)
  for (const object of put) after.set(keyOf(object), object)
  return after
}
