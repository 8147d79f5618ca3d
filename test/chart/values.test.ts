import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { VERSION } from '../../api/version.ts'
import { flatten, readValues, renderSchema, renderTable } from '../../tools/chart/values.ts'

const CHART = resolve(import.meta.dirname, '../../charts/sluice')
const values = readFileSync(join(CHART, 'values.yaml'), 'utf8')

test("the chart's version and the version of the app in it are the program's", () => {
  const { version, appVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))
  assert.deepEqual([version, appVersion], [VERSION, VERSION])
})

test('every value is described by a sentence, and stands in the table of the README with its default', () => {
  const readme = readFileSync(join(CHART, 'README.md'), 'utf8')
  for (const { path, description, default: value } of flatten(readValues(values))) {
    assert.match(description, /^.+\.$/, path)
    assert.ok(readme.includes(`| \`${path}\` | \`${JSON.stringify(value).replaceAll('|', '\\|')}\` |`), path)
  }
})

test('a value without a description is refused with its name', () => {
  assert.throws(() => readValues('router:\n  # -- Pods.\n  replicas: 2\n  speed: 3\n'), /router\.speed has no description/)
})

test('comments make descriptions and schemas; a described map is open, one without is a section with known names', () => {
  const read = readValues(
    [
      '# About the file.',
      '',
      '# -- How many.',
      '# @schema {"minimum": 1}',
      'count: 2',
      'part:',
      '  # -- First line',
      '  # and second.',
      '  podLabels: {}',
      '  # -- Flags | more.',
      '  extraArgs: []',
      '',
    ].join('\n'),
  )
  const { properties, additionalProperties } = JSON.parse(renderSchema(read))
  assert.equal(additionalProperties, false)
  assert.deepEqual(properties.count, { description: 'How many.', type: 'integer', default: 2, minimum: 1 })
  assert.equal(properties.part.additionalProperties, false)
  assert.deepEqual(properties.part.properties.podLabels, {
    description: 'First line and second.',
    type: 'object',
    additionalProperties: { type: 'string' },
    default: {},
  })
  assert.deepEqual(properties.part.properties.extraArgs.items, { type: 'string' })
  assert.match(renderTable(read), /\| `part\.extraArgs` \| `\[\]` \| Flags \\\| more\. \|$/)
})
