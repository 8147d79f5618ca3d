import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Metric } from '../../api/analysis-run.ts'
import { FIRST } from '../testing/runs.ts'
import { measureWith } from './registry.ts'

const request = (provider: Metric['provider']) => ({
  namespace: 'default',
  metric: { name: 'm', provider },
  since: 0,
  ...FIRST,
  passedBefore: false,
  now: 0,
})

test('a provider that is not there is an error that names it', async () => {
  const { measure } = measureWith([])
  assert.deepEqual(await measure(request({ prometheus: { query: 'up' } })), {
    kind: 'error',
    message: 'provider "prometheus" is not available in this version',
  })
  const unknown = await measure(request({ plugin: { 'acme/metrics': {} } }))
  assert.match(
    unknown.kind === 'error' ? unknown.message : '',
    /^plugin "acme\/metrics" is not known .*docs\/analysis-plugins\.md$/,
  )
})

test('a provider gets what stands under its name', async () => {
  const { measure } = measureWith([
    { name: 'a/b', measure: async ({ config }) => ({ kind: 'value', value: JSON.stringify(config), result: null }) },
  ])
  assert.deepEqual(await measure(request({ plugin: { 'a/b': { x: 1 } } })), { kind: 'value', value: '{"x":1}', result: null })
})
