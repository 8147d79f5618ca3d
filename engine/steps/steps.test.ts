/** When each kind of step is done, what it asks for, and what is wrong with a wrong one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisPhase, AnalysisRun } from '../../api/analysis-run.ts'
import type { CanaryStep } from '../../api/rollout.ts'
import type { Progress } from '../progress.ts'
import { timestamp } from '../time.ts'
import type { Waiting } from '../waiting.ts'
import { checkSteps, desiredAt, labelOf, runnerOf } from './index.ts'

const NOW = Date.UTC(2026, 10, 24, 9, 14, 3)
const progress = (change: Partial<Progress> = {}): Progress => ({
  index: 1,
  aborted: false,
  promoteFull: false,
  pauses: [],
  controllerPause: false,
  ...change,
})
const paused = (msAgo: number): Partial<Progress> => ({
  pauses: [{ reason: 'CanaryPauseStep', startTime: timestamp(NOW - msAgo) }],
  controllerPause: true,
})
const PODS: Waiting = { reason: 'PodsBecomingReady', what: '2 canary pods become available', ends: 'ends when they are' }
const aRun = (phase: AnalysisPhase): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'web-abc-2-1' },
  spec: { metrics: [] },
  status: { phase, message: 'because' },
})

type Row = {
  readonly name: string
  readonly step: CanaryStep
  readonly progress?: Partial<Progress>
  readonly missing?: Waiting
  readonly run?: AnalysisRun
  readonly is: string
}

const analysis: CanaryStep = { analysis: { templates: [{ templateName: 'smoke' }] } }

const rows: readonly Row[] = [
  { name: 'a weight is done when it is in force', step: { setWeight: 20 }, is: 'done' },
  { name: 'and not before', step: { setWeight: 20 }, missing: PODS, is: 'waiting' },
  { name: 'a size of the canary is done when the pods are there', step: { setCanaryScale: { weight: 25 } }, is: 'done' },
  { name: 'and not before', step: { setCanaryScale: { weight: 25 } }, missing: PODS, is: 'waiting' },
  { name: 'a header route is done when all routers run it', step: { setHeaderRoute: { name: 'h' } }, is: 'done' },
  { name: 'a pause begins', step: { pause: { duration: '2m' } }, is: 'waiting' },
  { name: 'a timed pause goes on', step: { pause: { duration: '2m' } }, progress: paused(119_999), is: 'waiting' },
  {
    name: 'and is over by the time that was noted when it began',
    step: { pause: { duration: '2m' } },
    progress: paused(120_000),
    is: 'done',
  },
  { name: 'seconds as a number', step: { pause: { duration: 10 } }, progress: paused(10_000), is: 'done' },
  { name: 'a pause without an end stays', step: { pause: {} }, progress: paused(9e9), is: 'waiting' },
  { name: 'until a person takes it away', step: { pause: {} }, progress: { controllerPause: true }, is: 'done' },
  { name: 'an analysis waits for the pods first', step: analysis, missing: PODS, is: 'waiting' },
  { name: 'then it needs a run', step: analysis, is: 'needs-run' },
  { name: 'and waits for it', step: analysis, run: aRun('Running'), is: 'waiting' },
  { name: 'a successful one is done', step: analysis, run: aRun('Successful'), is: 'done' },
  { name: 'a failed one fails', step: analysis, run: aRun('Failed'), is: 'failed' },
  { name: 'one in error fails', step: analysis, run: aRun('Error'), is: 'failed' },
  { name: 'an inconclusive one waits for a person', step: analysis, run: aRun('Inconclusive'), is: 'waiting' },
  { name: 'who may pass over it', step: analysis, run: aRun('Inconclusive'), progress: { controllerPause: true }, is: 'done' },
  { name: 'a step that Sluice does not run is never passed over', step: { experiment: {} }, is: 'waiting' },
]

for (const row of rows) {
  test(`${Object.keys(row.step)[0]}: ${row.name}`, () => {
    const result = runnerOf(row.step).run({
      step: row.step,
      now: NOW,
      label: 'Step 2/7 (x)',
      progress: progress(row.progress),
      missing: row.missing,
      run: row.run,
    })
    assert.equal(result.kind, row.is)
  })
}

test('a pause says since when and until when it waits', () => {
  const step = { pause: { duration: '2m' } }
  const result = runnerOf(step).run({
    step,
    now: NOW,
    label: labelOf([{ setWeight: 5 }, step], 1),
    progress: progress(),
    missing: undefined,
    run: undefined,
  })
  assert.ok(result.kind === 'waiting')
  assert.equal(result.waiting.what, 'Step 2/2 (pause 2m)')
  assert.equal(result.waiting.since, NOW)
  assert.equal(result.waiting.ends, 'ends at 09:16:03Z, or when promoted')
  assert.equal(result.waiting.until, NOW + 120_000)
  assert.deepEqual(result.progress, {
    pauses: [{ reason: 'CanaryPauseStep', startTime: '2026-11-24T09:14:03Z' }],
    controllerPause: true,
  })
})

test('what is desired is what all steps so far ask for', () => {
  const steps: readonly CanaryStep[] = [
    { setCanaryScale: { weight: 25 } },
    { setHeaderRoute: { name: 'h', match: [{ headerName: 'X', headerValue: { exact: 'y' } }] } },
    { setWeight: 20 },
    { setCanaryScale: { matchTrafficWeight: true } },
    { setHeaderRoute: { name: 'h' } },
  ]
  assert.deepEqual(
    { ...desiredAt(steps, 0), headerRoutes: [] },
    { weight: 0, scale: { weight: 25 }, headerRoutes: [], mirrorRoutes: [] },
  )
  assert.equal(desiredAt(steps, 2).headerRoutes.length, 1)
  assert.equal(desiredAt(steps, 2).weight, 20)
  assert.equal(desiredAt(steps, 3).scale, undefined)
  assert.equal(desiredAt(steps, 4).headerRoutes.length, 0)
  assert.deepEqual(desiredAt(steps, 5), { weight: 100, headerRoutes: [], mirrorRoutes: [] })
})

const wrong: readonly (readonly [step: CanaryStep, says: RegExp])[] = [
  [{}, /must have exactly one of setWeight, pause/],
  [{ setWeight: 5, pause: {} }, /must have exactly one of/],
  [{ setWeight: 101 }, /setWeight 101 must be a percentage from 0 to 100, e\.g\. 20/],
  [{ setWeight: 2.555 }, /setWeight 2\.555 must be/],
  [{ pause: { duration: '5 minutes' } }, /pause "5 minutes" must be seconds or a duration/],
  [{ pause: { duration: '1d' } }, /pause "1d" must be/],
  [{ setCanaryScale: {} }, /setCanaryScale \{\} must be one of weight/],
  [{ setCanaryScale: { weight: 10, replicas: 2 } }, /must be one of weight/],
  [{ analysis: {} }, /must name at least one AnalysisTemplate/],
  [{ setHeaderRoute: { name: '' } }, /must have a name/],
  [
    { setHeaderRoute: { name: 'h', match: [{ headerName: 'X', headerValue: { regex: 'a(' } }] } },
    /setHeaderRoute h: regex "a\(" has a \( that is not closed/,
  ],
  [{ setMirrorRoute: { name: '', match: [{}] } }, /must have a name/],
  [{ setMirrorRoute: { name: 'm', match: [{}], percentage: 101 } }, /percentage 101 must be a whole number from 0 to 100/],
  [{ setMirrorRoute: { name: 'm', match: [{ path: { regex: '[' } }] } }, /setMirrorRoute m: regex "\["/],
  [{ experiment: {} }, /experiment is not a step that Sluice runs; allowed are setWeight/],
  [{ plugin: { name: 'x' } }, /plugin is not a step that Sluice runs/],
]
for (const [step, says] of wrong) {
  test(`refused: ${JSON.stringify(step)}`, () => {
    const [problem] = checkSteps([step])
    assert.match(problem ?? '', /^spec\.strategy\.canary\.steps\[0\]: /)
    assert.match(problem ?? '', says)
  })
}
