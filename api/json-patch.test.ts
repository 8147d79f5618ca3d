import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import jsonPatch from 'fast-json-patch'
import { pointer } from './json-patch.ts'

test('a pointer escapes ~ and / only', () => {
  assert.equal(pointer(), '')
  assert.equal(pointer('metadata', 'annotations', 'sluice.dev/saved'), '/metadata/annotations/sluice.dev~1saved')
  assert.equal(pointer('a~b', 0, ''), '/a~0b/0/')
})

test('a pointer leads to the value under those keys, whatever they are', () => {
  const key = fc.string().filter(text => !['__proto__', 'constructor', 'prototype'].includes(text))
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), keys => {
      const document: unknown = keys.reduceRight<unknown>((inner, part) => ({ [part]: inner }), 'found')
      assert.equal(jsonPatch.getValueByPointer(document, pointer(...keys)), 'found')
    }),
  )
})
