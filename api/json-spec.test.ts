import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readSettings } from './annotations.ts'
import { withJsonSpec } from './json-spec.ts'
import type { Labels } from './kubernetes.ts'

const decodeYaml = (text: string): unknown => parse(text)
const annotated = (spec?: string) => ({
  metadata: {
    name: 'web',
    annotations: { 'sluice.dev/strategy': 'canary', ...(spec !== undefined && { 'sluice.dev/spec': spec }) },
  },
})
const read = (spec: string) => readSettings(withJsonSpec(annotated(spec), decodeYaml).metadata.annotations)

test('YAML becomes JSON that means the same', () => {
  const yaml = 'canary:\n  steps:\n  - setWeight: 20\n  - pause: {}\n'
  assert.deepEqual(read(yaml), readSettings(annotated(yaml).metadata.annotations, { decodeYaml }))
  const { optedIn } = read(yaml)
  assert.equal(optedIn, true)
})

test('what needs nothing is the very same object', () => {
  const objects: readonly { readonly metadata: { readonly annotations?: Labels } }[] = [
    annotated(),
    annotated('{"canary":{}}'),
    { metadata: {} },
  ]
  for (const object of objects) assert.equal(withJsonSpec(object, decodeYaml), object)
})

test('malformed YAML ends as a problem, never as an exception', () => {
  for (const spec of ['canary: [', '', '# nothing', '\u0000']) {
    const result = read(spec)
    assert.ok(result.optedIn && result.problems.length > 0, JSON.stringify(result))
  }
})
