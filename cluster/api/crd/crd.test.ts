import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { draftOf, type JsonObject } from '../json.ts'
import { applyDefaults } from './defaults.ts'
import { pruneCustom, unknownInCustom } from './prune.ts'
import { validateRules } from './rules.ts'
import { validateValue } from './validate.ts'

const INT = { type: 'integer' }
const TEXT = { type: 'string' }
const objectOf = (properties: JsonObject, more: object = {}) => ({ type: 'object', properties, ...more })

const pruned = (value: JsonObject, schema: JsonObject) => {
  const draft = draftOf(value)
  pruneCustom(draft, schema)
  return draft
}

const defaulted = (value: JsonObject, schema: JsonObject) => {
  const draft = draftOf(value)
  applyDefaults(draft, schema)
  return draft
}

const messages = (value: unknown, schema: JsonObject) =>
  validateValue(value, schema, 'spec').map(({ field, message }) => `${field}: ${message}`)

describe('pruning', () => {
  const schema = objectOf({
    spec: objectOf({
      size: INT,
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: objectOf({ a: INT }) } },
      map: { type: 'object', additionalProperties: objectOf({ a: INT }) },
      list: { type: 'array', items: objectOf({ a: INT }) },
      template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: objectOf({ a: INT }) } },
    }),
  })

  test('takes unknown fields away wherever they are', () => {
    const value = {
      apiVersion: 'a/v1',
      kind: 'A',
      metadata: { name: 'a', nope: 1 },
      other: 1,
      spec: { size: 1, x: 1, map: { k: { a: 1, b: 2 } }, list: [{ a: 1, b: 2 }] },
    }
    assert.deepEqual(pruned(value, schema), {
      apiVersion: 'a/v1',
      kind: 'A',
      metadata: { name: 'a' },
      spec: { size: 1, map: { k: { a: 1 } }, list: [{ a: 1 }] },
    })
    assert.deepEqual([...unknownInCustom(value, schema)].sort(), [
      'metadata.nope',
      'other',
      'spec.list[0].b',
      'spec.map.k.b',
      'spec.x',
    ])
  })

  test('keeps everything where anything may stand, but prunes what is known there', () => {
    assert.deepEqual(pruned({ spec: { open: { x: { y: 1 }, known: { a: 1, b: 2 } } } }, schema), {
      spec: { open: { x: { y: 1 }, known: { a: 1 } } },
    })
  })

  test('keeps the identity of embedded objects', () => {
    const template = { apiVersion: 'v1', kind: 'Pod', metadata: { labels: {}, nope: 1 }, spec: { a: 1, b: 2 }, other: 1 }
    assert.deepEqual(pruned({ spec: { template } }, schema), {
      spec: { template: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: {} }, spec: { a: 1 } } },
    })
  })
})

describe('defaults', () => {
  const schema = objectOf({
    mode: { ...TEXT, default: 'slow' },
    inner: objectOf({ size: { ...INT, default: 3 } }),
    full: objectOf({ size: { ...INT, default: 3 } }, { default: {} }),
    maybe: { ...TEXT, nullable: true, default: 'x' },
  })

  test('fill what is absent, not what is there', () => {
    assert.deepEqual(defaulted({ mode: '' }, schema), { mode: '', full: { size: 3 }, maybe: 'x' })
    assert.deepEqual(defaulted({ inner: {} }, schema), { mode: 'slow', inner: { size: 3 }, full: { size: 3 }, maybe: 'x' })
  })

  test('take the place of null unless null is a value', () => {
    assert.deepEqual(defaulted({ mode: null, maybe: null, inner: null }, schema), {
      mode: 'slow',
      full: { size: 3 },
      maybe: null,
    })
  })

  test('reach into lists and maps', () => {
    const item = objectOf({ weight: { ...INT, default: 1 } })
    assert.deepEqual(
      defaulted(
        { list: [{}], map: { a: {} } },
        objectOf({ list: { type: 'array', items: item }, map: { type: 'object', additionalProperties: item } }),
      ),
      { list: [{ weight: 1 }], map: { a: { weight: 1 } } },
    )
  })
})

describe('validation', () => {
  test('of types', () => {
    assert.deepEqual(messages('x', INT), ['spec: Invalid value: "string": spec in body must be of type integer: "string"'])
    assert.deepEqual(messages(1.5, INT), ['spec: Invalid value: "number": spec in body must be of type integer: "number"'])
    assert.deepEqual(messages(1, { type: 'number' }), [])
    assert.deepEqual(messages(null, TEXT).length, 1)
    assert.deepEqual(messages(null, { ...TEXT, nullable: true }), [])
    for (const fine of [1, '50%']) assert.deepEqual(messages(fine, { 'x-kubernetes-int-or-string': true }), [])
    assert.equal(messages(true, { 'x-kubernetes-int-or-string': true }).length, 1)
  })

  test('of ranges, lengths and formats', () => {
    assert.deepEqual(messages(0, { ...INT, minimum: 1 }), [
      'spec: Invalid value: 0: spec in body should be greater than or equal to 1',
    ])
    assert.deepEqual(messages(11, { ...INT, maximum: 10 }), [
      'spec: Invalid value: 11: spec in body should be less than or equal to 10',
    ])
    assert.deepEqual(messages(1, { ...INT, minimum: 1, exclusiveMinimum: true }), [
      'spec: Invalid value: 1: spec in body should be greater than 1',
    ])
    assert.deepEqual(messages('', { ...TEXT, minLength: 1 }), [
      'spec: Invalid value: "": spec in body should be at least 1 chars long',
    ])
    assert.deepEqual(messages('abcd', { ...TEXT, maxLength: 3 }), ['spec: Too long: may not be more than 3 bytes'])
    assert.deepEqual(messages([1, 2], { type: 'array', items: INT, maxItems: 1 }), [
      'spec: Too many: 2: must have at most 1 items',
    ])
    assert.equal(messages('yesterday', { ...TEXT, format: 'date-time' }).length, 1)
    assert.deepEqual(messages('2026-01-01T00:00:00Z', { ...TEXT, format: 'date-time' }), [])
    assert.deepEqual(messages([], { type: 'array', items: INT, minItems: 1 }), [
      'spec: Invalid value: 0: spec in body should have at least 1 items',
    ])
  })

  test('of sets and lists with keys', () => {
    assert.deepEqual(messages(['a', 'a'], { type: 'array', items: TEXT, 'x-kubernetes-list-type': 'set' }), [
      'spec[1]: Duplicate value: "a"',
    ])
    const keyed = {
      type: 'array',
      items: objectOf({ name: TEXT }),
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    }
    assert.deepEqual(messages([{ name: 'a' }, { name: 'b' }, { name: 'a' }], keyed), ['spec[2]: Duplicate value: {"name":"a"}'])
  })

  test('of combined schemas', () => {
    const either = { type: 'object', properties: { a: INT, b: INT }, oneOf: [{ required: ['a'] }, { required: ['b'] }] }
    assert.deepEqual(messages({ a: 1 }, either), [])
    assert.match(messages({ a: 1, b: 1 }, either)[0] ?? '', /must validate one and only one schema \(oneOf\)/)
    assert.match(
      messages({}, { ...either, oneOf: undefined, anyOf: [{ required: ['a'] }] })[0] ?? '',
      /must validate at least one schema \(anyOf\)/,
    )
    assert.match(
      messages({ a: 1 }, { type: 'object', not: { required: ['a'] } })[0] ?? '',
      /must not validate the schema \(not\)/,
    )
  })
})

describe('rules in CEL', () => {
  const rule = (text: string, more: object = {}) => ({ 'x-kubernetes-validations': [{ rule: text, ...more }] })

  test('say where and why', () => {
    const schema = objectOf({
      spec: objectOf({ a: INT, b: INT }, rule('self.a <= self.b', { messageExpression: `'a is ' + string(self.a)` })),
    })
    assert.deepEqual(validateRules({ spec: { a: 1, b: 2 } }, undefined, schema), [])
    assert.match(validateRules({ spec: { a: 3, b: 2 } }, undefined, schema)[0]?.message ?? '', /: a is 3$/)
  })

  test('about a change hold only for changes', () => {
    const schema = objectOf({ spec: objectOf({ a: { ...INT, ...rule('self == oldSelf', { message: 'is fixed' }) } }) })
    assert.deepEqual(validateRules({ spec: { a: 2 } }, undefined, schema), [])
    assert.deepEqual(validateRules({ spec: { a: 2 } }, { spec: {} }, schema), [])
    assert.deepEqual(
      validateRules({ spec: { a: 2 } }, { spec: { a: 1 } }, schema).map(({ field }) => field),
      ['spec.a'],
    )
  })

  test('that cannot be evaluated are errors', () => {
    const schema = objectOf({ spec: objectOf({ a: INT }, rule('self.missing == 1')) })
    assert.match(
      validateRules({ spec: { a: 1 } }, undefined, schema)[0]?.message ?? '',
      /no such key: missing evaluating rule: self\.missing == 1/,
    )
  })
})
