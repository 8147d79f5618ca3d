import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from './clock.ts'
import { type LeaderElection, runLeaderElection } from './leader.ts'
import { silentLogger } from './log.ts'
import { type FakeClock, makeFakeClock } from './testing/fake-clock.ts'
import { type Interfere, type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'

/** What happens to one call: how long the request and the answer take, and whether one of them is lost. */
type Fate = { readonly outMs: number; readonly backMs: number; readonly lost: 'no' | 'request' | 'answer' }
type Pause = { readonly atMs: number; readonly forMs: number }
type Life = {
  readonly fates: readonly Fate[]
  readonly pauses: readonly Pause[]
  readonly startMs: number
  readonly stopMs: number
}

/** A process that can be suspended: its timers that fall due and its answers that arrive meanwhile are taken up when it goes on. */
const makeSuspendable = (clock: FakeClock) => {
  let held: (() => void)[] | undefined
  const takeUp = (callback: () => void): void => void (held ? held.push(callback) : callback())
  const own: Clock = { now: clock.now, setTimeout: (callback, ms) => clock.setTimeout(() => takeUp(callback), ms) }
  return {
    clock: own,
    awake: () => new Promise<void>(resolve => takeUp(resolve)),
    isSuspended: () => held !== undefined,
    suspend: () => {
      held ??= []
    },
    resume: () => {
      const callbacks = held ?? []
      held = undefined
      for (const callback of callbacks) callback()
    },
  }
}

const after = (clock: FakeClock, ms: number): Promise<void> => new Promise(resolve => clock.setTimeout(resolve, ms))

const startProcess = (clock: FakeClock, api: MemoryApi, life: Life, identity: string) => {
  const body = makeSuspendable(clock)
  let calls = 0
  let isCalm = false
  let leading: AbortSignal | undefined
  let losses = 0
  let election: LeaderElection | undefined
  const interfere: Interfere = async (_, run) => {
    const fate = life.fates[calls++ % life.fates.length]
    if (!fate || isCalm) return run()
    await after(clock, fate.outMs)
    if (fate.lost === 'request') throw new Error('the request was lost')
    const answer = run()
    await after(clock, fate.backMs)
    await body.awake()
    if (fate.lost === 'answer') throw new Error('the answer was lost')
    return answer
  }
  let isStopped = false
  clock.setTimeout(() => {
    if (isStopped) return
    election = runLeaderElection({
      client: api.client(interfere),
      lease: { namespace: 'sluice-system', name: 'test' },
      identity,
      log: silentLogger,
      clock: body.clock,
      random: () => 0.3,
      onStarted: signal => {
        leading = signal
      },
      onLost: () => {
        losses += 1
      },
    })
  }, life.startMs)
  for (const pause of life.pauses) {
    clock.setTimeout(body.suspend, pause.atMs)
    clock.setTimeout(body.resume, pause.atMs + pause.forMs)
  }
  const stop = (): void => {
    isStopped = true
    void election?.stop()
  }
  clock.setTimeout(stop, life.stopMs)
  return {
    identity,
    /** Suspended, it does nothing, whatever it believes. */
    acts: () => !body.isSuspended() && leading !== undefined && !leading.aborted,
    saysSo: () => election?.isLeader() === true,
    mayLeadAgain: () => losses === 0 && !isStopped,
    losses: () => losses,
    calm: () => {
      isCalm = true
      body.resume()
    },
    stop,
  }
}

const fates: fc.Arbitrary<Fate> = fc.record({
  outMs: fc.oneof({ weight: 4, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.nat(12_000) }),
  backMs: fc.oneof({ weight: 4, arbitrary: fc.nat(50) }, { weight: 1, arbitrary: fc.nat(12_000) }),
  lost: fc.oneof(
    { weight: 6, arbitrary: fc.constant('no' as const) },
    { weight: 1, arbitrary: fc.constantFrom('request' as const, 'answer' as const) },
  ),
})
const lives: fc.Arbitrary<Life> = fc.record({
  fates: fc.array(fates, { minLength: 1, maxLength: 12 }),
  pauses: fc.array(fc.record({ atMs: fc.nat(60_000), forMs: fc.nat(40_000) }), { maxLength: 2 }),
  startMs: fc.nat(3000),
  stopMs: fc.oneof(fc.nat(80_000), fc.constant(10_000_000)),
})

test('whatever happens to the network and the processes, two never lead at once, and in calm one does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(lives, { minLength: 2, maxLength: 3 }), async all => {
      const clock = makeFakeClock(0)
      const api = makeMemoryApi()
      const processes = all.map((life, i) => startProcess(clock, api, life, `process-${i}`))
      const check = (): void => {
        const acting = processes.filter(each => each.acts())
        assert.ok(acting.length <= 1, `at ${clock.now()}: ${acting.map(each => each.identity)} act`)
        assert.ok(processes.filter(each => each.saysSo()).length <= 1, `at ${clock.now()}: two say that they lead`)
      }
      while (clock.now() < 90_000 && (await clock.step())) check()
      for (const each of processes) each.calm()
      for (const until = clock.now() + 60_000; clock.now() < until && (await clock.step()); ) check()
      const able = processes.filter(each => each.mayLeadAgain())
      assert.equal(processes.filter(each => each.saysSo()).length, able.length > 0 ? 1 : 0)
      for (const each of processes) assert.ok(each.losses() <= 1)
      for (const each of processes) each.stop()
      await clock.advance(30_000)
    }),
    { numRuns: 40 },
  )
})
