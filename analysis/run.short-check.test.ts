import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Measured } from './measured.ts'
import { assess } from './run.ts'
import { check, error, NOW, play, result, runOf, verdict } from './testing/runs.ts'

describe('a short check', () => {
  const spec = { metrics: [{ name: 'm', provider: check, interval: '10s' }] }

  test('that cannot be told yet has no measurement, but says what it waits for', () => {
    const waiting = play(spec, [[0, { m: verdict('Running', '119 more needed') }]])
    assert.deepEqual(result(waiting), { name: 'm', phase: 'Running', message: '119 more needed' })
    assert.equal(waiting.status.phase, 'Running')
  })

  test('is looked at less often while nothing comes to the canary', () => {
    const quiet = { ...verdict('Running'), isQuiet: true } as Measured
    assert.equal(play(spec, [[0, { m: quiet }]]).wakeAt, NOW + 2000)
  })

  test('is looked at twice a second', () => {
    assert.equal(play(spec, [[0, { m: verdict('Running') }]]).wakeAt, NOW + 500)
    assert.equal(play(spec, [[0, { m: verdict('Successful') }]]).wakeAt, NOW + 500)
  })

  test('that keeps its verdict is recorded every ten seconds, and a new verdict at once', () => {
    const good = Array.from({ length: 40 }, (_, i) => [i / 2, { m: verdict('Successful') }] as const)
    assert.equal(result(play(spec, good))?.count, 2)
    const failed = play(spec, [...good, [20.5, { m: verdict('Failed') }]])
    assert.equal(failed.status.phase, 'Failed')
    assert.deepEqual(
      result(failed)?.measurements?.map(({ phase }) => phase),
      ['Successful', 'Successful', 'Failed'],
    )
    assert.deepEqual(result(failed)?.measurements?.at(-1), {
      phase: 'Failed',
      value: 'canary 80% of 20, stable 100% of 380',
      message: 'it is Failed',
      startedAt: '2026-03-01T12:00:20Z',
      finishedAt: '2026-03-01T12:00:20Z',
    })
  })

  test('without an interval is over with its first success', () => {
    const once = { metrics: [{ name: 'm', provider: check }] }
    assert.equal(
      play(once, [
        [0, { m: verdict('Running') }],
        [1, { m: verdict('Successful') }],
      ]).status.phase,
      'Successful',
    )
  })

  test('whose routers are silent is an error only when they stay so for forty seconds', () => {
    const silent = (from: number, to: number) =>
      Array.from({ length: 2 * (to - from) }, (_, i) => [from + i / 2, { m: error }] as const)
    assert.equal(play(spec, silent(0, 40)).status.phase, 'Running')
    assert.equal(play(spec, [...silent(0, 41)]).status.phase, 'Error')
    const answered = play(spec, [...silent(0, 30), [30, { m: verdict('Running') }], ...silent(31, 41)])
    assert.equal(answered.status.phase, 'Running')
  })

  test('that is ended before it could be told keeps saying what was missing', () => {
    const waiting = play(spec, [[0, { m: verdict('Running', '119 more needed') }]])
    const ended = assess(runOf({ ...spec, terminate: true }, waiting.status), new Map(), NOW + 1000)
    assert.deepEqual(
      [ended.status.phase, result(ended)?.message, result(ended)?.successful],
      ['Successful', '119 more needed', undefined],
    )
  })
})
