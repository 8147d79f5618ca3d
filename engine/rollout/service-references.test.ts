/** Services that a canary names and that are not there, or not its own; and those that it does not name any more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH, SAVED_SELECTOR } from '../../api/names.ts'
import type { RolloutStrategy } from '../../api/rollout.ts'
import { applyPatch } from '../simulate/json-patch.ts'
import { MANAGED_BY } from './names.ts'
import { planUserRollout } from './plan.ts'
import { releaseOps } from './release-services.ts'
import { edit, isHealthy, makeWorld, pass, run, runUntil, type World } from './testing/world.ts'

const NAMED: RolloutStrategy = { canary: { stableService: 'stable', canaryService: 'canary' } }

const invalidOf = ({ rollout }: World): string | undefined =>
  rollout.status?.conditions?.find(({ type }) => type === 'InvalidSpec')?.message

const aService = (
  name: string,
  change: { annotations?: { [key: string]: string }; selector?: { [key: string]: string } } = {},
): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', resourceVersion: '1', ...(change.annotations && { annotations: change.annotations }) },
  spec: { selector: change.selector ?? { app: 'web' } },
})

test('Services of a canary that are not there, or another’s, are named, and nothing moves until they are right', () => {
  const world = makeWorld(NAMED)
  const rows: readonly (readonly [services: Service[], says: string])[] = [
    [[], 'spec.strategy.canary.stableService: Invalid value: "stable": service "stable" not found'],
    [[aService('stable')], 'spec.strategy.canary.canaryService: Invalid value: "canary": service "canary" not found'],
    [
      [aService('stable', { annotations: { [MANAGED_BY]: 'api' } }), aService('canary')],
      'spec.strategy.canary.stableService: Invalid value: "stable": Service "stable" is managed by another Rollout',
    ],
    [
      [aService('stable'), aService('canary', { selector: { app: 'api' } })],
      'spec.strategy.canary.canaryService: Invalid value: "canary": Service "canary" has unmatch label "app" in rollout',
    ],
  ]
  for (const [services, says] of rows) {
    world.services = services
    run(world, 2)
    assert.equal(invalidOf(world), `The Rollout "web" is invalid: ${says}`)
    assert.deepEqual(world.replicaSets, [])
  }
  world.services = [aService('stable'), aService('canary')]
  runUntil(world, isHealthy)
  assert.equal(invalidOf(world), undefined)
})

test('a Service that the Rollout names no more gets its own selector back', () => {
  const world = makeWorld(NAMED, {}, ['stable', 'canary'])
  runUntil(world, isHealthy)
  run(world, 2)
  edit(world, { strategy: { canary: { stableService: 'stable' } } })
  pass(world)
  const { rollout, replicaSets, services } = world
  const [stable, former] = services
  const seen = { namespace: 'shop', name: 'web', rollout, replicaSets, pods: [] }
  const planned = planUserRollout(
    { ...seen, services: stable ? [stable] : [], formerServices: former ? [former] : [] },
    world.now,
  )
  const patches = planned.intents.flatMap(intent => (intent.kind === 'patchService' ? [intent] : []))
  assert.deepEqual(
    patches.map(({ name }) => name),
    ['canary'],
  )
  const after = applyPatch(former ?? assert.fail(), patches[0]?.patch ?? [])
  assert.deepEqual([after.spec.selector, after.metadata.annotations], [{ app: 'web' }, {}])
})

test('one that carries no note of a Rollout, or is in proxy mode, is left as it is', () => {
  const selector = { app: 'web', [ROLLOUTS_POD_TEMPLATE_HASH]: 'abc' }
  assert.deepEqual(releaseOps(aService('a', { selector })), [])
  assert.deepEqual(releaseOps(aService('a', { annotations: { [MANAGED_BY]: 'web', [SAVED_SELECTOR]: '{"app":"web"}' } })), [])
})
