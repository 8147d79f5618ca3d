import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Labels } from '../../api/kubernetes.ts'
import { type Moment, type Scenario, simulate } from './simulate.ts'

const scenario = (annotations: Labels, more: Partial<Scenario> = {}): Scenario => ({
  deployment: {
    metadata: { name: 'api', namespace: 'bank' },
    spec: { replicas: 8, selector: { matchLabels: {} }, template: { spec: { containers: [] } } },
  },
  annotations: { 'sluice.dev/strategy': 'canary', ...annotations },
  podReadyMs: 5000,
  templates: [],
  ...more,
})

const weights = (moments: readonly Moment[]): readonly number[] => [...new Set(moments.map(({ weight }) => weight))]

test('a simulated canary takes the weights and waits of its steps, and no time of ours', () => {
  const { moments, end, steps } = simulate(scenario({ 'sluice.dev/steps': '25%, 24h, 100%' }))
  assert.equal(end, 'promoted')
  assert.equal(steps.length, 3)
  const paused = moments.find(({ phase }) => phase === 'Paused')
  const after = moments.find(({ at }) => at > (paused?.at ?? 0))
  assert.equal(after && paused && after.at - paused.at, 24 * 3_600_000)
  assert.deepEqual(paused?.canary, { ready: 2, total: 2 })
  assert.deepEqual(weights(moments), [0, 25, 50, 75, 100])
  assert.deepEqual(moments.at(-1)?.canary, { ready: 8, total: 8 })
})

test('shares below 1 % are taken as they are written, in status and messages too', () => {
  const { moments, end, steps } = simulate(scenario({ 'sluice.dev/steps': '0.05%, 1m, 0.5%, pause, 33.33%, 1m, 100%' }))
  assert.equal(end, 'promoted')
  assert.deepEqual(weights(moments).slice(0, 3), [0, 0.05, 0.5])
  assert.ok(weights(moments).includes(33.33))
  assert.deepEqual(
    steps.map(({ setWeight }) => setWeight).filter(weight => weight !== undefined),
    [0.05, 0.5, 33.33, 100],
  )
  assert.deepEqual(moments.find(({ weight }) => weight === 0.05)?.canary, { ready: 1, total: 1 })
  assert.ok(moments.some(({ waitsFor }) => waitsFor.includes('0.05%')))
})

test('a version that turns bad at a weight is rolled back there', () => {
  const { moments, end } = simulate(scenario({}, { failAt: 25 }))
  assert.equal(end, 'rolled back')
  assert.equal(Math.max(...weights(moments)), 25)
  assert.ok(moments.some(({ happens }) => happens === 'the new version is found bad by its analysis'))
  assert.deepEqual(moments.at(-1)?.stable, { ready: 8, total: 8 })
})

test('where nothing judges, a person takes a bad version back', () => {
  const { moments, end } = simulate(scenario({ 'sluice.dev/router': 'none' }, { failAt: 50 }))
  assert.equal(end, 'rolled back')
  assert.ok(moments.some(({ happens }) => happens?.includes('a person aborts')))
})

test('a person promotes, and step analyses end, at once', () => {
  const { moments, end } = simulate(
    scenario({ 'sluice.dev/steps': '25%, analysis(smoke), pause, 100%' }, { templates: ['smoke'] }),
  )
  assert.equal(end, 'promoted')
  assert.deepEqual(
    moments.flatMap(({ happens }) => happens ?? []),
    ['its analysis ends: Successful', 'waits for a person, who promotes'],
  )
})

test('blue-green has both versions whole until the switch', () => {
  const { moments, end } = simulate(scenario({ 'sluice.dev/strategy': 'blue-green' }))
  assert.equal(end, 'promoted')
  const switched = moments.find(({ weight }) => weight === 100)
  assert.deepEqual([switched?.stable.total, switched?.canary.ready], [8, 8])
  assert.deepEqual(weights(moments), [0, 100])
})

test('a template that is not there is waited for without end', () => {
  const { end, moments } = simulate(scenario({ 'sluice.dev/steps': '25%, analysis(smoke), 100%' }))
  assert.equal(end, 'stuck')
  assert.match(moments.at(-1)?.waitsFor ?? '', /AnalysisTemplate smoke is not in namespace bank/)
})

for (const annotations of [{ 'sluice.dev/router': 'sidecar' }, { 'sluice.dev/router-mode': 'always' }])
  test(`a simulated update ends with ${JSON.stringify(annotations)} too`, () => {
    assert.equal(simulate(scenario(annotations)).end, 'promoted')
  })
