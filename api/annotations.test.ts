import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { ignoredSettings, readSettings, SETTING_KEYS } from './annotations.ts'
import { renderProblem } from './problem.ts'

const decodeYaml = (text: string): unknown => parse(text, { logLevel: 'error' })
const prefixed = (settings: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [`sluice.dev/${key}`, value]))

type Row = {
  readonly key: string
  readonly value: string
  readonly beside: Readonly<Record<string, string>>
  readonly message: string
}

const readRows = (text: string): Row[] => {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return Array.from({ length: lines.length / 2 }, (_, i) => {
    const [, key = '', value = '', otherKey, other = ''] =
      /^([\w-]+): (.*?)(?: \(with ([\w-]+): (.*)\))?$/.exec(lines[2 * i] ?? '') ?? []
    return { key, value, beside: otherKey === undefined ? {} : { [otherKey]: other }, message: (lines[2 * i + 1] ?? '').trim() }
  })
}

const rows = readRows(readFileSync(new URL('wrong-annotations.txt', import.meta.url), 'utf8'))

test('there are at least 70 wrong annotations in the table', () => {
  assert.ok(rows.length >= 70, `${rows.length} rows`)
})

for (const { key, value, beside, message } of rows) {
  test(`${key}: ${value} ${JSON.stringify(beside)} is refused with its exact message`, () => {
    const read = readSettings(prefixed({ strategy: 'canary', ...beside, [key]: value }), { decodeYaml })
    assert.ok(read.optedIn)
    assert.equal(read.settings, undefined)
    const path = `metadata.annotations[sluice.dev/${key}]`
    const wanted = /^\.\S+: /.test(message) ? `${path}${message}` : `${path}: ${message}`
    assert.deepEqual(read.problems.map(renderProblem), [wanted])
  })
}

test('all problems are reported at once, in the order of the keys', () => {
  const read = readSettings(prefixed({ sticky: 'x', strategy: 'y', steps: '5, pause(1)', stepz: '' }))
  assert.ok(read.optedIn)
  assert.deepEqual(
    read.problems.map(({ path }) => path.slice('metadata.annotations[sluice.dev/'.length, -1)),
    ['stepz', 'strategy', 'steps', 'steps', 'sticky'],
  )
})

test('a Deployment without the strategy annotation is not opted in', () => {
  assert.deepEqual(readSettings(undefined), { optedIn: false })
  assert.deepEqual(readSettings({}), { optedIn: false })
  assert.deepEqual(readSettings(prefixed({ steps: 'nonsense' })), { optedIn: false })
})

test('settings without the strategy annotation are worth a warning each', () => {
  assert.deepEqual(ignoredSettings(prefixed({ steps: '5%', strategy: 'canary' })), [])
  assert.deepEqual(ignoredSettings({ ...prefixed({ steps: '5%', 'stable-template': 'abc' }), other: 'x' }).map(renderProblem), [
    'metadata.annotations[sluice.dev/steps]: has no effect without sluice.dev/strategy, which opts in, e.g. sluice.dev/strategy: canary',
  ])
})

test('the strategy annotation alone gives the defaults', () => {
  const read = readSettings(prefixed({ strategy: 'canary' }))
  assert.ok(read.optedIn && read.settings)
  assert.deepEqual(read.settings, {
    strategy: 'canary',
    steps: [
      { kind: 'weight', percent: 5 },
      { kind: 'wait', duration: '2m' },
      { kind: 'weight', percent: 25 },
      { kind: 'wait', duration: '2m' },
      { kind: 'weight', percent: 50 },
      { kind: 'wait', duration: '2m' },
      { kind: 'weight', percent: 100 },
    ],
    checks: ['success-rate >= 99%'],
    templates: [],
    router: 'auto',
    routerMode: 'on-demand',
    bypass: false,
  })
})

test('every setting is read, with spaces around it', () => {
  const read = readSettings(
    prefixed({
      strategy: ' canary ',
      steps: ' 5% , 2m ',
      analysis: 'p99 <= 500ms, template/smoke, success-rate>=99.9%',
      router: 'shared',
      'router-mode': 'always',
      services: 'web, web-internal',
      sticky: 'header/X-User',
      timeouts: 'response 30s, idle off',
      bypass: 'true',
    }),
  )
  assert.ok(read.optedIn && read.settings)
  assert.deepEqual(read.settings, {
    strategy: 'canary',
    steps: [
      { kind: 'weight', percent: 5 },
      { kind: 'wait', duration: '2m' },
    ],
    checks: ['p99 <= 500ms', 'success-rate>=99.9%'],
    templates: ['smoke'],
    router: 'shared',
    routerMode: 'always',
    services: ['web', 'web-internal'],
    sticky: { header: 'X-User' },
    timeouts: { response: '30s', idle: 'off' },
    bypass: true,
  })
})

test('analysis can be switched off, and is off without a router', () => {
  for (const settings of [{ analysis: 'none' }, { router: 'none' }]) {
    const read = readSettings(prefixed({ strategy: 'canary', ...settings }))
    assert.deepEqual(read.optedIn && read.settings?.checks, [])
  }
})

test('a spec in YAML waits for a decoder as text, one in JSON does not', () => {
  const read = (spec: string, options = {}) => {
    const result = readSettings(prefixed({ strategy: 'canary', spec }), options)
    return result.optedIn && (result.settings?.spec ?? result.problems)
  }
  const strategy = { canary: { steps: [{ setWeight: 20 }] } }
  assert.deepEqual(read(JSON.stringify(strategy)), { strategy })
  assert.deepEqual(read('canary: {steps: [{setWeight: 20}]}'), { undecoded: 'canary: {steps: [{setWeight: 20}]}' })
  assert.deepEqual(read('canary: {steps: [{setWeight: 20}]}', { decodeYaml }), { strategy })
})

test('an endless annotation is refused by its length, and many problems are counted', () => {
  const read = (settings: Readonly<Record<string, string>>) => {
    const result = readSettings(prefixed({ strategy: 'canary', ...settings }))
    return result.optedIn ? result.problems.map(renderProblem) : []
  }
  assert.deepEqual(read({ steps: ','.repeat(200_000) }), [
    'metadata.annotations[sluice.dev/steps]: has 200000 characters; it must have at most 4096',
  ])
  const many = read({ steps: '5,'.repeat(1000) })
  assert.equal(many.length, 11)
  assert.equal(many.at(-1), 'metadata.annotations[sluice.dev/steps]: and 991 more such problems')
})

test('whatever stands in the annotations, reading them gives settings or problems', () => {
  const words = [
    '5%',
    '2m',
    'pause',
    '(',
    ')',
    ',',
    '=',
    'header',
    'p99',
    '<=',
    'stable',
    '*',
    'template/',
    'canary',
    '{',
    ':',
    ' ',
    '\n',
    '%',
  ]
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom<string>(...SETTING_KEYS, 'other'), text), annotations => {
      const result = readSettings(prefixed({ strategy: 'canary', ...annotations }), { decodeYaml })
      assert.ok(result.optedIn)
      assert.equal(result.settings === undefined, result.problems.length > 0)
      for (const { path, message } of result.problems) {
        assert.match(path, /^metadata\.annotations\[sluice\.dev\//)
        assert.ok(message.length > 10)
      }
    }),
    { numRuns: 1000 },
  )
})

test("Sluice's own notes are not mistaken for settings", () => {
  const read = readSettings({
    ...prefixed({ strategy: 'canary', saved: '{}', 'stable-template': 'x' }),
    'example.com/steps': 'x',
  })
  assert.deepEqual(read.optedIn && read.problems, [])
})

test('mirror is a step like others where there is a router', () => {
  const read = readSettings(prefixed({ strategy: 'canary', steps: 'mirror(10%), 5m, 50%' }))
  assert.deepEqual(read.optedIn && read.problems, [])
})
