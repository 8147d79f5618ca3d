/** Lets the world run: native controllers, routers, the planner's passes, time. */

import { holdOps, isHeld, savedFields } from '../../api/hold.ts'
import type { RouteSpec } from '../../api/route.ts'
import { type Plan, plan } from '../plan.ts'
import { applyPlan, writeDeployment } from './apply.ts'
import { analyse, catchUp, publish } from './fleet.ts'
import { applyPatch } from './json-patch.ts'
import { syncNative } from './native.ts'
import { isReady, podsOf, seenOf, templateOf, type World } from './world.ts'

export type Pace = {
  /** The controller dies after so many intents of this pass. */
  readonly upTo?: number
  /** Routers that do not hear of new Routes in this pass. */
  readonly deaf?: readonly string[]
  readonly passMs?: number
  /** Looks at the world when the plan was carried out and nobody else has acted yet. */
  readonly check?: ((world: World) => void) | undefined
}

const readyWith = (world: World, spec: RouteSpec | undefined): number => {
  const ready = (name: string) => podsOf(world, name).filter(pod => isReady(world, pod)).length
  const counted = world.replicaSets.filter(({ metadata }) => {
    const hash = metadata.labels?.['pod-template-hash']
    return spec === undefined || (spec.backends.find(backend => backend.hash === hash)?.weight ?? 0) > 0
  })
  return counted.reduce((sum, { metadata }) => sum + ready(metadata.name), 0)
}

/**
 * Ready pods of the versions that are sent to: by the Route, or by the router that knows least of it, whichever is fewer. Without
 * routers among the endpoints, all ready pods.
 */
export const readyInPath = (world: World): number => {
  const route = world.routes.find(({ spec }) => spec.endpoints === 'ready')
  const isCut = world.services.some(
    ({ spec, metadata }) => spec.selector === undefined && !world.routes.some(other => other.metadata.name === metadata.name),
  )
  // Somebody deleted the Route of a Service in proxy mode: nothing is in the path until it is there again.
  if (isCut) return 0
  if (route === undefined) return readyWith(world, undefined)
  const running = world.routers.flatMap(({ ready, running: known }) => (ready && known[route.metadata.name]) || [])
  return Math.min(...[route.spec, ...running].map(spec => readyWith(world, spec)))
}

/** N - maxUnavailable of the user's strategy; both zero means one. */
export const floorOf = ({ deployment }: World): number => {
  const replicas = deployment?.spec.replicas ?? 0
  const { rollingUpdate } = (deployment && savedFields(deployment)?.strategy) ?? {}
  const pods = (value: number | string | undefined, round: (n: number) => number): number =>
    typeof value === 'number' ? value : round((Number.parseInt(value ?? '25%', 10) * replicas) / 100)
  const unavailable = pods(rollingUpdate?.maxUnavailable, Math.floor)
  return replicas - (unavailable === 0 && pods(rollingUpdate?.maxSurge, Math.ceil) === 0 ? 1 : unavailable)
}

const checkPass = (world: World, before: number): void => {
  if (!world.deployment || !isHeld(world.deployment)) return
  const floor = floorOf(world)
  const after = readyInPath(world)
  // Native code had begun to replace pods: which of them count changes when the routers take over.
  if (world.nativeAtWork) return
  if (before >= floor && after < floor)
    world.violations.push(`ready pods in the path fell from ${before} to ${after}, allowed are ${floor}`)
}

/** One pass: everyone else looks, then the planner, then what it did is done. */
export const pass = (world: World, pace: Pace = {}): Plan => {
  syncNative(world)
  for (const router of world.routers) if (router.ready && !pace.deaf?.includes(router.name)) catchUp(world, router)
  publish(world)
  analyse(world)
  const before = readyInPath(world)
  const planned = plan(seenOf(world), world.now)
  if (planned.wakeAt !== undefined && planned.wakeAt <= world.now) world.violations.push('wakeAt is in the past')
  applyPlan(world, planned, pace.upTo)
  pace.check?.(world)
  syncNative(world, 'after the planner')
  checkPass(world, before)
  world.now += pace.passMs ?? 500
  return planned
}

export const run = (world: World, passes: number, pace?: Pace): void => {
  for (let i = 0; i < passes; i += 1) pass(world, pace)
}

/** Passes until the world is as asked; fails after `limit`. */
export const runUntil = (world: World, isSo: (world: World) => boolean, limit = 400): void => {
  for (let i = 0; i < limit; i += 1) {
    if (isSo(world)) return
    pass(world)
  }
  throw new Error(`not after ${limit} passes: ${world.rollout?.status?.phase} ${world.rollout?.status?.message}`)
}

export const isHealthy = (world: World): boolean =>
  world.rollout?.status?.phase === 'Healthy' && world.deployment !== undefined && !isHeld(world.deployment)

/** A user's change of the template, through the webhook (which holds) or past it. */
export const changeImage = (world: World, image: string, through: 'webhook' | 'past webhook' = 'webhook'): void => {
  const { deployment } = world
  if (!deployment) return
  const changed = { ...deployment, spec: { ...deployment.spec, template: templateOf(image, world.hasSidecars) } }
  const isOptedIn = deployment.metadata.annotations?.['sluice.dev/strategy'] !== undefined
  const isChange = JSON.stringify(changed.spec.template) !== JSON.stringify(deployment.spec.template)
  const isHolding = through === 'webhook' && isOptedIn && isChange
  writeDeployment(world, isHolding ? applyPatch(changed, holdOps(changed)) : changed)
}
