import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RolloutStatus } from '../api/rollout.ts'
import { makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, aRollout, healthy } from './testing/objects.ts'
import { run } from './testing/run.ts'

const paused: RolloutStatus = {}
const degraded: RolloutStatus = { phase: 'Degraded', message: 'RolloutAborted: success-rate >= 99% failed' }

/** The states come one after the other, each with the next look. */
const through = async (line: string, ...states: readonly RolloutStatus[]) => {
  const api = makeMemoryApi()
  const [first = {}, ...rest] = states
  api.put(aDeployment(), aRollout(first))
  const waiting = [...rest]
  return run(api, line, {
    onSleep: () => {
      const next = waiting.shift()
      if (next !== undefined) api.put(aRollout(next))
    },
  })
}

test('status prints each state once and exits 0 when healthy', async () => {
  const { code, out, err } = await through(
    'status web',
    paused,
    paused,
    { ...paused, phase: 'Progressing', message: 'Step 5/5 (100%)' },
    healthy,
  )
  assert.deepEqual([code, err], [0, ''])
  assert.deepEqual(out.trimEnd().split('\n'), [
    'Paused - Step 4/5 (pause): waiting since 11:57:00Z; ends when promoted: kubectl sluice promote web',
    'Progressing - Step 5/5 (100%)',
    'Healthy',
  ])
})

test('status exits 1 when degraded and says why', async () => {
  const { code, err } = await through('status web -w', paused, degraded)
  assert.deepEqual([code, err], [1, 'error: web is degraded: RolloutAborted: success-rate >= 99% failed\n'])
})

test('status gives up after its timeout and says what was waited for', async () => {
  const { code, err } = await through('status web --timeout 90s', paused)
  assert.equal(code, 1)
  assert.match(err, /^error: web was not healthy in time: Paused - Step 4\/5/)
})

test('status without waiting prints the present state', async () => {
  assert.deepEqual(
    [(await through('status web --no-watch', paused)).code, (await through('status web --no-watch', degraded)).code],
    [0, 1],
  )
})

test('a state that is older than the Deployment is not taken for its end', async () => {
  const { out, code } = await through('status web', { ...healthy, workloadObservedGeneration: '6' }, healthy)
  assert.equal(code, 0)
  assert.deepEqual(out.trimEnd().split('\n'), [
    'Progressing - waits for the controller to see the newest change of the Deployment',
    'Healthy',
  ])
})

test('a timeout that is none is refused', async () => {
  const { code, err } = await through('status web --timeout soon', paused)
  assert.deepEqual([code, err], [1, 'error: --timeout: "soon" is no duration, e.g. --timeout 10m\n'])
})
