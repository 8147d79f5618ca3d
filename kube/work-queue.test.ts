import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeRetryLimit } from './retry-limit.ts'
import { type FakeClock, makeFakeClock } from './testing/fake-clock.ts'
import { makeWorkQueue, type WorkQueue } from './work-queue.ts'

const make = (): { readonly clock: FakeClock; readonly queue: WorkQueue } => {
  const clock = makeFakeClock(0)
  return { clock, queue: makeWorkQueue({ clock }) }
}

/** What can be taken without waiting, each marked done at once. */
const takeAll = async (queue: WorkQueue): Promise<readonly string[]> => {
  const keys: string[] = []
  while (queue.depth() > 0) {
    const key = await queue.take()
    assert.ok(key)
    keys.push(key)
    queue.done(key)
  }
  return keys
}

test('keys come in the order they were added, each once', async () => {
  const { queue } = make()
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key)
  assert.deepEqual(await takeAll(queue), ['a', 'b', 'c'])
})

test('a key that is added while it is processed comes once more, afterwards', async () => {
  const { queue } = make()
  queue.add('a')
  assert.equal(await queue.take(), 'a')
  queue.add('a')
  queue.add('a')
  assert.equal(queue.depth(), 0)
  queue.done('a')
  assert.equal(queue.depth(), 1)
  assert.deepEqual(await takeAll(queue), ['a'])
})

test('whoever waits gets the next key', async () => {
  const { queue } = make()
  const first = queue.take()
  const second = queue.take()
  queue.add('a')
  queue.add('b')
  assert.deepEqual(await Promise.all([first, second]), ['a', 'b'])
})

test('of several times for a key the earliest counts', async () => {
  const { clock, queue } = make()
  queue.addAfter('a', 100)
  queue.addAfter('a', 50)
  queue.addAfter('a', 200)
  queue.addAfter('b', 0)
  queue.addAfter('c', Number.NaN)
  assert.equal(queue.depth(), 2)
  await clock.advance(49)
  assert.equal(queue.depth(), 2)
  await clock.advance(1)
  assert.deepEqual(await takeAll(queue), ['b', 'c', 'a'])
  await clock.advance(1000)
  assert.equal(queue.depth(), 0)
})

test('failures of a key double its wait from 5 ms to 1000 s, until it is forgotten', () => {
  const limit = makeRetryLimit({ clock: makeFakeClock(0), burst: 1000 })
  const waits = Array.from({ length: 20 }, () => limit.next('a'))
  assert.deepEqual(waits.slice(0, 4), [5, 10, 20, 40])
  assert.deepEqual(waits.slice(17), [655_360, 1_000_000, 1_000_000])
  assert.equal(limit.failures('a'), 20)
  assert.equal(limit.next('b'), 5)
  limit.forget('a')
  assert.equal(limit.next('a'), 5)
})

test('over all keys ten retries a second are let through after a burst of a hundred', () => {
  const clock = makeFakeClock(0)
  const limit = makeRetryLimit({ clock })
  const waits = Array.from({ length: 120 }, (_, i) => limit.next(`key-${i}`))
  assert.deepEqual([waits[0], waits[99], waits[100], waits[119]], [5, 5, 100, 2000])
  clock.jump(-60_000)
  assert.equal(limit.next('back'), 2100)
  clock.jump(60_000_000)
  assert.equal(limit.next('calm'), 5)
})

test('a shutdown drops what has a time to come and waits for what is there', async () => {
  const { clock, queue } = make()
  queue.add('a')
  queue.add('b')
  queue.addAfter('later', 1000)
  assert.equal(await queue.take(), 'a')
  let isDrained = false
  const drained = queue.shutDown().then(() => {
    isDrained = true
  })
  queue.add('no')
  assert.equal(clock.pending(), 0)
  queue.done('a')
  await clock.advance(0)
  assert.equal(isDrained, false)
  assert.equal(await queue.take(), 'b')
  assert.equal(await Promise.race([queue.take(), Promise.resolve('waits')]), undefined)
  queue.done('b')
  await drained
})

test('a shutdown that drops what waits only waits for what is being processed', async () => {
  const { queue } = make()
  for (const key of ['a', 'b']) queue.add(key)
  assert.equal(await queue.take(), 'a')
  queue.add('a')
  const drained = queue.shutDown({ dropWaiting: true })
  assert.equal(await queue.take(), undefined)
  queue.done('a')
  await drained
})

test('a shutdown lets go of those who wait', async () => {
  const { queue } = make()
  const waiting = queue.take()
  await queue.shutDown()
  assert.equal(await waiting, undefined)
})

type Step =
  | { readonly kind: 'add'; readonly key: string }
  | { readonly kind: 'addAfter'; readonly key: string; readonly ms: number }
  | { readonly kind: 'retry'; readonly key: string }
  | { readonly kind: 'take' }
  | { readonly kind: 'done'; readonly nth: number }
  | { readonly kind: 'advance'; readonly ms: number }

const keys = fc.constantFrom('a', 'b', 'c')
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const), key: keys }),
    fc.record({ kind: fc.constant('addAfter' as const), key: keys, ms: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ kind: fc.constant('retry' as const), key: keys }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('done' as const), nth: fc.nat(3) }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(30) }),
  ),
  { maxLength: 60 },
)

/** Plays workers by hand: whoever takes a key keeps it until told to be done. */
const makeHands = (queue: WorkQueue) => {
  const working: string[] = []
  /** Asked for since the start of its last processing; a later start answers it. */
  const owed = new Set<string>()
  let takers = 0
  const take = async (): Promise<void> => {
    takers += 1
    const key = await queue.take()
    takers -= 1
    if (key === undefined) return
    assert.ok(!working.includes(key), `${key} is with two workers`)
    working.push(key)
    owed.delete(key)
  }
  const done = (nth: number): void => {
    const [key] = working.splice(nth % Math.max(1, working.length), 1)
    if (key !== undefined) queue.done(key)
  }
  return { working, owed, take, done, takers: () => takers }
}

type Hands = ReturnType<typeof makeHands>

const play = async (step: Step, queue: WorkQueue, hands: Hands, clock: FakeClock): Promise<void> => {
  if ('key' in step) hands.owed.add(step.key)
  if (step.kind === 'add') queue.add(step.key)
  else if (step.kind === 'addAfter') queue.addAfter(step.key, step.ms)
  else if (step.kind === 'retry') queue.addRateLimited(step.key)
  else if (step.kind === 'take') void hands.take()
  else if (step.kind === 'done') hands.done(step.nth)
  else await clock.advance(step.ms)
  await Promise.resolve()
}

/** Lets every time pass and every key be processed. */
const finish = async (queue: WorkQueue, hands: Hands, clock: FakeClock): Promise<void> => {
  for (let round = 0; round < 200; round += 1) {
    await clock.advance(60_000)
    if (hands.working.length === 0 && queue.depth() === 0 && clock.pending() === 0) return
    while (hands.working.length > 0) hands.done(0)
    if (hands.takers() === 0) void hands.take()
  }
}

test('whatever the order: no key is with two workers and none that was asked for is lost', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async all => {
      const { clock, queue } = make()
      const hands = makeHands(queue)
      for (const step of all) await play(step, queue, hands, clock)
      await finish(queue, hands, clock)
      assert.deepEqual([...hands.owed], [])
      assert.equal(queue.processing().size, 0)
      await queue.shutDown()
    }),
    { numRuns: 60 },
  )
})
