import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aRoute, aSlice } from '../testing/objects.ts'
import { applyChange, byKey, changeBetween, NO_OBJECTS, type TableObjects } from './table-change.ts'

/** A few objects of a few names, new ones each time; some of the objects of `before` stay as they are. */
const objects = fc
  .record({ routes: fc.uniqueArray(fc.nat(4)), slices: fc.uniqueArray(fc.nat(4)) })
  .map(({ routes, slices }): TableObjects => {
    return { routes: byKey(routes.map(n => aRoute({}, `r${n}`))), slices: byKey(slices.map(n => aSlice(`s${n}`, []))) }
  })
const keep = <O>(before: ReadonlyMap<string, O>, after: ReadonlyMap<string, O>, mask: number): ReadonlyMap<string, O> =>
  new Map([...after].map(([key, object], i) => [key, ((mask >> i) & 1) === 1 ? (before.get(key) ?? object) : object]))

test('a worker that is told every change has what the primary has', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(objects, fc.nat(31)), { minLength: 1, maxLength: 6 }), states => {
      let before = NO_OBJECTS
      let worker = NO_OBJECTS
      for (const [next, mask] of states) {
        const after = { routes: keep(before.routes, next.routes, mask), slices: keep(before.slices, next.slices, mask) }
        const change = changeBetween(before, after)
        worker = applyChange(worker, structuredClone(change))
        assert.deepEqual(new Map([...worker.routes].toSorted()), new Map([...after.routes].toSorted()))
        assert.deepEqual(new Map([...worker.slices].toSorted()), new Map([...after.slices].toSorted()))
        before = after
      }
    }),
  )
})

test('what stays as it is is not sent again', () => {
  const [kept, changed] = [aRoute({}, 'kept'), aRoute({}, 'changed')]
  const before = { routes: byKey([kept, changed]), slices: byKey([aSlice('s', [])]) }
  const after = { routes: byKey([kept, aRoute({ version: 2 }, 'changed')]), slices: byKey([]) }
  const { routes, slices, goneRoutes, goneSlices } = changeBetween(before, after)
  assert.deepEqual(
    [routes.map(({ metadata }) => metadata.name), slices, goneRoutes, goneSlices],
    [['changed'], [], [], ['shop/s-abc']],
  )
})
