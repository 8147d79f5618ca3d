/** How long an update took, how long of that it waited for a person, and how it ended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rollout, RolloutStrategy } from '../../api/rollout.ts'
import { edit, isHealthy, isPaused, makeWorld, pass, run, runUntil, ship, steer, type World } from './testing/world.ts'

const STEPS: RolloutStrategy = {
  canary: {
    maxSurge: 1,
    maxUnavailable: 0,
    steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: 5 } }],
  },
}

const durationOf = ({ rollout }: World) => rollout.status?.duration
const seconds = (from: string | undefined, to: string | undefined) => (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000

const healthy = (more: Partial<Rollout['spec']> = {}): World => {
  const world = makeWorld(STEPS, more)
  runUntil(world, isHealthy)
  return world
}

const atPause = (more: Partial<Rollout['spec']> = {}): World => {
  const world = healthy(more)
  ship(world, 'v2')
  pass(world)
  runUntil(world, isPaused)
  return world
}

const promote = (world: World) => steer(world, 'a person promotes', { pauseConditions: null })

test('an update that goes through its steps is Promoted, and only pauses without an end are waits for a person', () => {
  const world = atPause()
  const { rolloutStartedAt, manualPauseStartedAt, ...rest } = durationOf(world) ?? {}
  assert.deepEqual([rest, manualPauseStartedAt !== undefined], [{}, true])
  run(world, 30)
  promote(world)
  pass(world)
  runUntil(world, isHealthy)
  const after = durationOf(world)
  assert.equal(after?.rolloutStartedAt, rolloutStartedAt)
  assert.equal(after?.completionStatus, 'Promoted')
  assert.equal(after?.manualPauseStartedAt, undefined)
  assert.ok((after?.totalManualPauseDurationSeconds ?? 0) >= 30 && (after?.totalManualPauseDurationSeconds ?? 0) <= 33)
  assert.ok(seconds(after?.rolloutStartedAt, after?.finishedAt) >= 40)
  run(world, 5)
  assert.deepEqual(durationOf(world), after)
})

const ends = (world: World): string | undefined => {
  pass(world)
  runUntil(world, ({ duration }) => duration?.finishedAt !== undefined)
  return durationOf(world)?.completionStatus
}

test('the first version is Promoted as well', () => {
  assert.equal(ends(makeWorld(STEPS)), 'Promoted')
})

test('a full promotion is FastPromoted', () => {
  const world = atPause()
  steer(world, 'a person promotes in full', { promoteFull: true })
  assert.equal(ends(world), 'FastPromoted')
})

test('an abort is Aborted at once, and a retry begins anew', () => {
  const world = atPause()
  steer(world, 'a person aborts', { abort: true })
  pass(world)
  const aborted = durationOf(world)
  assert.deepEqual([aborted?.completionStatus, aborted?.finishedAt !== undefined], ['Aborted', true])
  run(world, 5)
  assert.deepEqual(durationOf(world), aborted)
  steer(world, 'a person retries', { abort: false })
  pass(world)
  assert.equal(durationOf(world)?.finishedAt, undefined)
  assert.ok(seconds(aborted?.finishedAt, durationOf(world)?.rolloutStartedAt) >= 5)
})

test('the stable template that comes back in mid-update is FastRolledBack when all pods are of it again', () => {
  const world = atPause()
  const began = durationOf(world)?.rolloutStartedAt
  ship(world, 'v1')
  pass(world)
  assert.equal(durationOf(world)?.finishedAt, undefined)
  assert.equal(ends(world), 'FastRolledBack')
  assert.deepEqual([durationOf(world)?.rolloutStartedAt, world.rollout.status?.phase], [began, 'Healthy'])
})

test('a version that was there before is RolledBack after its steps, and FastRolledBack within the window', () => {
  for (const [more, how] of [
    [{}, 'RolledBack'],
    [{ rollbackWindow: { revisions: 2 } }, 'FastRolledBack'],
  ] as const) {
    const world = atPause(more)
    steer(world, 'a person promotes in full', { promoteFull: true })
    pass(world)
    runUntil(world, isHealthy)
    ship(world, 'v1')
    pass(world)
    runUntil(world, status => isPaused(status) || isHealthy(status))
    promote(world)
    assert.equal(ends(world), how)
  }
})

test('another version in mid-update begins anew, and a user’s pause is a wait for a person', () => {
  const world = atPause()
  const first = durationOf(world)?.rolloutStartedAt
  ship(world, 'v3')
  pass(world)
  assert.ok(seconds(first, durationOf(world)?.rolloutStartedAt) > 0)
  assert.equal(durationOf(world)?.manualPauseStartedAt, undefined)
  edit(world, { paused: true })
  pass(world)
  assert.notEqual(durationOf(world)?.manualPauseStartedAt, undefined)
})
