/** What every traffic provider keeps, whoever it is: one suite, run through the planner on a small cluster. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CanaryStrategy, RolloutStatus } from '../api/rollout.ts'
import {
  imageOf,
  makeTrafficWorld,
  pass,
  routingOf,
  run,
  runUntil,
  serviceOf,
  ship,
  statusOf,
  steer,
  type TrafficWorld,
} from '../engine/rollout/testing/traffic-world.ts'
import { TRAFFIC_PROVIDERS } from './registry.ts'

type TrafficRouting = NonNullable<CanaryStrategy['trafficRouting']>

/** How a Rollout names each. A provider without an entry fails the suite. */
const NAMED: { readonly [provider: string]: TrafficRouting } = {
  'sluice/router': { plugins: { 'sluice/router': {} } },
  none: {},
}

const share = (weight: number): CanaryStrategy => ({
  steps: [{ experiment: { templates: [{ name: 'a', specRef: 'canary', weight }] } }],
})

/** What each can not run, and where that is told. */
const UNFIT: { readonly [provider: string]: readonly [strategy: CanaryStrategy, path: string] } = {
  'sluice/router': [share(101), 'spec.strategy.canary.steps[0].experiment.templates'],
  none: [share(5), 'spec.strategy.canary.steps[0].experiment.templates[0].weight'],
}

const isHealthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const WEIGHTS = [0, 1, 20, 33, 50, 99, 100]

const healthy = (trafficRouting: TrafficRouting, more: Partial<CanaryStrategy> = {}): TrafficWorld => {
  const steps = WEIGHTS.flatMap(setWeight => [{ setWeight }, { pause: {} }])
  const canary = { stableService: 'stable', canaryService: 'canary', trafficRouting, steps, ...more }
  const world = makeTrafficWorld({ canary })
  runUntil(world, isHealthy)
  run(world, 3)
  return world
}

const atPause = (world: TrafficWorld, index: number) =>
  runUntil(world, status => status.phase === 'Paused' && status.currentStepIndex === index, 60)

const isPromoted = (world: TrafficWorld, image: string) => (status: RolloutStatus) =>
  isHealthy(status) && imageOf(world, status.stableRS ?? '') === image

for (const provider of TRAFFIC_PROVIDERS) {
  describe(`the traffic provider ${provider.name}`, () => {
    const routing = NAMED[provider.name]
    assert.ok(routing, `${provider.name} has no entry in this suite`)

    test('is chosen by the Rollout that names it, and by no other', () => {
      const named = TRAFFIC_PROVIDERS.filter(({ isNamed }) => isNamed({ trafficRouting: routing })).map(({ name }) => name)
      assert.deepEqual(named, [provider.name])
    })

    test('has every weight in force exactly, out of all of the traffic, before its step is done', () => {
      const world = healthy(routing)
      ship(world, 'v2')
      for (const [i, weight] of WEIGHTS.entries()) {
        atPause(world, 2 * i + 1)
        const { state } = routingOf(world)
        const told = Object.fromEntries(Object.entries(state.told).map(([hash, share]) => [imageOf(world, hash), share]))
        assert.deepEqual([told['v1'] ?? 0, told['v2'] ?? 0], [100 - weight, weight])
        assert.equal(state.isSplitting, true)
        assert.notEqual(state.verified, false)
        steer(world, 'a person promotes', { pauseConditions: null })
        pass(world)
      }
      runUntil(world, isPromoted(world, 'v2'))
      assert.deepEqual(world.violations, [])
    })

    test('counts in maxTrafficWeight, or is refused with it', () => {
      const steps = [{ setWeight: 125 }, { pause: {} }]
      if (provider.name === 'none') {
        assert.throws(() => healthy({ ...routing, maxTrafficWeight: 1000 }, { steps }), /only supported in Nginx and Plugins/)
        return
      }
      const world = healthy({ ...routing, maxTrafficWeight: 1000 }, { steps })
      ship(world, 'v2')
      atPause(world, 1)
      const shares = Object.values(routingOf(world).state.told).sort((a, b) => a - b)
      assert.deepEqual(shares, [125, 875])
    })

    test('leaves nothing behind after an update and after an abort, and the stable Service with its version', () => {
      const world = healthy(routing)
      const names = () => world.services.map(({ metadata }) => metadata.name).sort()
      const before = names()
      ship(world, 'v2')
      atPause(world, 1)
      steer(world, 'a person aborts', { abort: true })
      run(world, 60)
      assert.deepEqual([names(), world.routes, routingOf(world).state.isEngaged], [before, [], false])
      steer(world, 'a person retries', { abort: false })
      runUntil(world, ({ abort, phase }) => abort === undefined && phase === 'Paused')
      steer(world, 'a person promotes in full', { promoteFull: true })
      runUntil(world, isPromoted(world, 'v2'))
      run(world, 60)
      assert.deepEqual([names(), world.routes, routingOf(world).state.isEngaged], [before, [], false])
      assert.deepEqual(serviceOf(world, 'stable').spec.selector, {
        app: 'web',
        'rollouts-pod-template-hash': statusOf(world).stableRS,
      })
      assert.deepEqual(world.violations, [])
    })

    test('wants nothing more once everything is as wished', () => {
      const world = healthy(routing, { steps: [{ setWeight: 20 }, { pause: {} }] })
      ship(world, 'v2')
      atPause(world, 1)
      run(world, 3)
      const { view, state } = routingOf(world)
      const [stable = '', canary = ''] = Object.keys(state.told).sort((a, b) => (state.told[b] ?? 0) - (state.told[a] ?? 0))
      const wish = {
        shares: [
          { role: 'stable' as const, hash: stable, weight: state.told[stable] ?? 0 },
          { role: 'canary' as const, hash: canary, weight: state.told[canary] ?? 0 },
        ],
        headerRoutes: [],
        mirrorRoutes: [],
        isAtRest: false,
        isAlone: false,
      }
      assert.deepEqual(provider.plan(view, wish), { intents: [], waits: [], isDone: true })
    })

    test('reads and plans without changing what it is given', () => {
      const world = healthy(routing)
      ship(world, 'v2')
      for (let i = 0; i < 25; i += 1) {
        const { view } = routingOf(world)
        const before = JSON.stringify(view)
        provider.read(view)
        const hash = view.hashes[0] ?? ''
        const shares = [{ role: 'stable' as const, hash, weight: 100 }]
        provider.plan(view, { shares, headerRoutes: [], mirrorRoutes: [], isAtRest: i % 2 === 0, isAlone: false })
        assert.equal(JSON.stringify(view), before)
        pass(world)
      }
    })

    test('says what it can not run with the field, the value, what is allowed and an example', () => {
      const [unfit, path] = UNFIT[provider.name] ?? []
      assert.ok(unfit, `${provider.name} has no entry`)
      const strategy = { stableService: 'stable', canaryService: 'canary', trafficRouting: routing, ...unfit }
      const [violation] = provider.check(strategy)
      assert.equal(violation?.path, path)
      assert.match(violation?.message ?? '', /^Invalid value: .+e\.g\. /)
    })
  })
}
