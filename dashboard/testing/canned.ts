/** Made-up answers of the contract: a shop in mid-update, one of each other kind of state, and as many at rest as are wished for. */
import type {
  ActionPreview,
  Numbers,
  NumbersPoint,
  Overview,
  RevisionDiff,
  RolloutDetail,
  RolloutRow,
  Sample,
  Threshold,
} from '../contract.ts'

import { asBlueGreen } from './canned-experiments.ts'

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export const isoTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const PODS = { desired: 4, current: 4, updated: 4, ready: 4, available: 4 }

const atRest = (namespace: string, name: string, now: number): RolloutRow => ({
  key: `${namespace}/${name}`,
  namespace,
  name,
  kind: 'Deployment',
  attention: 'at-rest',
  phase: 'Healthy',
  sentence: '',
  strategy: 'canary',
  step: { index: 5, count: 5 },
  weight: { set: 100, confirmed: true },
  pods: PODS,
  images: [`registry.example/${name}:v1`],
  createdAt: isoTime(now - 90 * 86_400_000),
})

/** `shop/web` at 25 %, waiting for a person. */
export const waitingRow = (now: number): RolloutRow => ({
  ...atRest('shop', 'web', now),
  attention: 'waiting',
  phase: 'Paused',
  sentence: `Step 4/5 (pause): waiting since ${isoTime(now - 180_000).slice(11)}; ends when promoted: kubectl sluice promote web`,
  step: { index: 3, count: 5, text: 'pause' },
  weight: { set: 25, actual: 25, confirmed: true },
  pods: { desired: 4, current: 5, updated: 1, ready: 5, available: 5 },
  images: ['registry.example/web:v2'],
  updateStartedAt: isoTime(now - 400_000),
  since: isoTime(now - 180_000),
})

const others = (now: number): readonly RolloutRow[] => [
  {
    ...atRest('shop', 'cart', now),
    attention: 'in-flight',
    phase: 'Progressing',
    sentence: `Step 2/5 (2m): waits until ${isoTime(now + 70_000).slice(11)}`,
    step: { index: 1, count: 5, text: '2m' },
    weight: { set: 5, actual: 5, confirmed: true },
    pods: { desired: 4, current: 5, updated: 1, ready: 5, available: 5 },
    images: ['registry.example/cart:v8'],
    updateStartedAt: isoTime(now - 60_000),
  },
  {
    ...atRest('payments', 'ledger', now),
    attention: 'rolled-back',
    phase: 'Degraded',
    sentence:
      'rolled back: success-rate >= 99% failed: canary 80.4% of 214, stable 99.9% of 4066; another version, or kubectl sluice retry ledger, starts anew',
    step: { index: 0, count: 5, text: '5%' },
    weight: { set: 0, actual: 0, confirmed: true },
    images: ['registry.example/ledger:v12'],
    updateStartedAt: isoTime(now - 4_000_000),
    since: isoTime(now - 3_900_000),
  },
  {
    ...atRest('payments', 'invoices', now),
    kind: 'Rollout',
    attention: 'in-flight',
    phase: 'Progressing',
    strategy: 'blue-green',
    sentence: 'waits for 2 of 4 pods of the new version to be available',
    pods: { desired: 4, current: 8, updated: 4, ready: 6, available: 6 },
    images: ['registry.example/invoices:2026-01'],
    updateStartedAt: isoTime(now - 15_000),
  },
]

export const cannedOverview = (now: number, atRestCount: number): Overview => ({
  rows: [
    waitingRow(now),
    ...others(now),
    ...Array.from({ length: atRestCount }, (_, i) => atRest(`team-${i % 40}`, `service-${i}`, now)),
  ].sort((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name)),
  missing: [],
  now: isoTime(now),
})

const THRESHOLDS: readonly Threshold[] = [
  { plot: 'success', op: '>=', value: 0.99, text: 'success-rate >= 99%' },
  { plot: 'p99', op: '<=', timesStable: 1.2, text: 'p99 <= stable * 1.2' },
]

/** A wave that is the same at the same time, so that what is shown moves and can be compared all the same. */
const wave = (at: number, phase: number): number => (Math.sin(at / 17 + phase) + Math.sin(at / 5 + 2 * phase)) / 2

const sampleAt = (at: number, rate: number, phase: number): Sample => {
  const slow = 42 + 6 * wave(at, phase)
  return {
    requests: Math.round(rate * (1 + 0.2 * wave(at, phase))),
    success: Math.min(1, 0.9985 + 0.0015 * wave(at, phase + 1)),
    p50: Math.round(slow),
    p95: Math.round(slow * 2.1),
    p99: Math.round(slow * 3.4),
  }
}

const SPAN_S = 5

const pointAt = (at: number): NumbersPoint => ({ at, canary: sampleAt(at, 60, 0), stable: sampleAt(at, 180, 2) })

/** The last ten minutes, or what came after `since` (Unix seconds). */
export const cannedNumbers = (now: number, since = 0): Numbers => {
  const last = Math.floor(now / 1000 / SPAN_S) * SPAN_S - SPAN_S
  return {
    span: SPAN_S,
    points: Array.from({ length: 120 }, (_, i) => pointAt(last - (119 - i) * SPAN_S)).filter(({ at }) => at > since),
    thresholds: THRESHOLDS,
    routers: 2,
  }
}

const CANARY = '7b9c4d5f8x'
const STABLE = '5d8f7c9b6b'

const pod = (hash: string, i: number, now: number): RolloutDetail['pods'][number] => ({
  name: `web-${hash}-${'abcdefgh'[i % 8]}x2k9`,
  role: hash === CANARY ? 'canary' : 'stable',
  hash,
  revision: hash === CANARY ? 2 : 1,
  state: 'Running',
  ready: true,
  containersReady: '1/1',
  containers: ['web'],
  restarts: 0,
  createdAt: isoTime(now - (hash === CANARY ? 390_000 : 3_600_000)),
  node: 'node-1',
})

const measurements = (now: number, wide: boolean): RolloutDetail['analyses'][number]['checks'][number]['measurements'] =>
  Array.from({ length: 20 }, (_, i) => {
    const at = now / 1000 - (20 - i) * 10
    const [canary, stable] = wide
      ? [140 + Math.round(20 * wave(at, 0)), 138 + Math.round(18 * wave(at, 2))]
      : [0.997 + 0.002 * wave(at, 0), 0.9985 + 0.001 * wave(at, 2)]
    return {
      phase: 'Successful',
      startedAt: isoTime(at * 1000),
      finishedAt: isoTime(at * 1000),
      value: wide
        ? `canary ${canary} ms of 512, stable ${stable} ms of 1530`
        : `canary ${(canary * 100).toFixed(1)}% of 512, stable ${(stable * 100).toFixed(1)}% of 1530`,
      numbers: { canary, stable },
    }
  })

const checks = (now: number): RolloutDetail['analyses'][number]['checks'] =>
  THRESHOLDS.map((threshold, i) => ({
    name: threshold.text,
    phase: 'Running',
    message: i === 0 ? 'canary 99.7% of 512 requests, limit 99%' : 'canary 143 ms, stable 138 ms, limit 166 ms',
    endsBy: 'passes, fails or pauses with more requests',
    successful: 20,
    failed: 0,
    inconclusive: 0,
    errors: 0,
    conditions: [],
    provider: 'sluice/router',
    unit: i === 0 ? 'share' : 'ms',
    threshold,
    measurements: measurements(now, i === 1),
  }))

const stepsOf = (now: number): RolloutDetail['steps'] => [
  {
    index: 0,
    text: '5%',
    kind: 'setWeight',
    state: 'done',
    weight: 5,
    startedAt: isoTime(now - 400_000),
    endedAt: isoTime(now - 388_000),
  },
  {
    index: 1,
    text: '2m',
    kind: 'pause',
    state: 'done',
    weight: 5,
    startedAt: isoTime(now - 388_000),
    endedAt: isoTime(now - 268_000),
  },
  {
    index: 2,
    text: '25%',
    kind: 'setWeight',
    state: 'done',
    weight: 25,
    startedAt: isoTime(now - 268_000),
    endedAt: isoTime(now - 180_000),
  },
  { index: 3, text: 'pause', kind: 'pause', state: 'running', weight: 25, startedAt: isoTime(now - 180_000) },
  { index: 4, text: '100%', kind: 'setWeight', state: 'to-come', weight: 100 },
]

export const cannedDetail = (now: number, row: RolloutRow): RolloutDetail =>
  row.strategy === 'blue-green' ? asBlueGreen(canaryDetail(now, row), row, now) : canaryDetail(now, row)

const canaryDetail = (now: number, row: RolloutRow): RolloutDetail => ({
  row,
  sides: [],
  experiments: [],
  services: [
    {
      service: row.name,
      path: 'routers',
      shares: [
        { role: 'stable', hash: STABLE, weight: 75 },
        { role: 'canary', hash: CANARY, weight: 25 },
      ],
      routeVersion: 7,
    },
    { service: `${row.name}-internal`, path: 'native', shares: [] },
  ],
  steps: stepsOf(now),
  analyses: [
    {
      name: `${row.name}-${CANARY}-2-background`,
      phase: 'Running',
      startedAt: isoTime(now - 380_000),
      current: true,
      revision: 2,
      checks: checks(now),
    },
  ],
  revisions: [
    {
      revision: 2,
      hash: CANARY,
      replicaSet: `${row.name}-${CANARY}`,
      roles: ['canary'],
      images: ['registry.example/web:v2'],
      createdAt: isoTime(now - 400_000),
      cause: 'faster search',
      present: true,
      pods: { desired: 1, ready: 1 },
    },
    {
      revision: 1,
      hash: STABLE,
      replicaSet: `${row.name}-${STABLE}`,
      roles: ['stable'],
      images: ['registry.example/web:v1'],
      createdAt: isoTime(now - 90_000_000),
      present: false,
      pods: { desired: 4, ready: 4 },
    },
  ],
  containers: [{ name: 'web', image: 'registry.example/web:v2', init: false }],
  pods: [pod(CANARY, 0, now), ...[0, 1, 2, 3].map(i => pod(STABLE, i, now))],
  events: [
    {
      at: isoTime(now - 180_000),
      type: 'Normal',
      reason: 'RolloutPaused',
      message: 'Rollout is paused (CanaryPauseStep)',
      count: 1,
      object: 'Rollout/web',
    },
    {
      at: isoTime(now - 268_000),
      type: 'Normal',
      reason: 'RolloutStepCompleted',
      message: 'Rollout step 2/5 completed (pause: 2m)',
      count: 1,
      object: 'Rollout/web',
    },
    {
      at: isoTime(now - 388_000),
      type: 'Normal',
      reason: 'RolloutStepCompleted',
      message: 'Rollout step 1/5 completed (setWeight: 5)',
      count: 1,
      object: 'Rollout/web',
    },
    {
      at: isoTime(now - 400_000),
      type: 'Normal',
      reason: 'RolloutUpdated',
      message: 'Rollout updated to revision 2',
      count: 1,
      object: 'Rollout/web',
    },
  ],
  decisions: [
    { at: isoTime(now - 180_000), kind: 'wait', text: 'Step 4 of 5 waits for a person.' },
    { at: isoTime(now - 268_000), kind: 'step', text: 'Step 2 of 5 (2m) was done.' },
    { at: isoTime(now - 388_000), kind: 'step', text: 'Step 1 of 5 (5%) was done.' },
    { at: isoTime(now - 400_000), kind: 'begin', text: 'The update to revision 2 began.' },
  ],
  missing: [],
})

const SENTENCES: readonly (readonly [
  action: ActionPreview['action'],
  possible: boolean,
  permitted: boolean,
  sentence: string,
])[] = [
  ['promote', true, true, 'web goes on to its next step: 100%.'],
  ['skip', true, true, 'web skips its current step.'],
  ['full', true, true, 'web is promoted in full: the remaining steps, pauses and analyses are skipped.'],
  ['abort', true, true, 'The update of web is aborted: all traffic goes back to the stable version.'],
  ['retry', false, true, 'No update of web was aborted, there is nothing to retry.'],
  ['pause', true, true, 'web is paused until somebody resumes it.'],
  ['resume', false, true, 'web was not paused; it waits in a pause step, which promote ends.'],
  [
    'restart',
    false,
    true,
    'An update of web is in progress; a restart would be a new version in the middle of it; promote or abort it first.',
  ],
  ['undo', true, true, 'web goes back to revision 1 (web-5d8f7c9b6b), in the middle of the update: that is a rollback.'],
]

export const cannedActions = (): readonly ActionPreview[] =>
  SENTENCES.map(([action, possible, permitted, sentence]) => ({ action, possible, permitted, sentence, seen: 'canned' }))

export const cannedDiff = (revision: number): RevisionDiff => ({
  revision,
  changes:
    revision === 2
      ? []
      : [
          { path: 'spec.containers[web].image', before: '"registry.example/web:v1"', after: '"registry.example/web:v2"' },
          { path: 'spec.containers[web].env[SEARCH]', after: '{"name":"SEARCH","value":"fast"}' },
        ],
})
