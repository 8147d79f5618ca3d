import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'
import { buildOracle } from './oracle.ts'

const RUNS = 10_000
const DEFAULT_SEED = 20261125

test('10,000 random expressions are answered as the Go library answers them', { timeout: 60_000 }, context => {
  const oracle = buildOracle()
  if ('missing' in oracle) {
    context.skip(oracle.missing)
    return
  }
  const { values, differences } = fuzz(oracle.path, RUNS, Number(process.env['SEED'] || DEFAULT_SEED))
  assert.ok(values > RUNS / 4, `only ${values} expressions had a value`)
  assert.deepEqual(
    differences.map(({ question, ours, go }) => ({ source: question.source, ours, go })),
    [],
  )
})
