import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isSame } from '../engine/same.ts'
import { mergePatchBetween } from './merge-patch.ts'

/** RFC 7386, as the API server applies it. */
const applyMergePatch = (target: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = applyMergePatch(result[key], value)
  }
  return result
}

test('equal objects need no patch', () => {
  assert.equal(mergePatchBetween({ a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }), undefined)
})

test('a field that is gone is named as null, one that changed is sent alone', () => {
  assert.deepEqual(mergePatchBetween({ a: 1, b: 2, c: { d: 3, e: 4 } }, { a: 1, c: { d: 5, e: 4 } }), { b: null, c: { d: 5 } })
})

test('lists are replaced whole', () => {
  assert.deepEqual(mergePatchBetween({ a: [1, 2] }, { a: [1] }), { a: [1] })
})

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean())
const json = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(leaf), tie('object')),
  object: fc.dictionary(
    fc.string({ maxLength: 3 }).filter(key => key !== '__proto__'),
    tie('value'),
    { maxKeys: 4 },
  ),
}))

test('applying the patch between any two objects gives the second', () => {
  fc.assert(
    fc.property(json.object, json.object, (from, to) => {
      const patch = mergePatchBetween(from, to)
      assert.ok(isSame(patch === undefined ? from : applyMergePatch(from, patch), to))
    }),
  )
})
