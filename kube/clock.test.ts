import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep, systemClock } from './clock.ts'
import { makeFakeClock } from './testing/fake-clock.ts'

test('a timer of thirty days does not fire at once', async () => {
  let fired = false
  const timer = systemClock.setTimeout(() => {
    fired = true
  }, 30 * 86_400_000)
  // Node fires a timer that is too long after 1 ms, so one that is set later and fires proves the point.
  await new Promise<void>(resolve => systemClock.setTimeout(resolve, 30))
  timer.cancel()
  assert.equal(fired, false)
})

test('a sleep ends at its time or at an abort, and leaves no timer', async () => {
  const clock = makeFakeClock()
  const abort = new AbortController()
  let ended = 0
  const count = () => {
    ended += 1
  }
  const whole = sleep(clock, 100).then(count)
  const cut = sleep(clock, 100, abort.signal).then(count)
  abort.abort()
  await cut
  assert.equal(ended, 1)
  await clock.advance(99)
  assert.equal(ended, 1)
  await clock.advance(1)
  await whole
  assert.equal(ended, 2)
  assert.equal(clock.pending(), 0)
  await sleep(clock, 100, AbortSignal.abort())
  assert.equal(clock.pending(), 0)
})

test('the fake clock runs timers in the order of their times', async () => {
  const clock = makeFakeClock(0)
  const seen: string[] = []
  clock.setTimeout(() => seen.push(`b at ${clock.now()}`), 20)
  clock.setTimeout(() => {
    seen.push(`a at ${clock.now()}`)
    clock.setTimeout(() => seen.push(`c at ${clock.now()}`), 5)
  }, 10)
  await clock.advance(30)
  assert.deepEqual(seen, ['a at 10', 'c at 15', 'b at 20'])
  assert.equal(clock.now(), 30)
})
