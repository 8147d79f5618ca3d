import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import jsonPatch, { type Operation } from 'fast-json-patch'
import type { JsonPatchOp } from './json-patch.ts'
import type { Labels, Service } from './kubernetes.ts'
import { attachOps, detachOps, privateServiceName, savedSelector, selectsPods, skipMirrorOps } from './service-mode.ts'

const apply = (service: Service, ops: readonly JsonPatchOp[]): Service =>
  jsonPatch.applyPatch(structuredClone(service), structuredClone(ops) as Operation[], true).newDocument

const service = (selector?: Labels, metadata: Partial<Service['metadata']> = {}, type?: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', ...metadata },
  spec: { ...(selector && { selector }), ...(type !== undefined && { type }), ports: [{ port: 80 }] },
})

const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'a/b', 'c~d'), fc.constantFrom('', 'web', 'x'), {
  minKeys: 1,
  noNullPrototype: true,
})
const notes = fc.option(fc.dictionary(fc.constantFrom('a/b', 'note'), fc.string(), { minKeys: 1, noNullPrototype: true }), {
  nil: undefined,
})
const services = fc
  .tuple(labels, notes, notes)
  .map(([selector, annotations, own]) => service(selector, { ...(annotations && { annotations }), ...(own && { labels: own }) }))

/** Empty maps are not stored by the API server. */
const stored = (one: Service): Service => {
  const { annotations = {}, labels: own = {}, ...metadata } = one.metadata
  return {
    ...one,
    metadata: {
      ...metadata,
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(Object.keys(own).length > 0 && { labels: own }),
    },
  }
}

test('into proxy mode and back restores every Service', () => {
  fc.assert(
    fc.property(services, original => {
      const detached = apply(original, detachOps(original))
      assert.equal('selector' in detached.spec, false)
      assert.deepEqual(savedSelector(detached), original.spec.selector)
      assert.deepEqual(stored(apply(detached, attachOps(detached))), original)
    }),
  )
})

test('doing either twice changes nothing', () => {
  fc.assert(
    fc.property(services, original => {
      const detached = apply(original, detachOps(original))
      assert.deepEqual(detachOps(detached), [])
      assert.deepEqual(attachOps(original), [])
    }),
  )
})

test('a Service fronts the same pods in both modes', () => {
  fc.assert(
    fc.property(services, labels, (original, pods) => {
      const detached = apply(original, detachOps(original))
      assert.equal(selectsPods(detached, pods), selectsPods(original, pods))
      assert.equal(selectsPods(original, { ...pods, ...original.spec.selector }), true)
    }),
  )
})

test('a selector that is applied in proxy mode is the one that comes back', () => {
  const detached = apply(service({ app: 'web' }), detachOps(service({ app: 'web' })))
  const applied = { ...detached, spec: { ...detached.spec, selector: { app: 'web', tier: 'front' } } }
  const again = apply(applied, detachOps(applied))
  assert.equal('selector' in again.spec, false)
  assert.deepEqual(apply(again, attachOps(again)).spec.selector, { app: 'web', tier: 'front' })
  assert.deepEqual(apply(applied, attachOps(applied)).spec.selector, { app: 'web', tier: 'front' })
})

test('nothing is selected without a selector, or by a name elsewhere', () => {
  assert.equal(selectsPods(service(), { app: 'web' }), false)
  assert.equal(selectsPods(service({}), { app: 'web' }), false)
  assert.equal(selectsPods(service({ app: 'web' }, {}, 'ExternalName'), { app: 'web' }), false)
  assert.deepEqual(detachOps(service()), [])
})

test('a spoiled note is removed and nothing is guessed', () => {
  for (const note of ['', '[]', '{"app": 1}', '{']) {
    const spoiled = service(undefined, { annotations: { 'sluice.dev/selector': note } })
    assert.equal(savedSelector(spoiled), undefined)
    assert.equal(selectsPods(spoiled, { app: 'web' }), false)
    assert.deepEqual(attachOps(spoiled), [{ op: 'remove', path: '/metadata/annotations/sluice.dev~1selector' }])
  }
})

test('the mirror label is put on, kept and taken off', () => {
  const plain = service({ app: 'web' }, { labels: { team: 'a' } })
  const on = apply(plain, skipMirrorOps(plain, true))
  assert.deepEqual(on.metadata.labels, { team: 'a', 'endpointslice.kubernetes.io/skip-mirror': 'true' })
  assert.deepEqual(skipMirrorOps(on, true), [])
  assert.deepEqual(apply(on, skipMirrorOps(on, false)), plain)
  assert.deepEqual(skipMirrorOps(plain, false), [])
  assert.deepEqual(stored(apply(apply(service(), skipMirrorOps(service(), true)), skipMirrorOps(on, false))), service())
})

const names = fc.stringMatching(/^[a-z][-a-z0-9]{0,61}[a-z0-9]$/)
const hashes = fc.stringMatching(/^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/)

test('a private name is a Service name of at most 63 characters and ends with the hash', () => {
  fc.assert(
    fc.property(names, hashes, (name, hash) => {
      const made = privateServiceName(name, hash)
      assert.match(made, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/)
      assert.ok(made.endsWith(`-${hash}`))
    }),
  )
})

test('private names of long Services that begin alike differ', () => {
  const long = 'a'.repeat(60)
  assert.equal(privateServiceName('web', '5d8c9'), 'web-5d8c9')
  assert.notEqual(privateServiceName(`${long}x`, 'bcdfghjklm'), privateServiceName(`${long}y`, 'bcdfghjklm'))
  assert.equal(privateServiceName(`${long}xyz`, 'bcdfghjklm').length, 63)
})
