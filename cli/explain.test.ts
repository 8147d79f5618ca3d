import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../kube/errors.ts'
import { shopWithNumbers } from './testing/numbers.ts'
import { aRollout, healthy } from './testing/objects.ts'
import { assertGolden, run } from './testing/run.ts'

test('explain shows window, requests, both versions, threshold, evidence and what would end it', async () => {
  const { code, out, err } = await run(shopWithNumbers({ rate: 2, failing: 0.004 }), 'explain web')
  assert.deepEqual([code, err], [0, ''])
  for (const line of out.split('\n')) assert.ok([...line].length <= 80, line)
  assertGolden('explain', out)
})

test('explain says how many requests are missing and when they will have come', async () => {
  const { out } = await run(shopWithNumbers({ rate: 1, failing: 0, seconds: 20 }), 'explain web -o wide')
  assert.match(out, /ends +can pass after \d+ more requests of the canary, at 0\.\d+ a second in about \d+s/)
})

test('explain of a bad canary has the evidence that fails it', async () => {
  const { out } = await run(shopWithNumbers({ rate: 5, failing: 0.2 }), 'explain web -o json')
  const [check] = JSON.parse(out).runs[0].checks
  assert.equal(check.phase, 'Failed')
  assert.ok(check.evidence.against >= check.evidence.failsAt)
  assert.ok(check.evidence.canary.bad >= 3)
})

test('explain falls back to what the AnalysisRun noted where the routers may not be asked', async () => {
  const api = shopWithNumbers({ rate: 5, failing: 0 })
  api.answer = () => {
    throw new ApiError({ status: 403, reason: 'Forbidden', message: 'pods "sluice-router-0" is forbidden: no pods/proxy' })
  }
  const { code, out } = await run(api, 'explain web')
  assert.equal(code, 0)
  assertGolden('explain-noted', out)
})

test('explain of a Deployment at rest says that nothing is judged', async () => {
  const { out } = await run(shopWithNumbers({ rate: 1, failing: 0 }, aRollout(healthy)), 'explain web')
  assert.equal(out, 'web  ✔ Healthy\n  checks     no analysis runs: nothing is judged now\n')
})
