import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../failure.ts'
import { at, type JsonObject, objectsOf, sameJson } from '../json.ts'
import { structSchema } from '../schema/kubernetes.ts'
import { applyMergePatch } from './merge.ts'
import { applyStrategicPatch } from './strategic.ts'

const patchStruct = (struct: string, target: JsonObject, patch: JsonObject) =>
  applyStrategicPatch(target, patch, structSchema(struct))

const POD_SPEC = 'core.v1.PodSpec'
const CONTAINERS = {
  containers: [
    { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
    { name: 'b', image: 'b:1' },
  ],
}

const names = (value: JsonObject, field: string) => objectsOf(value[field]).map(item => item['name'])

describe('a strategic merge patch', () => {
  test('merges list items by their key and lists inside them, too', () => {
    const patched = patchStruct(POD_SPEC, CONTAINERS, { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] })
    assert.deepEqual(objectsOf(patched['containers'])[0], {
      name: 'a',
      image: 'a:1',
      env: [
        { name: 'Y', value: '2' },
        { name: 'X', value: '1' },
      ],
    })
    assert.deepEqual(names(patched, 'containers'), ['a', 'b'])
  })

  test('puts new items in front, as apimachinery does', () => {
    assert.deepEqual(names(patchStruct(POD_SPEC, CONTAINERS, { containers: [{ name: 'c', image: 'c:1' }] }), 'containers'), [
      'c',
      'a',
      'b',
    ])
  })

  test('follows $setElementOrder and keeps what it does not name in its place', () => {
    const patch = {
      $setElementOrder: [],
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
      containers: [{ name: 'b', image: 'b:2' }],
    }
    assert.deepEqual(names(patchStruct(POD_SPEC, CONTAINERS, patch), 'containers'), ['b', 'a'])
    const only = { '$setElementOrder/containers': [{ name: 'b' }] }
    assert.deepEqual(names(patchStruct(POD_SPEC, CONTAINERS, only), 'containers'), ['a', 'b'])
  })

  test('removes, replaces and refuses by $patch', () => {
    assert.deepEqual(names(patchStruct(POD_SPEC, CONTAINERS, { containers: [{ name: 'a', $patch: 'delete' }] }), 'containers'), [
      'b',
    ])
    const replaced = patchStruct(POD_SPEC, CONTAINERS, { containers: [{ name: 'a', image: 'a:2', $patch: 'replace' }] })
    assert.deepEqual(objectsOf(replaced['containers'])[0], { name: 'a', image: 'a:2' })
    const all = patchStruct(POD_SPEC, CONTAINERS, { containers: [{ $patch: 'replace' }, { name: 'z', image: 'z:1' }] })
    assert.deepEqual(names(all, 'containers'), ['z'])
    assert.throws(() => patchStruct(POD_SPEC, CONTAINERS, { containers: [{ name: 'a', $patch: 'explode' }] }), Failure)
  })

  test('refuses an item without the merge key', () => {
    assert.throws(() => patchStruct(POD_SPEC, CONTAINERS, { containers: [{ image: 'a:2' }] }), /no merge key "name"/)
  })

  test('merges ports by containerPort and service ports by port', () => {
    const container = { name: 'a', ports: [{ containerPort: 80, name: 'http' }] }
    const patched = patchStruct('core.v1.Container', container, {
      ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 81 }],
    })
    assert.deepEqual(patched['ports'], [{ containerPort: 80, name: 'http', protocol: 'TCP' }, { containerPort: 81 }])
    const service = patchStruct(
      'core.v1.ServiceSpec',
      { ports: [{ port: 80, name: 'a' }] },
      { ports: [{ port: 80, targetPort: 8080 }] },
    )
    assert.deepEqual(service['ports'], [{ port: 80, name: 'a', targetPort: 8080 }])
  })

  test('adds to lists of values and takes from them', () => {
    const meta = { finalizers: ['a.b/one', 'a.b/two'] }
    assert.deepEqual(patchStruct('meta.v1.ObjectMeta', meta, { finalizers: ['a.b/three'] })['finalizers'], [
      'a.b/three',
      'a.b/one',
      'a.b/two',
    ])
    assert.deepEqual(
      patchStruct('meta.v1.ObjectMeta', meta, { '$deleteFromPrimitiveList/finalizers': ['a.b/one'] })['finalizers'],
      ['a.b/two'],
    )
  })

  test('keeps only the named fields with $retainKeys', () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }
    assert.deepEqual(
      patchStruct('apps.v1.DeploymentSpec', { strategy }, { strategy: { $retainKeys: ['type'], type: 'Recreate' } })['strategy'],
      { type: 'Recreate' },
    )
  })

  test('replaces lists that have no key, and drops directives where there is nothing to merge with', () => {
    const patched = patchStruct(POD_SPEC, CONTAINERS, {
      containers: [
        {
          name: 'c',
          args: ['x'],
          env: [
            { name: 'A', $patch: 'delete' },
            { name: 'B', value: '1' },
          ],
          resources: null,
        },
      ],
    })
    assert.deepEqual(objectsOf(patched['containers'])[0], { name: 'c', args: ['x'], env: [{ name: 'B', value: '1' }] })
    assert.deepEqual(patchStruct('core.v1.Container', { args: ['a', 'b'] }, { args: ['c'] })['args'], ['c'])
  })

  test('leaves its target alone', () => {
    const before = structuredClone(CONTAINERS)
    const patched = patchStruct(POD_SPEC, CONTAINERS, { containers: [{ name: 'a', image: 'a:2' }] })
    assert.deepEqual(CONTAINERS, before)
    assert.equal(at(objectsOf(patched['containers'])[0], 'image'), 'a:2')
  })

  test('without a schema does what a merge patch does', () => {
    const json = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.integer(), fc.constant(null), fc.dictionary(fc.constantFrom('a', 'b'), fc.integer())),
    )
    const withoutNull = json.map(value => Object.fromEntries(Object.entries(value).filter(([, child]) => child !== null)))
    fc.assert(
      fc.property(withoutNull, json, (target, patch) => {
        assert.ok(sameJson(applyStrategicPatch(target, patch, undefined), applyMergePatch(target, patch)))
      }),
    )
  })
})
