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

const causeOf = (target: object, patch: unknown): string => {
  try {
    applyJsonPatch({ ...target }, patch)
  } catch (error) {
    if (error instanceof Failure && error.code === 422) return error.details?.causes?.[0]?.message ?? ''
    throw error
  }
  return 'applied'
}

test('a JSON patch that fails is a 422 that names the operation', () => {
  assert.match(causeOf({}, [{ op: 'remove', path: '/missing' }]), /operation 0: .*"path":"\/missing"/)
  assert.match(
    causeOf({ a: 1 }, [
      { op: 'test', path: '/a', value: 1 },
      { op: 'test', path: '/a', value: 2 },
    ]),
    /TEST_OPERATION_FAILED: operation 1/,
  )
  assert.match(causeOf({}, [{ op: 'add', path: '/missing/x', value: 1 }]), /operation 0/)
  assert.match(causeOf({ list: [] }, [{ op: 'replace', path: '/list/3', value: 1 }]), /operation 0/)
})

test('a field that is missing counts as null, and can be replaced', () => {
  assert.deepEqual(
    applyJsonPatch({ a: {} }, [
      { op: 'test', path: '/a/b', value: null },
      { op: 'replace', path: '/a/b~1c', value: 1 },
    ]),
    { a: { 'b/c': 1 } },
  )
  assert.match(causeOf({}, [{ op: 'test', path: '/a/b', value: null }]), /operation 0/)
  assert.match(causeOf({}, [{ op: 'test', path: '/a', value: 0 }]), /operation 0/)
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
