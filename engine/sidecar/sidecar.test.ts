/** Whole updates of a Deployment whose router is a sidecar, from the outside. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdOps, isHeld } from '../../api/hold.ts'
import type { PodTemplate } from '../../api/kubernetes.ts'
import { PLACEMENT_LABEL, SIDECAR_LABEL } from '../../api/names.ts'
import { writeDeployment } from '../simulate/apply.ts'
import { isHealthy, run, runUntil } from '../simulate/drive.ts'
import { applyPatch } from '../simulate/json-patch.ts'
import { makeWorld, type World } from '../simulate/world.ts'
import { atRest, patchStatus, podsByImage, stableImage, weightsByImage } from '../testing/look.ts'

const ANNOTATIONS = { 'sluice.dev/router': 'sidecar', 'sluice.dev/steps': '50%, pause, 100%', 'sluice.dev/analysis': 'none' }

const templateOf = (image: string, hasLabel: boolean): PodTemplate => ({
  metadata: { labels: { app: 'web', ...(hasLabel && { [SIDECAR_LABEL]: 'web' }) } },
  spec: { containers: [{ name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
})

/** At rest on v1, with sidecars or without; its Service leads to the name of the port. */
const resting = (hasSidecars: boolean, annotations = ANNOTATIONS): World => {
  const world = makeWorld({ annotations })
  world.services = world.services.map(service => ({
    ...service,
    spec: { ...service.spec, clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }))
  if (world.deployment) {
    const spec = { ...world.deployment.spec, template: templateOf('v1', hasSidecars) }
    world.deployment = { ...world.deployment, spec }
  }
  runUntil(world, isHealthy, 60)
  run(world, 2)
  return world
}

const ship = (world: World, image: string): void => {
  if (!world.deployment) return
  const changed = { ...world.deployment, spec: { ...world.deployment.spec, template: templateOf(image, true) } }
  writeDeployment(world, applyPatch(changed, holdOps(changed)))
}

const isPaused = (world: World): boolean => world.rollout?.status?.phase === 'Paused'
const shares = (world: World) => world.rollout?.status?.canary?.weights
const isUntouched = (world: World) => world.services.length === 1 && world.services[0]?.spec.selector?.['app'] === 'web'

test('the Service is never touched: a Route for the sidecars is there while they split, and gone afterwards', () => {
  const world = resting(true)
  assert.deepEqual([world.routes.length, isUntouched(world)], [0, true])
  ship(world, 'v2')
  runUntil(world, isPaused)
  assert.equal(world.routes[0]?.metadata.labels?.[PLACEMENT_LABEL], 'sidecar')
  assert.equal(isUntouched(world), true)
  assert.deepEqual(weightsByImage(world), { v1: 50, v2: 50 })
  assert.deepEqual(podsByImage(world), { v1: 2, v2: 2 })
  assert.deepEqual([shares(world)?.canary.weight, shares(world)?.verified], [50, true])
  patchStatus(world, { pauseConditions: [] })
  runUntil(world, isHealthy)
  assert.deepEqual([stableImage(world), world.routes.length, isUntouched(world)], ['v2', 0, true])
  assert.equal(world.deployment && isHeld(world.deployment), false)
  assert.deepEqual(world.violations, [])
})

test('while the pods of the stable version have no sidecar they stay at full number, and the share told is the true one', () => {
  const world = resting(false)
  ship(world, 'v2')
  runUntil(world, isPaused)
  assert.deepEqual(podsByImage(world), { v1: 4, v2: 2 })
  assert.deepEqual(weightsByImage(world), { v1: 50, v2: 50 })
  // Two of six ready pods split at 50 %.
  assert.deepEqual([shares(world)?.canary.weight, shares(world)?.stable.weight, shares(world)?.verified], [16, 84, false])
  assert.match(world.rollout?.status?.message ?? '', /4 ready pods have no sidecar yet.*about 16% of all requests.*not 50%/)
  patchStatus(world, { pauseConditions: [] })
  runUntil(world, isHealthy)
  assert.deepEqual(podsByImage(world), { v2: 4 })
  assert.deepEqual(world.violations, [])
})

test('an abort takes everything back to the stable version', () => {
  const world = resting(true)
  ship(world, 'v2')
  runUntil(world, isPaused)
  patchStatus(world, { abort: true })
  runUntil(world, ({ rollout, routes }) => rollout?.status?.phase === 'Degraded' && routes.length === 0)
  assert.deepEqual(podsByImage(world), { v1: 4 })
  assert.deepEqual(world.violations, [])
})

test('a Service that leads to a number holds the update at the stable version, with what to do', () => {
  const world = resting(true)
  world.services = world.services.map(service => ({
    ...service,
    spec: { ...service.spec, ports: [{ port: 80, targetPort: 8080 }] },
  }))
  ship(world, 'v2')
  run(world, 20)
  assert.deepEqual([podsByImage(world), world.routes.length], [{ v1: 4 }, 0])
  assert.match(world.rollout?.status?.message ?? '', /kubectl patch service web/)
  assert.deepEqual(world.violations, [])
})

test('an update ends with the routers that it began with, whatever the annotation says meanwhile', () => {
  const world = resting(true)
  ship(world, 'v2')
  runUntil(world, isPaused)
  const { deployment } = world
  if (deployment) {
    const annotations = { ...deployment.metadata.annotations, 'sluice.dev/router': 'shared' }
    world.deployment = { ...deployment, metadata: { ...deployment.metadata, annotations } }
  }
  run(world, 10)
  assert.equal(world.routes[0]?.metadata.labels?.[PLACEMENT_LABEL], 'sidecar')
  assert.equal(isUntouched(world), true)
})

test('asking for sidecars at rest changes nothing', () => {
  const world = atRest({ annotations: ANNOTATIONS })
  assert.deepEqual([world.routes.length, podsByImage(world)], [0, { v1: 4 }])
})

test('with router-mode always the Route stays at rest', () => {
  const world = resting(true, { ...ANNOTATIONS, 'sluice.dev/router-mode': 'always' } as typeof ANNOTATIONS)
  run(world, 5)
  assert.deepEqual(weightsByImage(world), { v1: 100 })
  assert.equal(isUntouched(world), true)
})
