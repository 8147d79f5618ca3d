import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from './errors.ts'
import { silentLogger } from './log.ts'
import { makeFakeClock } from './testing/fake-clock.ts'
import { makeWorkQueue } from './work-queue.ts'
import { type Reconcile, type ReconcileOutcome, runWorkers, TerminalError } from './workers.ts'

/** Runs workers over a fake clock; `reconcile` answers by key and by how often it was called for it before. */
const start = (
  reconcile: (key: string, times: number, signal: AbortSignal) => ReturnType<Reconcile>,
  workers = 2,
  timeoutMs = 60_000,
) => {
  const clock = makeFakeClock(0)
  const queue = makeWorkQueue({ clock })
  const calls: string[] = []
  const outcomes: ReconcileOutcome[] = []
  const running = runWorkers({
    queue,
    workers,
    reconcile: (key, signal) => {
      calls.push(key)
      return reconcile(key, calls.filter(each => each === key).length, signal)
    },
    log: silentLogger,
    metrics: { reconciled: outcome => outcomes.push(outcome) },
    timeoutMs,
  })
  const stop = async () => {
    await queue.shutDown()
    await running
  }
  return { clock, queue, calls, outcomes, stop }
}

test('an error is tried again, ever later, and success forgets it', async () => {
  const { clock, queue, calls, outcomes, stop } = start(async (_, times) => {
    if (times <= 3) throw new Error('no')
  })
  queue.add('a')
  await clock.advance(4)
  assert.equal(calls.length, 1)
  assert.equal(queue.failures('a'), 1)
  await clock.advance(1)
  assert.equal(calls.length, 2)
  await clock.advance(30)
  assert.equal(calls.length, 4)
  assert.equal(queue.failures('a'), 0)
  assert.deepEqual(outcomes, ['error', 'error', 'error', 'success'])
  await stop()
})

test('a terminal error is dropped, a conflict and a synchronous throw are tried again', async () => {
  const { clock, queue, calls, outcomes, stop } = start((key, times) => {
    if (key === 'terminal') throw new TerminalError('never')
    if (times === 1 && key === 'conflict') throw new ApiError({ status: 409, reason: 'Conflict', message: 'changed' })
    return Promise.resolve()
  })
  queue.add('terminal')
  queue.add('conflict')
  await clock.advance(10_000)
  assert.deepEqual(calls, ['terminal', 'conflict', 'conflict'])
  assert.deepEqual(outcomes, ['terminal', 'conflict', 'success'])
  assert.equal(queue.failures('terminal'), 0)
  await stop()
})

test('a result with a time is looked at again then', async () => {
  const { clock, queue, calls, stop } = start(async () => ({ requeueAfterMs: 1000 }))
  queue.add('a')
  await clock.advance(2500)
  assert.equal(calls.length, 3)
  await stop()
  await clock.advance(5000)
  assert.equal(calls.length, 3)
})

test('several keys are worked on at once, one never twice', async () => {
  const running = new Set<string>()
  let most = 0
  const { clock, queue, calls, stop } = start(async key => {
    assert.ok(!running.has(key))
    running.add(key)
    most = Math.max(most, running.size)
    await new Promise(setImmediate)
    running.delete(key)
  }, 3)
  for (let round = 0; round < 10; round += 1) {
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
    await clock.advance(1)
  }
  await stop()
  assert.equal(most, 3)
  assert.deepEqual([...new Set(calls)].sort(), ['a', 'b', 'c', 'd'])
})

test('a reconcile that takes too long has its signal aborted', async () => {
  const { queue, outcomes, stop } = start(
    (_, times, signal) =>
      times > 1
        ? Promise.resolve(undefined)
        : new Promise<undefined>((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          ),
    1,
    20,
  )
  queue.add('a')
  while (outcomes.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  assert.deepEqual(outcomes, ['error'])
  await stop()
})
