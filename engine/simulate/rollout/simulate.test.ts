/** Updates of Rollouts, told by the planner itself without a cluster. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisTemplate } from '../../../api/analysis-run.ts'
import type { RolloutStrategy } from '../../../api/rollout.ts'
import { TRAFFIC_PROVIDERS } from '../../../traffic/registry.ts'
import type { Moment } from '../simulate.ts'
import { type RolloutScenario, simulateRollout } from './simulate.ts'

const SMOKE = { templates: [{ templateName: 'smoke' }] }

const smoke: AnalysisTemplate = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'smoke', namespace: 'shop' },
  spec: { metrics: [{ name: 'errors', count: 1, provider: { web: { url: 'http://metrics/errors' } } }] },
}

const scenario = (strategy: RolloutStrategy, more: Partial<RolloutScenario> = {}): RolloutScenario => ({
  rollout: {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 5,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'v1' }] } },
      strategy,
    },
  },
  services: [],
  templates: [smoke],
  clusterTemplates: [],
  providers: TRAFFIC_PROVIDERS,
  podReadyMs: 5000,
  ...more,
})

const weights = (moments: readonly Moment[]): readonly number[] => [...new Set(moments.map(({ weight }) => weight))]
const happenings = (moments: readonly Moment[]): readonly string[] => moments.flatMap(({ happens }) => happens ?? [])

test('a canary by the number of pods goes through its steps, with waits, analyses, experiments and plugins', () => {
  const steps = [
    { setWeight: 20 },
    { pause: { duration: '10m' } },
    { analysis: SMOKE },
    { plugin: { name: 'acme/load' } },
    { experiment: { duration: '5m', templates: [{ name: 'canary', specRef: 'canary' as const }] } },
    { setWeight: 60 },
    { pause: {} },
  ]
  const { moments, end } = simulateRollout(scenario({ canary: { steps } }))
  assert.equal(end, 'promoted')
  assert.deepEqual(weights(moments), [0, 20, 25, 60, 75, 100])
  assert.deepEqual(happenings(moments), [
    'its analysis ends: Successful',
    'its experiment ends: Successful',
    'waits for a person, who promotes',
  ])
  const total = (moments.at(-1)?.at ?? 0) / 60_000
  assert.ok(total > 15 && total < 17, `${total} minutes`)
})

test('a version that turns bad is found by its analysis, or by a person where there is none', () => {
  const steps = [{ setWeight: 20 }, { pause: { duration: 60 } }, { setWeight: 60 }, { pause: {} }]
  for (const [analysis, says] of [
    [{ analysis: SMOKE }, /found bad by its analysis/],
    [{}, /a person aborts/],
  ] as const) {
    const { moments, end } = simulateRollout(scenario({ canary: { steps, ...analysis } }, { failAt: 60 }))
    assert.equal(end, 'rolled back')
    assert.match(happenings(moments).at(-1) ?? '', says)
    assert.deepEqual(moments.at(-1)?.stable, { ready: 5, total: 5 })
  }
})

test('blue-green has both versions whole until the switch, and the old one for its delay', () => {
  const blueGreen = { activeService: 'web', previewService: 'preview', autoPromotionSeconds: 60, scaleDownDelaySeconds: 90 }
  const { moments, end } = simulateRollout(scenario({ blueGreen }, { services: ['web', 'preview'] }))
  assert.equal(end, 'promoted')
  const switched = moments.find(({ weight }) => weight === 100)
  assert.deepEqual([switched?.stable.ready, switched?.canary.ready], [5, 5])
  const last = moments.at(-1)
  assert.equal(last?.stable.total, 0)
  assert.ok((last?.at ?? 0) - (switched?.at ?? 0) >= 90_000)
})

test('an analysis after the switch that is bad gives the traffic back', () => {
  const blueGreen = { activeService: 'web', postPromotionAnalysis: SMOKE }
  const { moments, end } = simulateRollout(scenario({ blueGreen }, { services: ['web'], failAt: 100 }))
  assert.equal(end, 'rolled back')
  assert.deepEqual(weights(moments), [0, 100])
  assert.deepEqual(happenings(moments), ['the new version is found bad by its analysis'])
})

test('with traffic routing the weights are exact, and the stable version stays whole', () => {
  const canary = {
    stableService: 'stable',
    canaryService: 'canary',
    trafficRouting: { plugins: { 'sluice/router': {} } },
    steps: [{ setWeight: 10 }, { pause: { duration: 60 } }, { setWeight: 50 }],
  }
  const { moments, end } = simulateRollout(scenario({ canary }, { services: ['stable', 'canary'] }))
  assert.equal(end, 'promoted')
  assert.deepEqual(weights(moments), [0, 10, 50, 100])
  assert.ok(moments.every(({ phase, stable }) => phase === 'Healthy' || stable.ready === 5))
})

test('what is wrong with a Rollout is told at once, and nothing goes on', () => {
  const rows: readonly (readonly [RolloutStrategy, RegExp])[] = [
    [{}, /Rollout has missing field '\.spec\.strategy\.canary or \.spec\.strategy\.blueGreen'/],
    [{ canary: { trafficRouting: { plugins: { 'acme/split': {} } } } }, /runs no traffic provider "acme\/split"/],
    [{ canary: { steps: [{ analysis: { templates: [{ templateName: 'none' }] } }] } }, /AnalysisTemplate 'none' not found/],
    [{ blueGreen: { activeService: 'gone' } }, /service "gone" not found/],
  ]
  for (const [strategy, says] of rows) {
    const { moments, end } = simulateRollout(scenario(strategy))
    assert.deepEqual([end, moments.length, moments[0]?.weight], ['stuck', 1, 0])
    assert.match(moments[0]?.waitsFor ?? '', says)
  }
})
