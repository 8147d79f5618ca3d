import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Numbers, NumbersPoint } from '../../../contract.ts'
import { cannedDetail, cannedNumbers, cannedOverview, waitingRow } from '../../../testing/canned.ts'
import { offersOf, whyNothing } from './actions.ts'
import { forgetRollout, type Known, learn, mergeNumbers, NOTHING_KNOWN } from './known.ts'
import { chooseRows, countRows } from './rows.ts'
import { measurementsPlot, numbersPlot } from './series.ts'
import { describeTraffic, recent, trafficOf } from './traffic.ts'

const NOW = Date.parse('2026-03-04T12:00:00Z')
const web = waitingRow(NOW)
const detail = cannedDetail(NOW, web)
const begin = learn(NOTHING_KNOWN, { type: 'overview', overview: cannedOverview(NOW, 3) }, undefined, NOW - 5000)
const sample = (requests: number, success = 1) => ({ requests, success, p99: 10 })
const point = (at: number, canary = sample(10), stable = sample(30)): NumbersPoint => ({ at, canary, stable })
const numbersOf = (...points: readonly NumbersPoint[]): Numbers => ({ span: 5, points, thresholds: [], routers: 1 })

test('an overview is all there is, and changes add, replace and take away', () => {
  assert.equal(begin.rows?.size, 7)
  assert.equal(begin.ahead, 5000)
  const after = learn(begin, { type: 'changes', rows: [{ ...web, phase: 'Healthy' }], gone: ['shop/cart'] }, undefined, NOW)
  assert.equal(after.rows?.get('shop/web')?.phase, 'Healthy')
  assert.equal(after.rows?.has('shop/cart'), false)
  assert.equal(begin.rows?.get('shop/web')?.phase, 'Paused')
})

test('what comes late for another rollout is left', () => {
  const other = learn(begin, { type: 'rollout', detail }, 'shop/cart', NOW)
  assert.equal(other.detail, undefined)
  const own = learn(begin, { type: 'rollout', detail }, 'shop/web', NOW)
  assert.equal(own.detail, detail)
  assert.equal(forgetRollout(own).detail, undefined)
})

test('a change of a row shows in the open rollout as well', () => {
  const own: Known = learn(begin, { type: 'rollout', detail }, 'shop/web', NOW)
  const after = learn(own, { type: 'changes', rows: [{ ...web, phase: 'Degraded' }], gone: [] }, 'shop/web', NOW)
  assert.equal(after.detail?.row.phase, 'Degraded')
})

test('newer numbers replace those of the same second, and ten minutes are kept', () => {
  const merged = mergeNumbers(numbersOf(point(0), point(5), point(700)), numbersOf(point(700, sample(99)), point(705)))
  assert.deepEqual(
    merged.points.map(({ at, canary }) => [at, canary.requests]),
    [
      [700, 99],
      [705, 10],
    ],
  )
})

test('a cluster that the server cannot reach is said until it can', () => {
  const cut = learn(begin, { type: 'connection', connected: false, since: '2026-03-04T11:59:00Z' }, undefined, NOW)
  assert.deepEqual(cut.cut, { since: '2026-03-04T11:59:00Z' })
  assert.equal(learn(cut, { type: 'connection', connected: true, since: '2026-03-04T12:00:00Z' }, undefined, NOW).cut, undefined)
})

test('what waits for a person comes first, then what was rolled back', () => {
  const rows = chooseRows(begin.rows?.values() ?? [], '', '')
  assert.deepEqual(
    rows.map(({ attention }) => attention),
    ['waiting', 'rolled-back', 'in-flight', 'in-flight', 'at-rest', 'at-rest', 'at-rest'],
  )
  assert.equal(countRows(rows).get('at-rest'), 3)
  assert.deepEqual(
    chooseRows(rows, 'why:success-rate', 'rolled-back').map(({ name }) => name),
    ['ledger'],
  )
})

test('the newest spans are added up, and failures weigh as much as their requests', () => {
  const both = recent(numbersOf(point(0, sample(1000)), point(100, sample(10, 0.5)), point(105, sample(30, 1))), 'canary')
  assert.deepEqual(both, { requests: 40, seconds: 10, success: 35 / 40, p99: 10 })
})

test('a Service that no router carries sends everything to the stable version, uncounted', () => {
  const native = { service: 'web', path: 'native', shares: [] } as const
  const traffic = trafficOf(native, detail.revisions, cannedNumbers(NOW))
  assert.deepEqual(traffic, [{ role: 'stable', share: 1, image: 'web:v1', revision: 1 }])
  assert.deepEqual(traffic.map(describeTraffic), ['no router counts it'])
})

test('missing spans break the line, and a limit that follows the stable version is a line', () => {
  const threshold = { plot: 'p99', op: '<=', timesStable: 1.2, text: 'p99 <= stable * 1.2' } as const
  const { times, series, limit } = numbersPlot({ ...numbersOf(point(0), point(20)), thresholds: [threshold] }, 'p99')
  assert.deepEqual(times, [0, 5, 20])
  assert.deepEqual(
    series.map(({ values }) => values),
    [
      [10, null, 10],
      [10, null, 10],
      [12, null, 12],
    ],
  )
  assert.equal(limit, undefined)
})

test('measurements without a number are left to the table', () => {
  const at = (second: number) => `2026-03-04T12:00:0${second}Z`
  const plot = measurementsPlot(
    [
      { phase: 'Successful', finishedAt: at(2), numbers: { canary: 0.9, stable: 1 } },
      { phase: 'Error', finishedAt: at(1), numbers: {} },
      { phase: 'Successful', finishedAt: at(0), numbers: { canary: 0.8 } },
    ],
    { plot: 'success', op: '>=', value: 0.99, text: 'success-rate >= 99%' },
  )
  assert.deepEqual(plot.times, [NOW / 1000, NOW / 1000 + 2])
  assert.deepEqual(
    plot.series.map(({ name, values }) => [name, values]),
    [
      ['stable', [null, 1]],
      ['canary', [0.8, 0.9]],
    ],
  )
  assert.deepEqual(plot.limit, { value: 0.99, text: 'success-rate >= 99%', goodAbove: true })
})

test('only what is possible is offered, and nothing to somebody who may only look', () => {
  const preview = (action: 'promote' | 'retry', possible: boolean, permitted: boolean) =>
    ({ action, possible, permitted, sentence: '', seen: '' }) as const
  assert.deepEqual(
    offersOf([preview('promote', true, true), preview('retry', false, true)]).map(({ action }) => action),
    ['promote', 'set-image'],
  )
  const none = [preview('promote', false, false)]
  assert.deepEqual(offersOf(none), [])
  assert.equal(whyNothing(none), 'You may look at this rollout, not change it.')
  assert.equal(whyNothing([]), undefined)
  // Nobody's rights are looked up for what makes no sense.
  const mixed = [preview('promote', false, false), preview('retry', false, true)]
  assert.deepEqual(offersOf(mixed), [])
  assert.equal(whyNothing(mixed), 'You may look at this rollout, not change it.')
  assert.equal(whyNothing([preview('retry', false, true)]), undefined)
})
