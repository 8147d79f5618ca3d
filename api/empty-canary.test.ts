import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from './annotations.ts'
import { stepsWithoutPods } from './empty-canary.ts'
import { makeStrategy } from './strategy.ts'

const found = (steps: string, strategy = 'canary') => {
  const read = readSettings({ 'sluice.dev/strategy': strategy, 'sluice.dev/steps': steps })
  assert.ok(read.optedIn && read.settings, steps)
  return stepsWithoutPods(makeStrategy(read.settings).canary?.steps ?? [])
}

const cases: readonly (readonly [string, readonly number[]])[] = [
  ['mirror(10%), 5m, 50%', [0]],
  ['0%, mirror(10%), pause, 50%', [1]],
  ['mirror(10%), header(X-Canary=yes), analysis(smoke), 5%', [0, 1]],
  ['scale(1), mirror(10%), 5m, 50%', []],
  ['mirror(10%), scale(25%), 5m, 50%', []],
  ['5%, mirror(10%), 5m', []],
  ['mirror(10%), 5%, 5m', []],
  ['mirror(10%)', []],
  ['5m, mirror(10%), 5m, 5%', [1]],
]
for (const [steps, indices] of cases)
  test(`${steps}: ${indices.length === 0 ? 'nothing is in vain' : `steps ${indices.map(i => i + 1)} do nothing`}`, () =>
    assert.deepEqual(found(steps), indices))

test('blue-green has a new version of full size from the first step on', () => {
  assert.deepEqual(found('mirror(10%), 5m, 100%', 'blue-green'), [])
})

test('a route that is taken away needs no pod', () => {
  assert.deepEqual(stepsWithoutPods([{ setMirrorRoute: { name: 'm' } }, { pause: {} }]), [])
})
