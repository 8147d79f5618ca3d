import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planUserRollout } from '../../engine/rollout/plan.ts'
import type { RolloutSeen } from '../../engine/rollout/seen.ts'
import { isHealthy, makeWorld, pass, runUntil, ship, type World } from '../../engine/rollout/testing/world.ts'
import { TRAFFIC_PROVIDERS } from '../../traffic/registry.ts'
import { planThrough } from './plan-through.ts'

const seenIn = ({ rollout, replicaSets }: World): RolloutSeen => ({
  namespace: 'shop',
  name: 'web',
  rollout,
  replicaSets,
  pods: [],
  services: [],
  analyses: { runs: [], templates: [], clusterTemplates: [] },
})

/** Healthy with v1, and just given v2. */
const shipped = (steps: NonNullable<NonNullable<Parameters<typeof makeWorld>[0]['canary']>['steps']>): World => {
  const world = makeWorld({ canary: { steps } })
  runUntil(world, isHealthy)
  ship(world, 'v2')
  return world
}

const kindsOf = ({ intents }: { readonly intents: readonly { readonly kind: string }[] }) => intents.map(({ kind }) => kind)

test('a new template is reported together with the ReplicaSet that is made for it', () => {
  const world = shipped([{ setWeight: 20 }, { pause: {} }])
  const { plan } = planThrough(seenIn(world), world.now, TRAFFIC_PROVIDERS)
  assert.ok(kindsOf(plan).includes('createReplicaSet'))
  assert.deepEqual(
    [plan.status?.currentStepIndex, plan.status?.currentPodHash === world.rollout.status?.currentPodHash],
    [0, false],
  )
  assert.equal(plan.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason, 'NewReplicaSetCreated')
})

test('steps that ask for nothing and the pause after them are one report, the same as one look after another comes to', () => {
  const world = shipped([{ setWeight: 20 }, { setWeight: 21 }, { setWeight: 22 }, { pause: {} }])
  runUntil(world, () => world.replicaSets.some(({ spec, status }) => spec.replicas === 1 && status?.availableReplicas === 1))
  // The last to be scaled is the old version.
  pass(world)
  const { pauseConditions: _, controllerPause: __, ...status } = world.rollout.status ?? {}
  const seen: RolloutSeen = { ...seenIn(world), rollout: { ...world.rollout, status: { ...status, currentStepIndex: 0 } } }
  let [looks, last] = [0, seen]
  for (; looks < 10; looks += 1) {
    const { status: next } = planUserRollout(last, world.now)
    if (next === undefined || JSON.stringify(next) === JSON.stringify(last.rollout.status)) break
    last = { ...last, rollout: { ...last.rollout, status: next } }
  }
  const { plan } = planThrough(seen, world.now, TRAFFIC_PROVIDERS)
  assert.ok(looks > 3, `it took ${looks} looks`)
  assert.deepEqual([plan.status?.currentStepIndex, plan.status?.pauseConditions?.[0]?.reason], [3, 'CanaryPauseStep'])
  assert.deepEqual(plan.status, last.rollout.status)
  assert.deepEqual([...new Set(kindsOf(plan))], ['event'])
})

test('sizes follow only from a status that is written', () => {
  const world = shipped([{ setWeight: 20 }, { pause: {} }])
  pass(world)
  pass(world)
  const { rollout } = world
  const seen = { ...seenIn(world), rollout: { ...rollout, status: { ...rollout.status, currentPodHash: 'another' } } }
  const { plan } = planThrough(seen, world.now, TRAFFIC_PROVIDERS)
  assert.ok(!kindsOf(plan).includes('scale'))
  assert.notEqual(plan.status?.currentPodHash, 'another')
})

test('where traffic is split each report is written before the next look', () => {
  const world = shipped([{ setWeight: 20 }, { pause: {} }])
  const traffic = {} as NonNullable<RolloutSeen['traffic']>
  const seen = { ...seenIn(world), traffic }
  const { plan } = planThrough(seen, world.now, [])
  assert.deepEqual(plan, planUserRollout(seen, world.now, []))
  assert.ok(!kindsOf(plan).includes('createReplicaSet'))
})
