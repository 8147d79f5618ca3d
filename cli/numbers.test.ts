import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Asked } from '../view/read-numbers.ts'
import { makeRolloutView, type RolloutView } from '../view/rollout-view.ts'
import { liveNumbers } from './live-numbers.ts'
import { sparkline } from './output/sparkline.ts'
import { cellsOf } from './output/style.ts'
import { makeMemoryApi } from './testing/memory-api.ts'
import { shopWithNumbers } from './testing/numbers.ts'
import { anAnalysisRun, aRollout, aRoute, aService, healthy, midUpdate } from './testing/objects.ts'
import { assertGolden, run } from './testing/run.ts'

test('get shows traffic, success and p99 of both versions as sparklines, within the terminal', async () => {
  const api = shopWithNumbers({ rate: 6, failing: 0.03 })
  const narrow = await run(api, 'get web')
  assertGolden('get-numbers', narrow.out)
  const wide = await run(api, 'get web', { isTerminal: true, columns: 132, noColor: '1' })
  assertGolden('get-numbers-wide', wide.out)
  for (const line of narrow.out.split('\n')) assert.ok(cellsOf(line) <= 80, line)
  for (const line of wide.out.split('\n')) assert.ok(cellsOf(line) <= 132, line)
})

test('without routers to ask, the course of the measurements is shown', async () => {
  const measured = (value: string) => ({ phase: 'Successful' as const, value })
  const base = anAnalysisRun()
  const api = makeMemoryApi()
  api.put(...midUpdate(), {
    ...base,
    status: {
      phase: 'Running',
      metricResults: [
        {
          name: 'success-rate >= 99%',
          phase: 'Running',
          measurements: [91, 95.5, 99.6].map(share => measured(`canary ${share}% of 512, stable 99.9% of 1530`)),
        },
      ],
    },
  } as typeof base)
  assert.match((await run(api, 'get web')).out, /\nSuccess: +canary ▁▅█ 99\.6% {5}stable ███ 99\.9%\n/)
})

test('at rest no router is asked', async () => {
  const api = shopWithNumbers({ rate: 6, failing: 0 }, aRollout(healthy))
  api.answer = (_, path) => assert.fail(`asked ${path}`)
  assert.doesNotMatch((await run(api, 'get web')).out, /Traffic/)
})

test('get -w paints over itself, says what does not fit, and has no colours under NO_COLOR', async () => {
  const api = shopWithNumbers({ rate: 6, failing: 0 })
  const { out, code } = await run(api, 'get web -w', { isTerminal: true, noColor: '1', columns: 100, rows: 12, stopAtSleep: 12 })
  assert.equal(code, 0)
  const pages = out.split('\u001b[H').slice(1)
  assert.ok(pages.length > 2)
  for (const page of pages) {
    assert.ok(page.split('\n').length <= 12)
    assert.match(page, /… \d+ more lines do not fit/)
    assert.ok(!page.includes('\u001b[3'), 'no colour')
  }
  const tall = await run(api, 'get web -w', { isTerminal: true, noColor: '1', columns: 100, rows: 50, stopAtSleep: 12 })
  assert.match(tall.out, /Traffic: +canary/)
  assert.doesNotMatch(tall.out, /do not fit/)
})

test('get -w -o json prints each state of the object once', async () => {
  const api = shopWithNumbers({ rate: 6, failing: 0 })
  const { out } = await run(api, 'get web -w -o json', { stopAtSleep: 12 })
  assert.equal(JSON.parse(out).kind, 'Rollout')
})

test('get -w where it is no terminal prints a page once while nothing happens', async () => {
  const { out } = await run(shopWithNumbers({ rate: 6, failing: 0 }), 'get web -w', { stopAtSleep: 12 })
  assert.equal(out.split('Namespace:').length - 1, 1)
})

test('bars grow with the value, stay within the scale and leave gaps', () => {
  assert.equal(sparkline([0, 50, undefined, 100, 900, -1], { from: 0, to: 100 }), '▁▅ ██▁')
  assert.equal(sparkline([0, 0], { from: 0, to: 0 }), '▁▁')
})

test('numbers are asked in the background, every two seconds, and after a refusal much later', async () => {
  const view = makeRolloutView({
    name: 'web',
    rollout: aRollout(),
    replicaSets: [],
    pods: [],
    analysisRuns: [],
    experiments: [],
    services: [aService()],
    routes: [aRoute()],
  }) as RolloutView
  let now = 0
  let count = 0
  let answer: Asked = { seconds: [], answered: 1 }
  const live = liveNumbers(
    async () => {
      count += 1
      return answer
    },
    () => now,
  )
  const look = async (at: number) => {
    now = at
    const known = live.newest(view)
    await new Promise(resolve => setImmediate(resolve))
    return known
  }
  assert.equal(await look(0), undefined)
  assert.deepEqual(await look(1000), { seconds: [], answered: 1 })
  assert.equal(count, 1)
  answer = { unknown: 'forbidden' }
  await look(2000)
  await look(4000)
  await look(16_900)
  assert.equal(count, 2)
  await look(17_000)
  assert.equal(count, 3)
})
