/** Rollouts that take their template from a Deployment, ReplicaSet or PodTemplate, as a page and rule by rule. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ReplicaSet } from '../../api/kubernetes.ts'
import type { Rollout, RolloutStrategy } from '../../api/rollout.ts'
import { WORKLOAD_GENERATION, WORKLOAD_REPLICAS } from './names.ts'
import type { WorkloadSeen } from './seen.ts'
import { readable } from './testing/blue-green.ts'
import {
  edit,
  isHealthy,
  isPaused,
  makeWorld,
  pass,
  run,
  runUntil,
  sizesOf,
  steer,
  templateOf,
  type World,
} from './testing/world.ts'

type Ref = NonNullable<Rollout['spec']['workloadRef']>

const GOLDEN = new URL('testing/workload.txt', import.meta.url)
const DEPLOYMENT: Ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'old' }
const CANARY: RolloutStrategy = { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 20 }, { pause: {} }] } }
const BLUE_GREEN: RolloutStrategy = { blueGreen: { activeService: 'active', scaleDownDelaySeconds: 2 } }

const deployment = (more: Partial<WorkloadSeen> = {}): WorkloadSeen => ({
  generation: 3,
  template: templateOf('v1'),
  selector: { matchLabels: { app: 'web' } },
  replicas: 5,
  resourceVersion: '7',
  marks: [],
  ...more,
})

/** Nothing of the Rollout is there yet. */
const referring = (
  ref: Partial<Ref> = {},
  workload: WorkloadSeen | null = deployment(),
  strategy = CANARY,
  services: readonly string[] = [],
): World => {
  const world = makeWorld(strategy, {}, services)
  const { template: _, selector: __, ...spec } = world.rollout.spec
  world.rollout = { ...world.rollout, spec: { ...spec, workloadRef: { ...DEPLOYMENT, ...ref } } }
  if (workload !== null) world.workload = workload
  return world
}

const change = (world: World, more: Partial<WorkloadSeen>): void => {
  const before = world.workload ?? deployment()
  world.workload = { ...before, generation: before.generation + 1, ...more }
}

const ship = (world: World, image: string): void => {
  world.log.push(`> ${image} is written into the Deployment`)
  change(world, { template: templateOf(image) })
}

/** A look while so many pods of the first version are available. */
const lookWith = (world: World, most: number): number => {
  const counts = ({ status }: ReplicaSet) => {
    const replicas = status?.replicas ?? 0
    return { ...status, replicas, availableReplicas: Math.min(most, replicas) }
  }
  world.replicaSets = world.replicaSets.map(set => ({ ...set, status: counts(set) }))
  const available = world.replicaSets[0]?.status?.availableReplicas ?? 0
  pass(world)
  return available
}

const messageOf = (world: World): string | undefined => {
  pass(world)
  return world.rollout.status?.conditions?.find(({ type }) => type === 'InvalidSpec')?.message
}

const SCENARIOS: { readonly [title: string]: () => World } = {
  'The Deployment keeps its pods where nothing else is said, and its template is what is shipped': () => {
    const world = referring()
    runUntil(world, isHealthy)
    ship(world, 'v2')
    runUntil(world, isPaused)
    steer(world, 'a person promotes', { pauseConditions: null })
    runUntil(world, isHealthy)
    return world
  },
  'onsuccess: the Deployment goes when the Rollout is healthy, and not before': () => {
    const world = referring({ scaleDown: 'onsuccess' })
    runUntil(world, isHealthy)
    run(world, 2)
    return world
  },
  'onsuccess: a first version that never becomes ready leaves the Deployment alone': () => {
    const world = referring({ scaleDown: 'onsuccess' })
    edit(world, { progressDeadlineSeconds: 5 })
    world.broken.add('v1')
    run(world, 12)
    return world
  },
  'progressively: the Deployment gives up a pod for each one that the Rollout has': () => {
    const world = referring({ scaleDown: 'progressively' })
    edit(world, { replicas: 2 })
    run(world, 4)
    edit(world, { replicas: 5 })
    world.log.push('> scaled to 5')
    runUntil(world, isHealthy)
    run(world, 2)
    return world
  },
  'progressively: pods that do not stay are made up for by the Deployment': () => {
    const world = referring({ scaleDown: 'progressively' })
    run(world, 3)
    lookWith(world, 2)
    world.log.push('> its pods crash')
    world.broken.add('v1')
    lookWith(world, 0)
    run(world, 2)
    world.log.push('> they are mended')
    world.broken.clear()
    runUntil(world, isHealthy)
    return world
  },
  'progressively: a blue-green Rollout waits until only its own pods are behind the active Service': () => {
    const world = referring({ scaleDown: 'progressively' }, deployment(), BLUE_GREEN, ['active'])
    world.areEndpointsStuck = true
    world.endpoints = ['old-1']
    run(world, 8)
    world.log.push('> the endpoints follow')
    world.areEndpointsStuck = false
    run(world, 3)
    return world
  },
}

test('what is told and done with a workloadRef is what the page says (write it anew with --update)', () => {
  const page = Object.entries(SCENARIOS)
    .map(([title, live]) => `## ${title}\n\n${readable(live())}\n`)
    .join('\n')
  if (process.argv.includes('--update')) writeFileSync(GOLDEN, page)
  assert.equal(page, readFileSync(GOLDEN, 'utf8'))
})

test('template and selector are those of the workload, and a selector of its own stays', () => {
  const world = referring()
  runUntil(world, isHealthy)
  assert.deepEqual(world.replicaSets[0]?.spec.selector.matchLabels?.['app'], 'web')
  assert.equal(world.rollout.status?.selector, 'app=web')
  assert.equal(sizesOf(world), 'v1: 5')
  assert.equal(world.rollout.spec.template, undefined)

  const own = referring(
    {},
    deployment({ template: { ...templateOf('v1'), metadata: { labels: { app: 'web', tier: 'front' } } } }),
  )
  edit(own, { selector: { matchLabels: { tier: 'front' } } })
  runUntil(own, isHealthy)
  assert.equal(own.rollout.status?.selector, 'tier=front')
})

test('a ReplicaSet and a PodTemplate give a template as well; the latter has no selector', () => {
  const { replicas: _, ...plain } = deployment()
  const set = referring({ kind: 'ReplicaSet' }, plain)
  runUntil(set, isHealthy)
  const { selector: __, ...template } = plain
  const bare = referring({ apiVersion: 'v1', kind: 'PodTemplate' }, template)
  assert.match(messageOf(bare) ?? '', /Rollout has missing field '.spec.selector'/)
  edit(bare, { selector: { matchLabels: { app: 'web' } } })
  runUntil(bare, isHealthy)
  assert.equal(sizesOf(bare), 'v1: 5')
})

test('the generation of the workload is noted on the Rollout and reported, and goes with the reference', () => {
  const world = referring()
  runUntil(world, isHealthy)
  const noted = () => world.rollout.metadata.annotations?.[WORKLOAD_GENERATION]
  assert.deepEqual([noted(), world.rollout.status?.workloadObservedGeneration], ['3', '3'])
  ship(world, 'v2')
  pass(world)
  assert.deepEqual([noted(), world.rollout.status?.workloadObservedGeneration], ['4', '4'])
  const { workloadRef: _, ...spec } = world.rollout.spec
  const template = templateOf('v2')
  world.rollout = { ...world.rollout, spec: { ...spec, selector: { matchLabels: { app: 'web' } }, template } }
  pass(world)
  assert.deepEqual([noted(), world.rollout.status?.workloadObservedGeneration], [undefined, undefined])
  assert.equal(world.replicaSets.length, 2, 'the same template is the same version, whoever says it')
  assert.equal(world.replicaSets[0]?.metadata.annotations?.[WORKLOAD_GENERATION], undefined)
})

test('what is wrong with a workloadRef is told, and nothing moves until it is right', () => {
  const rows: readonly (readonly [World, RegExp])[] = [
    [referring({}, null), /spec\.workloadRef\.name: Invalid value: "old": deployments\.apps "old" not found/],
    [referring({ kind: 'StatefulSet' }, null), /spec\.workloadRef: .* workload of type apps\/StatefulSet is not supported/],
    [referring({ apiVersion: 'v1' }, undefined), /workload of type \/Deployment is not supported/],
    [
      referring({ kind: 'ReplicaSet', scaleDown: 'onsuccess' }),
      /spec\.workloadRef\.scaleDown: .* only a Deployment can be scaled down/,
    ],
    [referring({}, deployment({ selector: { matchLabels: { app: 'other' } } })), /`selector` does not match template `labels`/],
  ]
  for (const [world, message] of rows) {
    assert.match(messageOf(world) ?? '', message)
    assert.equal(world.rollout.status?.phase, 'Degraded')
    run(world, 2)
    assert.equal(world.replicaSets.length, 0)
  }
  const both = referring()
  edit(both, { template: templateOf('v1') })
  assert.match(messageOf(both) ?? '', /template must be empty for workload reference rollout/)
  const late = referring({}, null)
  pass(late)
  late.workload = deployment()
  runUntil(late, isHealthy)
})

test('a Deployment that Sluice updates by its annotations is not taken a template from', () => {
  const marked = referring({ scaleDown: 'onsuccess' }, deployment({ marks: ['sluice.dev/steps', 'sluice.dev/strategy'] }))
  assert.match(messageOf(marked) ?? '', /Deployment old has the annotation sluice\.dev\/strategy, by which Sluice updates it/)
  run(marked, 5)
  assert.equal(marked.replicaSets.length, 0)
  assert.equal(marked.workload?.replicas, 5)
  change(marked, { marks: [] })
  runUntil(marked, isHealthy)
})

test('a Deployment that goes away in mid-life takes no pod of the Rollout with it', () => {
  const world = referring()
  runUntil(world, isHealthy)
  delete world.workload
  run(world, 5)
  assert.match(world.rollout.status?.message ?? '', /deployments\.apps "old" not found/)
  assert.equal(sizesOf(world), 'v1: 5')
})

test('at no moment have both together fewer pods than the smaller of them is to have', () => {
  for (const scaleDown of ['onsuccess', 'progressively'] as const)
    for (const [original, replicas] of [
      [5, 5],
      [10, 4],
      [2, 6],
      [1, 1],
      [7, 3],
    ] as const) {
      const world = referring({ scaleDown }, deployment({ replicas: original }))
      edit(world, { replicas })
      const sizes: number[] = []
      for (let i = 0; i < 12; i += 1) {
        const available = lookWith(world, i)
        const left = world.workload?.replicas ?? 0
        sizes.push(left)
        assert.ok(
          left + available >= Math.min(original, replicas),
          `${scaleDown} ${original} ${replicas}: ${left} + ${available}`,
        )
      }
      assert.equal(sizes.at(-1), 0)
      assert.deepEqual(
        sizes,
        [...sizes].sort((a, b) => b - a),
      )
      assert.equal(world.rollout.metadata.annotations?.[WORKLOAD_REPLICAS], String(original))
    }
})

test('a Rollout without pods scales nothing down, and neither does one after its first revision', () => {
  const none = referring({ scaleDown: 'onsuccess' })
  edit(none, { replicas: 0 })
  run(none, 6)
  assert.equal(none.rollout.status?.phase, 'Healthy')
  assert.equal(none.workload?.replicas, 5)

  const later = referring({ scaleDown: 'never' })
  runUntil(later, isHealthy)
  ship(later, 'v2')
  run(later, 3)
  steer(later, 'a person promotes in full', { promoteFull: true })
  runUntil(later, isHealthy)
  edit(later, { workloadRef: { ...DEPLOYMENT, scaleDown: 'onsuccess' } })
  run(later, 5)
  assert.equal(later.workload?.replicas, 5)
})

test('a Rollout that was healthy once does not scale the Deployment up again when a pod of its own fails', () => {
  const world = referring({ scaleDown: 'progressively' })
  runUntil(world, isHealthy)
  run(world, 2)
  assert.equal(world.workload?.replicas, 0)
  world.broken.add('v1')
  run(world, 5)
  assert.equal(world.rollout.status?.phase, 'Progressing')
  assert.equal(world.workload?.replicas, 0)
})
