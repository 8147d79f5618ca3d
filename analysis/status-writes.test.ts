import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisPhase, AnalysisRun, AnalysisRunStatus } from '../api/analysis-run.ts'
import { eventsBetween, isWorthWriting } from './status-writes.ts'
import { deleteAt } from './time-to-live.ts'

const status = (phase: AnalysisPhase, message: string, metricPhase: AnalysisPhase = phase): AnalysisRunStatus => ({
  phase,
  startedAt: '2026-03-01T12:00:00Z',
  metricResults: [{ name: 'm', phase: metricPhase, message }],
})

test('the first status and every new phase are written at once', () => {
  const just = { lastWriteAt: 1000, now: 1001 }
  assert.equal(isWorthWriting(undefined, status('Running', 'a'), just), true)
  assert.equal(isWorthWriting(status('Running', 'a'), status('Failed', 'a'), just), true)
  assert.equal(isWorthWriting(status('Running', 'a', 'Pending'), status('Running', 'a', 'Running'), just), true)
})

test('a new measurement and a new count are written at once', () => {
  const just = { lastWriteAt: 1000, now: 1001 }
  const before = status('Running', 'a')
  const [result] = before.metricResults!
  assert.equal(isWorthWriting(before, { ...before, metricResults: [{ ...result!, count: 1 }] }, just), true)
  assert.equal(isWorthWriting(before, { ...before, metricResults: [{ ...result!, consecutiveError: 1 }] }, just), true)
  const measured = { ...result!, measurements: [{ phase: 'Successful', finishedAt: '2026-03-01T12:00:10Z' } as const] }
  assert.equal(isWorthWriting(before, { ...before, metricResults: [measured] }, just), true)
})

test('a new message alone is written every ten seconds', () => {
  const change = [status('Running', '119 more needed'), status('Running', '109 more needed')] as const
  assert.equal(isWorthWriting(...change, { lastWriteAt: 1000, now: 10_999 }), false)
  assert.equal(isWorthWriting(...change, { lastWriteAt: 1000, now: 11_000 }), true)
  assert.equal(isWorthWriting(...change, { lastWriteAt: undefined, now: 1000 }), true)
})

test('what is the same is never written', () => {
  assert.equal(isWorthWriting(status('Running', 'a'), status('Running', 'a'), { lastWriteAt: undefined, now: 1e9 }), false)
})

test('each metric and the run that are over are events, once', () => {
  assert.deepEqual(eventsBetween(status('Running', 'a'), status('Failed', 'b')), [
    { type: 'Warning', reason: 'MetricFailed', message: "Metric 'm' Completed. Result: Failed" },
    { type: 'Warning', reason: 'AnalysisRunFailed', message: 'Analysis Completed. Result: Failed' },
  ])
  assert.deepEqual(eventsBetween(undefined, status('Running', 'a', 'Successful')), [
    { type: 'Normal', reason: 'MetricSuccessful', message: "Metric 'm' Completed. Result: Successful" },
  ])
  assert.deepEqual(eventsBetween(status('Failed', 'b'), status('Failed', 'b')), [])
})

const over = (phase: AnalysisPhase, ttlStrategy: AnalysisRun['spec']['ttlStrategy']): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'a' },
  spec: { metrics: [], ...(ttlStrategy && { ttlStrategy }) },
  status: { phase, completedAt: '1970-01-01T00:00:10Z' },
})

test('a run that is over is deleted after the time for how it ended', () => {
  const ttl = { secondsAfterCompletion: 3, secondsAfterSuccess: 1, secondsAfterFailure: 2 }
  assert.equal(deleteAt(over('Successful', ttl)), 11_000)
  assert.equal(deleteAt(over('Failed', ttl)), 12_000)
  assert.equal(deleteAt(over('Error', ttl)), 12_000)
  assert.equal(deleteAt(over('Inconclusive', ttl)), 13_000)
  assert.equal(deleteAt(over('Failed', { secondsAfterCompletion: 3 })), 13_000)
  assert.equal(deleteAt(over('Failed', { secondsAfterSuccess: 3 })), undefined)
  assert.equal(deleteAt(over('Running', ttl)), undefined)
  assert.equal(deleteAt(over('Failed', undefined)), undefined)
})
