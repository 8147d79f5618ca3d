/** Random lives of a Deployment: whatever happens, nothing forbidden is ever done, and once it is quiet everything comes to rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pass } from './simulate/drive.ts'
import type { World } from './simulate/world.ts'
import { checkIdempotence, checkReach, checkWeights, restingPlace } from './testing/check.ts'
import { happen, type Moment, moment } from './testing/happenings.ts'
import { atRest } from './testing/look.ts'

// `SEED=1 RUNS=500 node --test engine/plan.property.slow.test.ts` repeats or widens a run.
const seed = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED'])
const numRuns = Number(process.env['RUNS'] ?? 50)

const withRouter = fc.record(
  {
    'sluice.dev/steps': fc.constantFrom(
      '100%',
      '25%, 4s, 50%, 4s, 100%',
      '5%, pause, 30%, 60%, 100%',
      'scale(50%), header(X-Canary=yes), 20%, 2s, 100%',
    ),
    'sluice.dev/router-mode': fc.constantFrom('on-demand', 'always'),
  },
  { requiredKeys: ['sluice.dev/steps'] },
)

const byCount = fc.record({
  'sluice.dev/steps': fc.constantFrom('100%', '25%, 4s, 50%, pause, 100%', '5%, 30%, 60%, 100%'),
  'sluice.dev/router': fc.constant('none'),
})

const blueGreen = fc.record({
  'sluice.dev/strategy': fc.constant('blue-green'),
  'sluice.dev/steps': fc.constantFrom('100%, 4s', 'pause, 100%, 2s'),
})

const options = fc.record({
  replicas: fc.constantFrom(1, 2, 3, 4, 5, 10),
  annotations: fc.oneof(
    { weight: 4, arbitrary: withRouter },
    { weight: 1, arbitrary: byCount },
    { weight: 1, arbitrary: blueGreen },
  ),
  strategy: fc.constantFrom(
    { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    { rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } },
    { rollingUpdate: { maxSurge: 3, maxUnavailable: '50%' } },
  ),
  services: fc.constantFrom(['web'], ['web', 'web-internal'], ['web'], []),
})

const prepare = (chosen: Parameters<typeof atRest>[0]): World => {
  const world = atRest(chosen)
  world.badImages.add('bad')
  world.brokenImages.add('broken')
  world.inconclusiveImages.add('unsure')
  return world
}

const live = (world: World, { happening, passes, upTo, deaf, passMs }: Moment): void => {
  happen(world, happening)
  // What native code does at once when the controller dies in the very pass in which N became 0 cannot be prevented.
  if (happening.kind === 'scale' && upTo !== undefined) world.nativeAtWork = true
  for (let i = 0; i < passes; i += 1) {
    const cut = i === 0 && upTo !== undefined
    pass(world, {
      passMs,
      ...(cut && { upTo }),
      ...(i < 6 && deaf !== undefined && { deaf: [`router-${deaf + 1}`] }),
      check: cut ? undefined : checkWeights,
    })
    checkReach(world)
    assert.deepEqual(world.violations, [])
  }
  checkIdempotence(world)
  assert.deepEqual(world.violations, [])
}

/** Nothing happens any more; the routers are there; nobody holds anything up by hand. */
const comeToRest = (world: World): string => {
  for (const router of world.routers) router.ready = true
  happen(world, { kind: 'resume' })
  for (let i = 0; i < 500; i += 1) {
    pass(world, { passMs: i < 200 ? 500 : 5000, check: checkWeights })
    checkReach(world)
    assert.deepEqual(world.violations, [])
    const place = i > 3 ? restingPlace(world) : undefined
    if (place !== undefined) return place
  }
  const { status } = world.rollout ?? {}
  return assert.fail(
    `no rest: ${status?.phase} step ${status?.currentStepIndex}: ${status?.message}\n${world.events.slice(-10).join('\n')}`,
  )
}

/** How often each end and each turn was met: a wide run shows whether the sequences still get anywhere. */
const met = new Map<string, number>()
const count = (what: string): void => {
  met.set(what, (met.get(what) ?? 0) + 1)
}
const TURNS = ['RolloutCompleted', 'RolloutAborted', 'RolloutRetry', 'SkipSteps', 'OptedOut', 'Unverified', 'Held']

test('the same with sidecars', { timeout: 600_000 }, () => {
  const annotations = withRouter.map(wish => ({ ...wish, 'sluice.dev/router': 'sidecar' }))
  const chosen = options.chain(rest => annotations.map(own => ({ ...rest, annotations: own, hasSidecars: true })))
  fc.assert(
    fc.property(chosen, fc.array(moment, { minLength: 1, maxLength: 16, size: 'max' }), (wish, moments) => {
      const world = prepare(wish)
      for (const each of moments) live(world, each)
      comeToRest(world)
      checkIdempotence(world)
      assert.deepEqual(world.violations, [])
    }),
    { numRuns, ...(seed !== undefined && { seed }) },
  )
})

test('whatever happens, nothing forbidden is done and the state converges', { timeout: 600_000 }, t => {
  fc.assert(
    fc.property(options, fc.array(moment, { minLength: 1, maxLength: 16, size: 'max' }), (chosen, moments) => {
      const world = prepare(chosen)
      for (const each of moments) live(world, each)
      count(comeToRest(world))
      for (const turn of TURNS) if (world.events.some(told => told.includes(turn))) count(turn)
      checkIdempotence(world)
      assert.deepEqual(world.violations, [])
    }),
    { numRuns, ...(seed !== undefined && { seed }) },
  )
  t.diagnostic([...met].map(([what, times]) => `${what} ${times}`).join(', '))
})
