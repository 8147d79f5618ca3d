/** Measurements that take their time: begun, asked for again, given up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from './measured.ts'
import { metricsToEnd, metricsToMeasure } from './run.ts'
import { metric, NOW, play, result, runOf } from './testing/runs.ts'

const begun: Measured = { kind: 'pending', metadata: { 'job-name': 'j1' }, afterMs: 5000 }
const good: Measured = { kind: 'phase', phase: 'Successful' }
const bad: Measured = { kind: 'phase', phase: 'Failed', message: 'exit code 1' }
const spec = { metrics: [metric({ provider: { job: { spec: {} } } })] }

test('a measurement that is not finished says when it is asked for again, and counts nothing', () => {
  const { status, wakeAt } = play(spec, [[0, { m: begun }]])
  assert.equal(status.phase, 'Running')
  assert.equal(wakeAt, NOW + 5000)
  assert.deepEqual(status.metricResults, [
    {
      name: 'm',
      phase: 'Running',
      measurements: [
        {
          phase: 'Running',
          startedAt: '2026-03-01T12:00:00Z',
          resumeAt: '2026-03-01T12:00:05Z',
          metadata: { 'job-name': 'j1' },
        },
      ],
    },
  ])
  assert.deepEqual(metricsToMeasure(runOf(spec, status), NOW + 4000), [])
  assert.equal(metricsToMeasure(runOf(spec, status), NOW + 5000).length, 1)
})

test('when it ends it keeps when it began and what was noted', () => {
  const done = play(spec, [
    [0, { m: begun }],
    [5, { m: begun }],
    [10, { m: good }],
  ])
  assert.equal(done.status.phase, 'Successful')
  assert.deepEqual(result(done)?.measurements, [
    {
      phase: 'Successful',
      startedAt: '2026-03-01T12:00:00Z',
      finishedAt: '2026-03-01T12:00:10Z',
      metadata: { 'job-name': 'j1' },
    },
  ])
  assert.equal(result(done)?.count, 1)
})

test('one that fails ends the run with its reason', () => {
  const failed = play(spec, [
    [0, { m: begun }],
    [5, { m: bad }],
  ])
  assert.equal(failed.status.phase, 'Failed')
  assert.equal(
    failed.status.message,
    'Metric "m" assessed Failed due to failed (1) > failureLimit (0): "Error Message: exit code 1"',
  )
})

test('a run that is to end first gives up what it began', () => {
  const running = play(spec, [[0, { m: begun }]])
  const ending = { ...spec, terminate: true }
  assert.deepEqual(metricsToMeasure(runOf(ending, running.status), NOW + 9000), [])
  assert.deepEqual(
    metricsToEnd(runOf(ending, running.status)).map(({ name }) => name),
    ['m'],
  )
  assert.deepEqual(metricsToEnd(runOf(spec, running.status)), [])
})

test('so does one that another metric fails, and its verdict waits for that', () => {
  const two = { metrics: [...spec.metrics, metric({ name: 'other' })] }
  const failing = play(two, [[0, { m: begun, other: bad }]])
  assert.equal(failing.status.phase, 'Running')
  assert.equal(failing.wakeAt, NOW)
  assert.equal(metricsToEnd(runOf(two, failing.status)).length, 1)
})
