import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CUSTOM_RESOURCES } from '../custom-resources.ts'
import { makeCrd } from './custom-resource.ts'
import { fieldRows } from './fields.ts'
import { openApi } from './open-api.ts'
import {
  anything,
  array,
  exactlyOne,
  integer,
  intOrString,
  map,
  object,
  required,
  type Schema,
  string,
  tagged,
  time,
  word,
} from './schema.ts'

const rows: readonly (readonly [string, Schema, object])[] = [
  ['a string', string('x', { pattern: '^a$', maxLength: 3 }), { description: 'x', type: 'string', pattern: '^a$', maxLength: 3 }],
  ['a word', word('x', ['a', 'b']), { description: 'x', type: 'string', enum: ['a', 'b'] }],
  ['a time', time('x'), { description: 'x', type: 'string', format: 'date-time' }],
  [
    'an integer',
    integer('x', { min: 1, max: 2 }),
    { description: 'x', type: 'integer', format: 'int32', minimum: 1, maximum: 2 },
  ],
  ['a long integer', integer('x', { int64: true }), { description: 'x', type: 'integer', format: 'int64' }],
  [
    'an int-or-string',
    intOrString('x'),
    { description: 'x', 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
  ['anything', anything('x'), { description: 'x', 'x-kubernetes-preserve-unknown-fields': true }],
  [
    'a map',
    map('x', string('y')),
    { description: 'x', type: 'object', additionalProperties: { description: 'y', type: 'string' } },
  ],
  [
    'an array with keys',
    array('x', object('y', { name: required(string('z')) }), { keys: ['name'], minItems: 1 }),
    {
      description: 'x',
      type: 'array',
      minItems: 1,
      items: { description: 'y', type: 'object', required: ['name'], properties: { name: { description: 'z', type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    },
  ],
  [
    'an open, immutable object',
    object('x', {}, { open: true, immutable: true }),
    {
      description: 'x',
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }],
    },
  ],
  [
    'exactly one field',
    exactlyOne('x', { a: string('a'), b: string('b') }),
    {
      description: 'x',
      type: 'object',
      properties: { a: { description: 'a', type: 'string' }, b: { description: 'b', type: 'string' } },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    },
  ],
  [
    'a tagged object',
    tagged('x', 'by', { ip: {}, header: { header: required(string('h')) } }),
    {
      description: 'x',
      type: 'object',
      required: ['by'],
      properties: { by: { type: 'string', enum: ['ip', 'header'] }, header: { description: 'h', type: 'string' } },
      oneOf: [{ properties: { by: { enum: ['ip'] } } }, { properties: { by: { enum: ['header'] } }, required: ['header'] }],
    },
  ],
]

for (const [name, schema, wanted] of rows) {
  test(`${name} becomes structural OpenAPI`, () => {
    assert.deepEqual(openApi(schema), wanted)
  })
}

for (const resource of CUSTOM_RESOURCES) {
  test(`every field of ${resource.kind} is described, or is the value of a described map or list`, () => {
    const all = [...fieldRows(resource.spec), ...(resource.status ? fieldRows(resource.status) : [])]
    assert.ok(all.length > 3)
    assert.deepEqual(
      all.filter(row => row.description === '').map(row => row.path),
      [],
    )
  })
}

test('the CustomResourceDefinitions have the names, subresources and columns that tools look for', () => {
  const seen = CUSTOM_RESOURCES.map(resource => {
    const { names, versions, scope, group }: Crd['spec'] = Object(makeCrd(resource)).spec
    const [version] = versions
    assert.ok(version)
    const columns = version.additionalPrinterColumns.map(column => column.name).join(', ')
    return [group, names.kind, names.shortNames.join(), scope, Object.keys(version.subresources ?? {}).join(), columns]
  })
  assert.deepEqual(seen, [
    ['argoproj.io', 'Rollout', 'ro', 'Namespaced', 'status,scale', 'Desired, Current, Up-to-date, Available, Age'],
    ['argoproj.io', 'Experiment', 'exp', 'Namespaced', '', 'Status, Age'],
    ['argoproj.io', 'AnalysisRun', 'ar', 'Namespaced', '', 'Status, Age'],
    ['argoproj.io', 'AnalysisTemplate', 'at', 'Namespaced', '', 'Age'],
    ['argoproj.io', 'ClusterAnalysisTemplate', 'cat', 'Cluster', '', 'Age'],
    ['sluice.dev', 'Route', 'srt', 'Namespaced', 'status', 'Service, Version, Endpoints, Canary weight, Step, Age'],
  ])
})

type Crd = {
  readonly spec: {
    readonly group: string
    readonly scope: string
    readonly names: { readonly kind: string; readonly shortNames: readonly string[] }
    readonly versions: readonly {
      readonly subresources?: object
      readonly additionalPrinterColumns: readonly { readonly name: string }[]
    }[]
  }
}
