import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeMemoryApi } from './testing/memory-api.ts'
import { assertGolden, run } from './testing/run.ts'

const manifest = (name: string, ...annotations: readonly string[]): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  annotations:
    sluice.dev/strategy: canary
${annotations.map(one => `    sluice.dev/${one}\n`).join('')}spec:
  replicas: 4
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: app, image: v2}]}}
`

const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 4
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  strategy:
    canary:
      steps:
        - setWeight: 25
        - pause: {duration: 2m}
        - analysis: {templates: [{templateName: smoke}]}
        - setWeight: 50
        - pause: {}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: app, image: v2}]}}
`

const BLUE_GREEN = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: app, image: v2}]}}
  strategy:
    blueGreen: {activeService: shop, previewService: preview, autoPromotionEnabled: false, scaleDownDelaySeconds: 45}
`

const FILES = {
  'web.yaml': manifest('web', 'steps: 25%, 2m, analysis(smoke), 50%, pause, 100%'),
  'k8s/api.yaml': manifest('api', 'spec: "canary: {steps: [{setWeight: 20}, {pause: {duration: 1h}}, {setWeight: 100}]}"'),
  'k8s/web.yaml': manifest('web'),
  'rollout.yaml': ROLLOUT,
  'lonely.yaml': ROLLOUT.split('---')[0] ?? '',
  'blue-green.yaml': BLUE_GREEN,
  'wrong.yaml': manifest('web', 'steps: 120%'),
}

const simulate = (line: string) => run(makeMemoryApi(), line, { files: FILES })

test('simulate prints times, steps, weights, pods and waits', async () => {
  const { code, out, err } = await simulate('simulate -f web.yaml')
  assert.deepEqual([code, err], [0, ''])
  for (const line of out.split('\n')) assert.ok([...line].length <= 80, line)
  assertGolden('simulate', out)
})

test('simulate --fail-at shows the roll-back', async () => {
  const { code, out } = await simulate('simulate -f web.yaml --fail-at 50% --ready-after 30s')
  assert.equal(code, 0)
  assertGolden('simulate-fail', out)
})

test('simulate knows Rollouts, with the Deployment that they take their template from', async () => {
  const { code, out, err } = await simulate('simulate -f rollout.yaml')
  assert.deepEqual([code, err], [0, ''])
  assertGolden('simulate-rollout', out)
})

test('simulate shows both versions of a blue-green Rollout, and when the old one goes', async () => {
  const { code, out } = await simulate('simulate shop -f blue-green.yaml --ready-after 20s')
  assert.equal(code, 0)
  assertGolden('simulate-blue-green', out)
})

test('simulate says what is wrong with a Rollout', async () => {
  const { code, out } = await simulate('simulate -f lonely.yaml')
  assert.equal(code, 1)
  assert.match(out.replaceAll(/\s+/g, ' '), /spec\.workloadRef\.name: Invalid value: "shop": deployments\.apps "shop" not found/)
})

test('simulate reads a strategy in YAML, and prints data for programs', async () => {
  const { out } = await simulate('simulate api -f k8s -o json')
  const { name, end, moments } = JSON.parse(out)
  assert.deepEqual([name, end], ['api', 'promoted'])
  assert.ok(moments.some((one: { weight: number; phase: string }) => one.weight === 20 && one.phase === 'Paused'))
})

for (const [line, says] of [
  ['simulate -f k8s', 'there are several Deployments and Rollouts; name one, e.g. simulate api -f …; theirs are api, web'],
  ['simulate shop -f k8s', 'there is no such Deployment or Rollout in the manifests; theirs are api, web'],
  [
    'simulate -f web.yaml --fail-at 0',
    '--fail-at: "0" is no weight; it must be a percentage above 0 and up to 100, with at most two decimals, e.g. --fail-at 25',
  ],
  ['simulate -f web.yaml --ready-after 20', '--ready-after: "20" is no duration, e.g. --ready-after 20s'],
  [
    'simulate -f wrong.yaml',
    'metadata.annotations[sluice.dev/steps]: step 1: weight "120%" must be a percentage from 0% to 100% with at most two decimals, e.g. 20% or 0.5%',
  ],
] as const)
  test(`${line} is refused`, async () => {
    assert.deepEqual(await simulate(line), { code: 1, out: '', err: `error: ${says}\n` })
  })
