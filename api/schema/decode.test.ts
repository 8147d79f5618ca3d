import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderProblem } from '../problem.ts'
import { decode } from './decode.ts'
import {
  anything,
  array,
  boolean,
  either,
  exactlyOne,
  integer,
  intOrString,
  map,
  number,
  object,
  required,
  type Schema,
  string,
  tagged,
  time,
  word,
} from './schema.ts'

const POD = object('A pod.', {
  name: required(string('Its name.', { maxLength: 5, example: 'web' })),
  size: integer('Its size.', { min: 0, max: 100, example: 20 }),
  ratio: number('A ratio.', { min: 0 }),
  mode: word('Its mode.', ['slow', 'fast'], { default: 'slow' }),
  surge: intOrString('Extra.', { pattern: '^\\d+%$', meaning: 'a percentage', example: '25%' }),
  on: boolean('On or off.'),
  since: time('Since when.'),
  labels: map('Labels.', string('A value.')),
  ports: array('Ports.', object('A port.', { port: required(integer('Its number.')) }), { minItems: 1, maxItems: 2 }),
  rest: anything('Anything.'),
})

const good: readonly (readonly [string, Schema, unknown, unknown?])[] = [
  [
    'all fields',
    POD,
    { name: 'web', size: 5, ratio: 0.5, mode: 'fast', surge: '10%', on: true, since: '2030-01-02T03:04:05.678+01:00' },
  ],
  ['nested values', POD, { name: 'web', mode: 'slow', labels: { 'a/b': 'c' }, ports: [{ port: 80 }], rest: { x: [null, 1] } }],
  ['a default where the field is absent', POD, { name: 'web' }, { name: 'web', mode: 'slow' }],
  [
    'null as absent',
    POD,
    { name: 'web', size: null, mode: null, labels: { a: null } },
    { name: 'web', mode: 'slow', labels: {} },
  ],
  ['a number for int-or-string', intOrString('x'), 3],
  ['an open object with its other fields', object('x', { a: string('a') }, { open: true }), { a: 'b', c: { d: 1 } }],
  ['one of several fields', exactlyOne('x', { a: string('a'), b: string('b') }), { b: 'c' }],
  ['a tagged object', tagged('x', 'by', { ip: {}, header: { header: required(string('h')) } }), { by: 'header', header: 'X' }],
  ['either form', either('x', [word('w', ['ip']), object('o', { header: required(string('h')) })]), { header: 'X' }],
]

for (const [name, schema, input, output = input] of good) {
  test(`decode accepts ${name}`, () => {
    const before = structuredClone(input)
    assert.deepEqual(decode(schema, input), { value: output })
    assert.deepEqual(input, before)
  })
}

const bad: readonly (readonly [Schema, unknown, readonly string[]])[] = [
  [POD, 3, ['p: 3 must be an object']],
  [POD, [], ['p: [] must be an object']],
  [POD, null, ['p: null must be an object']],
  [POD, {}, ['p.name: is missing; it must be text of at most 5 characters, e.g. "web"']],
  [POD, { name: 'much too long' }, ['p.name: "much too long" must be text of at most 5 characters, e.g. "web"']],
  [
    POD,
    { name: 1, size: 101, ratio: '1', on: 'yes' },
    [
      'p.name: 1 must be text of at most 5 characters, e.g. "web"',
      'p.size: 101 must be a whole number from 0 to 100, e.g. 20',
      'p.ratio: "1" must be a number from 0',
      'p.on: "yes" must be true or false',
    ],
  ],
  [POD, { name: 'web', size: 1.5 }, ['p.size: 1.5 must be a whole number from 0 to 100, e.g. 20']],
  [POD, { name: 'web', mode: 'medium' }, ['p.mode: "medium" must be slow or fast']],
  [POD, { name: 'web', surge: '10' }, ['p.surge: "10" must be a whole number or a percentage, e.g. "25%"']],
  [POD, { name: 'web', since: 'today' }, ['p.since: "today" must be a time as in RFC 3339, e.g. "2030-01-02T15:04:05Z"']],
  [
    POD,
    { name: 'web', since: '2030-13-02T15:04:05Z' },
    ['p.since: "2030-13-02T15:04:05Z" must be a time as in RFC 3339, e.g. "2030-01-02T15:04:05Z"'],
  ],
  [POD, { name: 'web', labels: { 'a/b': 1 } }, ['p.labels[a/b]: 1 must be text']],
  [POD, { name: 'web', ports: [] }, ['p.ports: [] must be an array of 1 to 2 elements']],
  [
    POD,
    { name: 'web', ports: [{ port: 1 }, { prt: 2 }] },
    [
      'p.ports[1].prt: is not a field here; allowed are port; did you mean "port"?',
      'p.ports[1].port: is missing; it must be a whole number',
    ],
  ],
  [
    POD,
    { name: 'web', siez: 1 },
    [
      'p.siez: is not a field here; allowed are name, size, ratio, mode, surge, on, since, labels, ports, rest; did you mean "size"?',
    ],
  ],
  [exactlyOne('x', { a: string('a'), b: string('b') }), {}, ['p: {} must be an object with exactly one of a or b']],
  [
    exactlyOne('x', { a: string('a'), b: string('b') }),
    { a: '1', b: '2' },
    ['p: {"a":"1","b":"2"} must be an object with exactly one of a or b'],
  ],
  [exactlyOne('x', { a: string('a') }), { c: '1' }, ['p: {"c":"1"} must be an object with exactly one of a']],
  [
    tagged('x', 'by', { ip: {}, header: { header: required(string('h')) } }),
    { by: 'x' },
    ['p: {"by":"x"} must be an object whose by is ip or header'],
  ],
  [
    tagged('x', 'by', { ip: {}, header: { header: required(string('h')) } }),
    { by: 'header' },
    ['p.header: is missing; it must be text'],
  ],
  [either('x', [word('w', ['ip']), object('o', {})]), 5, ['p: 5 must be ip, or an object']],
  [string('x'), 'y'.repeat(200).split(''), [`p: ${JSON.stringify('y'.repeat(200).split('')).slice(0, 77)}... must be text`]],
]

for (const [schema, input, messages] of bad) {
  test(`decode refuses ${JSON.stringify(input).slice(0, 90)} as ${schema.kind}`, () => {
    const decoded = decode(schema, input, { path: 'p' })
    assert.equal(decoded.value, undefined)
    assert.deepEqual(decoded.problems?.map(renderProblem), messages)
  })
}

test('fields that the schema does not name can be kept, for objects that the API server has already pruned', () => {
  const value = { name: 'web', mode: 'slow', newer: { x: 1 }, ports: [{ port: 1, appProtocol: 'h2c' }] }
  assert.deepEqual(decode(POD, value, { unknownFields: 'keep' }), { value })
})

test('a hostile object cannot reach a prototype', () => {
  const hostile: unknown = JSON.parse('{"name": "web", "__proto__": {"polluted": 1}, "constructor": 1}')
  const decoded = decode(POD, hostile)
  assert.equal(decoded.problems?.length, 2)
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  const kept = decode(map('x', anything('y')), JSON.parse('{"__proto__": {"polluted": 1}}'))
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  assert.ok(kept.value)
})
