import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../failure.ts'
import { applyJsonPatch } from './json.ts'
import { applyMergePatch } from './merge.ts'

test('a JSON patch is applied to a copy', () => {
  const target = { a: { b: [1, 2] } }
  const patch = [
    { op: 'add', path: '/a/b/-', value: 3 },
    { op: 'test', path: '/a/b/2', value: 3 },
    { op: 'remove', path: '/a/b/0' },
  ]
  assert.deepEqual(applyJsonPatch(target, patch), { a: { b: [2, 3] } })
  assert.deepEqual(target, { a: { b: [1, 2] } })
})

test('a JSON patch that fails is a 422 that names the operation', () => {
  const failing = [{ op: 'replace', path: '/missing', value: 1 }]
  assert.throws(
    () => applyJsonPatch({}, failing),
    (error: unknown) => error instanceof Failure && error.code === 422 && /"path":"\/missing"/.test(error.message),
  )
  assert.throws(() => applyJsonPatch({ a: 1 }, [{ op: 'test', path: '/a', value: 2 }]), /TEST_OPERATION_FAILED/)
})

test('what is no JSON patch is a bad request', () => {
  for (const patch of [{}, 'x', [{ path: '/a' }], [1]])
    assert.throws(
      () => applyJsonPatch({}, patch),
      (error: unknown) => error instanceof Failure && error.code === 400,
    )
})

test('a JSON patch cannot reach a prototype', () => {
  assert.throws(() => applyJsonPatch({}, [{ op: 'add', path: '/__proto__/x', value: 1 }]))
  assert.equal(Object.getOwnPropertyDescriptor(Object.prototype, 'x'), undefined)
})

test('a merge patch merges objects, replaces all else and removes by null', () => {
  assert.deepEqual(applyMergePatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: null, e: 3 }, d: [2, 3] }), {
    a: { c: 2, e: 3 },
    d: [2, 3],
  })
  assert.deepEqual(applyMergePatch({ a: 1 }, { a: { b: null } }), { a: {} })
})

test('a merge patch applied twice is as good as once', () => {
  const json = fc.object({ maxDepth: 3, withNullPrototype: false, key: fc.constantFrom('a', 'b', 'c', 'd') })
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const once = applyMergePatch(target, patch)
      assert.deepEqual(applyMergePatch(once, patch), once)
    }),
  )
})
