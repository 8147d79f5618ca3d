import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PodTemplate } from './kubernetes.ts'
import { sameTemplate, shortHash, templateHash } from './template.ts'

const template = (
  over: Readonly<Record<string, unknown>> = {},
  metadata: PodTemplate['metadata'] = { labels: { app: 'web' } },
): PodTemplate => ({
  metadata,
  spec: { containers: [{ name: 'web', image: 'web:1', ...over }] },
})

const assertSame = (a: PodTemplate, b: PodTemplate): void => {
  assert.equal(sameTemplate(a, b), true)
  assert.equal(templateHash(a), templateHash(b))
}

const assertDifferent = (a: PodTemplate, b: PodTemplate): void => {
  assert.equal(sameTemplate(a, b), false)
  assert.notEqual(templateHash(a), templateHash(b))
}

test('the label pod-template-hash does not count, other labels do', () => {
  assertSame(template(), template({}, { labels: { app: 'web', 'pod-template-hash': 'abc' } }))
  assertSame({ spec: template().spec }, template({}, { labels: { 'pod-template-hash': 'abc' } }))
  assertDifferent(template(), template({}, { labels: { app: 'web', more: 'x' } }))
  assertDifferent(
    template(),
    template({}, { labels: { app: 'web' }, annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } }),
  )
})

test('null, absent and empty are the same', () => {
  assertSame(template({ env: [], resources: {}, args: null }), template())
  assertSame(template({ securityContext: { capabilities: { drop: [] } } }), template())
  assertSame(template({}, { labels: { app: 'web' }, creationTimestamp: null }), template())
})

test('false, zero and the empty string are values', () => {
  assertDifferent(template({ tty: false }), template())
  assertDifferent(template({ x: 0 }), template())
  assertDifferent(template({ workingDir: '' }), template())
})

test('the order of keys does not count, the order of elements does', () => {
  assertSame(template({ a: { x: 1, y: 2 } }), template({ a: { y: 2, x: 1 } }))
  assertDifferent(template({ args: ['a', 'b'] }), template({ args: ['b', 'a'] }))
  assertDifferent(template({ args: ['a', null] }), template({ args: ['a'] }))
})

test('quantities are compared by size, and text that looks like one is not', () => {
  assertSame(
    template({ resources: { limits: { cpu: '1000m', memory: '1Gi' } } }),
    template({ resources: { limits: { cpu: 1, memory: '1024Mi' } } }),
  )
  assertDifferent(template({ resources: { requests: { cpu: '100m' } } }), template({ resources: { requests: { cpu: '101m' } } }))
  assertDifferent(template({ args: ['1000m'] }), template({ args: ['1'] }))
  assertDifferent(template({}, { labels: { limits: '1000m' } }), template({}, { labels: { limits: '1' } }))
  const volume = (sizeLimit: string): PodTemplate => ({
    spec: { ...template().spec, volumes: [{ name: 'tmp', emptyDir: { sizeLimit } }] },
  })
  assertSame(volume('1Gi'), volume('1024Mi'))
})

test('a malformed quantity is compared as text', () => {
  assertDifferent(template({ resources: { limits: { cpu: 'lots' } } }), template({ resources: { limits: { cpu: 'more' } } }))
})

const json = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('value'), { maxKeys: 4 }),
  ),
})).value

const templates = fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,8}$/), json, { maxKeys: 5 }).map(template1 => template(template1))

/** The same value with members in another order, and with nulls and empties sprinkled in. */
const disguise = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(disguise)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).reverse()
  return {
    zzNull: null,
    zzArray: [],
    zzObject: {},
    ...Object.fromEntries(members.map(([key, member]) => [key, disguise(member)])),
  }
}

test('a template is the same as itself in any disguise of order, nulls and empties', () => {
  fc.assert(
    fc.property(templates, one => {
      const [container = { name: '' }] = one.spec.containers
      assertSame(one, { ...one, spec: { containers: [{ name: 'web', ...Object(disguise(container)) }] } })
    }),
  )
})

test('two templates are the same exactly when their hashes are', () => {
  fc.assert(
    fc.property(templates, templates, (a, b) => {
      assert.equal(sameTemplate(a, b), templateHash(a) === templateHash(b))
    }),
  )
})

test('a hash is ten characters of the alphabet of generated names', () => {
  fc.assert(
    fc.property(templates, one => {
      assert.match(templateHash(one), /^[bcdfghjklmnpqrstvwxz2456789]{10}$/)
    }),
  )
})

test('hashes are spread: no two of 20,000 small changes collide', () => {
  const hashes = new Set(Array.from({ length: 20_000 }, (_, i) => templateHash(template({ image: `web:${i}` }))))
  assert.equal(hashes.size, 20_000)
})

test('a hash is FNV-1a of 64 bits, so it never changes between releases', () => {
  // The published test vectors of FNV-1a: '' -> cbf29ce484222325, 'a' -> af63dc4c8601ec8c, 'foobar' -> 85944171f73967e8.
  const inAlphabet = (value: bigint): string => {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
    return Array.from({ length: 10 }, (_, i) => alphabet[Number((value / 27n ** BigInt(i)) % 27n)]).join('')
  }
  assert.equal(shortHash('', 10), inAlphabet(0xcbf29ce484222325n))
  assert.equal(shortHash('a', 10), inAlphabet(0xaf63dc4c8601ec8cn))
  assert.equal(shortHash('foobar', 10), inAlphabet(0x85944171f73967e8n))
})
