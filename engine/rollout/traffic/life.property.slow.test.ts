/** Random lives of a Rollout with traffic routing: whatever happens, callers reach pods, and once it is quiet everything comes to rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { CanaryStrategy } from '../../../api/rollout.ts'
import {
  edit,
  imageOf,
  makeTrafficWorld,
  pass,
  rolloutOf,
  run,
  runUntil,
  serviceOf,
  ship,
  statusOf,
  steer,
  type TrafficWorld,
} from '../testing/traffic-world.ts'
import { sizesOf } from '../testing/world.ts'

// `SEED=1 RUNS=500 node --test engine/rollout/traffic/life.property.slow.test.ts` repeats or widens a run.
const seed = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED'])
const numRuns = Number(process.env['RUNS'] ?? 60)

const STEPS: readonly NonNullable<CanaryStrategy['steps']>[] = [
  [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: 3 } }],
  [{ setWeight: 80 }, { pause: { duration: 2 } }, { setWeight: 10 }, { pause: {} }],
  [{ setCanaryScale: { weight: 50 } }, { setHeaderRoute: { name: 'testers', match: [] } }, { pause: {} }, { setWeight: 50 }],
  [],
]

const strategies = fc.record(
  {
    steps: fc.constantFrom(...STEPS),
    dynamicStableScale: fc.boolean(),
    abortScaleDownDelaySeconds: fc.constantFrom(0, 3),
    minPodsPerReplicaSet: fc.constantFrom(1, 2),
  },
  { requiredKeys: ['steps'] },
)

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), passes: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('ship' as const), image: fc.constantFrom('v1', 'v2', 'v3', 'v4', 'broken') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('abort' as const, 'retry' as const, 'promote' as const, 'promoteFull' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('deaf' as const, 'hears' as const, 'routerGone' as const, 'routerBack' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'unpause' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('dies' as const), after: fc.integer({ min: 0, max: 5 }) }) },
)

type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

const setRouter = (world: TrafficWorld, ready: boolean): void => {
  const [, second] = world.routers
  if (second) second.ready = ready
}

/** What each kind of thing does to the world. */
const HAPPENS: { readonly [K in Action['kind']]: (world: TrafficWorld, one: Extract<Action, { kind: K }>) => void } = {
  wait: (world, { passes }) => run(world, passes),
  ship: (world, { image }) => ship(world, image),
  dies: (world, { after }) => {
    pass(world, { dies: after })
  },
  abort: world => steer(world, 'a person aborts', { abort: true }),
  retry: world => steer(world, 'a person retries', { abort: false }),
  promote: world => steer(world, 'a person promotes', { pauseConditions: null }),
  promoteFull: world => steer(world, 'a person promotes in full', { promoteFull: true }),
  deaf: world => {
    world.deaf.add('router-2')
  },
  hears: world => world.deaf.clear(),
  routerGone: world => setRouter(world, false),
  routerBack: world => setRouter(world, true),
  pause: world => edit(world, { paused: true }),
  unpause: world => edit(world, { paused: false }),
}

const happen = (world: TrafficWorld, one: Action): void => {
  const act = HAPPENS[one.kind] as (world: TrafficWorld, one: Action) => void
  act(world, one)
}

const quiet = (world: TrafficWorld): void => {
  world.deaf.clear()
  for (const router of world.routers) router.ready = true
  edit(world, { paused: false })
  ship(world, 'v9')
  run(world, 3)
  steer(world, 'retry and promote in full', { abort: false, promoteFull: true })
  const isNew = (hash: string | undefined) => imageOf(world, hash ?? '') === 'v9'
  runUntil(world, ({ phase, stableRS }) => phase === 'Healthy' && isNew(stableRS), 200)
  run(world, 60)
}

const assertRest = (world: TrafficWorld): void => {
  const { replicas = 1 } = rolloutOf(world).spec
  const hash = statusOf(world).stableRS
  assert.equal(sizesOf(world), `v9: ${replicas}`)
  assert.deepEqual(world.routes, [])
  for (const name of ['stable', 'canary'])
    assert.deepEqual(serviceOf(world, name).spec.selector, { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: hash })
  assert.ok(world.services.every(({ metadata }) => [...world.fronts, 'stable', 'canary'].includes(metadata.name)))
}

test('callers reach ready pods whatever happens, and in the end only the newest version is left, without a router in the path', () => {
  const managedRoutes = [{ name: 'testers' }]
  const property = fc.property(
    strategies,
    fc.record({ replicas: fc.constantFrom(1, 2, 5), ownService: fc.boolean() }),
    fc.array(action, { minLength: 5, maxLength: 30 }),
    (strategy, { replicas, ownService }, actions) => {
      const plugins = { 'sluice/router': ownService ? { services: ['web'] } : {} }
      const trafficRouting = { plugins, managedRoutes }
      const canary: CanaryStrategy = { stableService: 'stable', canaryService: 'canary', trafficRouting, ...strategy }
      const fronts = ownService ? ['web'] : []
      const services = [...fronts, 'stable', 'canary']
      const world = makeTrafficWorld({ canary }, { spec: { replicas }, services, fronts: ownService ? fronts : ['stable'] })
      world.brokenImages.add('broken')
      runUntil(world, ({ phase }) => phase === 'Healthy')
      run(world, 3)
      for (const one of actions) happen(world, one)
      quiet(world)
      assert.deepEqual(world.violations, [], world.log.join('\n'))
      assertRest(world)
    },
  )
  fc.assert(property, { numRuns, ...(seed !== undefined && { seed }) })
})
