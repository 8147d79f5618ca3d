/**
 * A cluster small enough to watch the traffic of a Rollout in: ReplicaSets and pods, Services and EndpointSlices, and routers that run
 * Routes. After each look it is checked what a new connection of a caller reaches.
 */
import type { Experiment } from '../../../api/experiment.ts'
import type { Service } from '../../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../../api/names.ts'
import type { Rollout, RolloutStatus, RolloutStrategy } from '../../../api/rollout.ts'
import { TRAFFIC_PROVIDERS } from '../../../traffic/registry.ts'
import { isSame } from '../../same.ts'
import { applyIntent, writeStatus } from '../../simulate/apply.ts'
import { catchUp, publish } from '../../simulate/fleet.ts'
import { syncNative } from '../../simulate/native.ts'
import { patchedRollout } from '../../simulate/rollout/patch-rollout.ts'
import { isReady, makeWorld, podsOf, readyAddresses, seenOf, slicesOf, type World } from '../../simulate/world.ts'
import { readContext } from '../context.ts'
import type { RolloutPlan } from '../finish.ts'
import type { RolloutIntent } from '../intents.ts'
import { EXPERIMENT_NAME } from '../names.ts'
import { planUserRollout } from '../plan.ts'
import type { RolloutSeen } from '../seen.ts'
import type { Routing } from '../traffic/routing.ts'
import { described, edited, type StatusPatch, sizesOf, steered, templateOf } from './world.ts'

export type TrafficWorld = World & {
  /** Services that callers use. */
  readonly fronts: readonly string[]
  /** `all`: a version that has a share has ready pods, as many as that needs, within one. `ready`: it has some. `none`: pods just failed. */
  checks: 'all' | 'ready' | 'none'
  /** What was told, in order: events and the status where it changed. */
  readonly log: string[]
  /** Routers that hear nothing of new Routes. */
  readonly deaf: Set<string>
  experiments: Experiment[]
}

export type TrafficOptions = {
  readonly spec?: Partial<Rollout['spec']>
  readonly services?: readonly string[]
  readonly fronts?: readonly string[]
}

const PASS_MS = 1000

export const makeTrafficWorld = (strategy: RolloutStrategy, options: TrafficOptions = {}): TrafficWorld => {
  const { services = ['stable', 'canary'], fronts = ['stable'] } = options
  const { deployment: _, ...world } = makeWorld({ services, replicas: 5 })
  const rollout: Rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: world.namespace, uid: 'uid-rollout', generation: 1, resourceVersion: '1' },
    spec: { replicas: 5, selector: { matchLabels: { app: 'web' } }, template: templateOf('v1'), strategy, ...options.spec },
  }
  return { ...world, rollout, fronts, checks: 'all', log: [], deaf: new Set(), experiments: [] }
}

export const rolloutOf = (world: TrafficWorld): Rollout => {
  if (world.rollout === undefined) throw new Error('the Rollout is gone')
  return world.rollout
}

export const statusOf = (world: TrafficWorld): RolloutStatus => rolloutOf(world).status ?? {}

export const imageOf = (world: TrafficWorld, hash: string): string =>
  world.replicaSets.find(({ metadata }) => metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] === hash)?.spec.template.spec
    .containers[0]?.image ?? hash

const weightsOf = ({ canary }: RolloutStatus): string =>
  canary?.weights === undefined
    ? ''
    : `; canary ${canary.weights.canary.weight}, stable ${canary.weights.stable.weight}${canary.weights.verified === false ? ', not yet everywhere' : ''}`

const tellOf = (status: RolloutStatus): string => `${described(status)}${weightsOf(status)}`

const readyOf = (world: TrafficWorld, hash: string): number =>
  world.pods.filter(pod => pod.labels[ROLLOUTS_POD_TEMPLATE_HASH] === hash && isReady(world, pod)).length

/** What a new connection to a router may come to. */
const checkRouter = (world: TrafficWorld, front: string, name: string): readonly string[] => {
  const route = world.routers.find(router => router.name === name)?.running[front]
  if (route === undefined) return [`${name} is led to without running the Route of ${front}`]
  const { replicas = 1 } = rolloutOf(world).spec
  return route.backends
    .filter(({ weight }) => weight > 0)
    .flatMap(({ hash, weight, service }) => {
      const known = readyAddresses(slicesOf(world, service))
      const ready = world.pods.filter(pod => known.has(pod.name) && isReady(world, pod)).length
      const what = `${weight}% of ${front} go to ${imageOf(world, hash)}`
      if (ready === 0) return [`${what}, which has no pod`]
      const isFew = world.checks === 'all' && readyOf(world, hash) * 100 < weight * replicas - 100
      return isFew ? [`${what}, which has ${readyOf(world, hash)} of ${replicas} pods`] : []
    })
}

const checkFront = (world: TrafficWorld, front: string): readonly string[] => {
  const addresses = [...readyAddresses(slicesOf(world, front))]
  if (addresses.length === 0) return [`nobody answers for ${front}`]
  return addresses.flatMap(address =>
    address.startsWith('router-')
      ? checkRouter(world, front, address)
      : world.pods.some(pod => pod.name === address)
        ? []
        : [`${front} leads to a pod that is gone`],
  )
}

/** Only once there was something to reach. */
const check = (world: TrafficWorld): void => {
  const isStarting = statusOf(world).stableRS === undefined || (rolloutOf(world).spec.replicas ?? 1) === 0
  if (isStarting || world.checks === 'none') return
  for (const problem of new Set(world.fronts.flatMap(front => checkFront(world, front)))) {
    world.violations.push(problem)
    world.log.push(`!! ${problem}`)
  }
}

const apply = (world: TrafficWorld, intent: RolloutIntent): void => {
  switch (intent.kind) {
    case 'event':
      world.log.push(`${intent.type === 'Warning' ? 'Warning ' : ''}${intent.reason}: ${intent.message}`)
      return
    case 'patchRollout':
      world.rollout = patchedRollout(rolloutOf(world), intent.patch)
      return
    case 'patchPod':
    case 'askStepPlugin':
    case 'deleteExperiment':
    case 'scaleWorkload':
      throw new Error(`nothing here asks for ${intent.kind}`)
    case 'createExperiment':
      world.experiments.push(intent.experiment)
      return
    case 'terminateExperiment':
      world.experiments = world.experiments.map(one =>
        one.metadata.name === intent.name ? { ...one, spec: { ...one.spec, terminate: true } } : one,
      )
      return
    case 'evictPod':
      world.pods = world.pods.filter(({ name }) => name !== intent.name)
      return
    default:
      applyIntent(world, intent)
  }
}

export type Pace = {
  /** The controller dies after so many intents, before the status. */
  readonly dies?: number
}

const seenBy = (world: TrafficWorld): RolloutSeen => {
  const { rollout: _, replicaSets, services, backends, routers, takenPorts, settings, namespace, name } = seenOf(world)
  return {
    namespace,
    name,
    rollout: structuredClone(rolloutOf(world)),
    replicaSets: replicaSets.filter(({ metadata }) => metadata.annotations?.[EXPERIMENT_NAME] === undefined),
    pods: [],
    experiments: structuredClone(world.experiments),
    services: services.map(({ service }) => service),
    analyses: { runs: world.runs, templates: world.templates, clusterTemplates: [] },
    traffic: { services, backends, routers, takenPorts, settings },
  }
}

/** The look itself, without anything else happening. */
export const look = (world: TrafficWorld): RolloutPlan => planUserRollout(seenBy(world), world.now, TRAFFIC_PROVIDERS)

/** Who splits the traffic now, and what is in force. */
export const routingOf = (world: TrafficWorld): Routing => {
  const { routing } = readContext(seenBy(world), world.now, TRAFFIC_PROVIDERS)
  if (routing === undefined) throw new Error('nobody splits its traffic')
  return routing
}

const others = (world: TrafficWorld): void => {
  syncNative(world)
  for (const router of world.routers) if (router.ready && !world.deaf.has(router.name)) catchUp(world, router)
  publish(world)
}

/** Everyone else acts, the controller looks, what it wants is done, everyone else acts again; then a second passes. */
export const pass = (world: TrafficWorld, { dies = Number.POSITIVE_INFINITY }: Pace = {}): RolloutPlan => {
  others(world)
  check(world)
  const plan = look(world)
  for (const intent of plan.intents.slice(0, dies)) apply(world, intent)
  // As the controller: only what differs is written.
  if (plan.intents.length <= dies && plan.status !== undefined && !isSame(plan.status, statusOf(world))) {
    const before = tellOf(statusOf(world))
    writeStatus(world, plan.status)
    if (tellOf(plan.status) !== before) world.log.push(`= ${tellOf(plan.status)}; ${sizesOf(world)}`)
  }
  check(world)
  others(world)
  check(world)
  world.now += PASS_MS
  return plan
}

export const run = (world: TrafficWorld, passes: number): void => {
  for (let i = 0; i < passes; i += 1) pass(world)
}

/** Looks until it is so; throws with the log when that does not come. */
export const runUntil = (
  world: TrafficWorld,
  isSo: (status: RolloutStatus, world: TrafficWorld) => boolean,
  limit = 90,
): void => {
  for (let i = 0; i < limit; i += 1) {
    if (isSo(statusOf(world), world)) return
    pass(world)
  }
  throw new Error(`it did not come to that:\n${world.log.join('\n')}\n${JSON.stringify(statusOf(world).conditions)}`)
}

export const edit = (world: TrafficWorld, change: Partial<Rollout['spec']>): void => {
  world.rollout = edited(rolloutOf(world), change)
}

export const ship = (world: TrafficWorld, image: string): void => {
  world.log.push(`> ${image} is shipped`)
  edit(world, { template: templateOf(image) })
}

export const steer = (world: TrafficWorld, what: string, patch: StatusPatch): void => {
  world.log.push(`> ${what}`)
  world.rollout = steered(rolloutOf(world), patch)
}

export const serviceOf = (world: TrafficWorld, name: string): Service => {
  const found = world.services.find(({ metadata }) => metadata.name === name)
  if (found === undefined) throw new Error(`no Service ${name}`)
  return found
}

export const podCount = (world: TrafficWorld, image: string): number =>
  world.replicaSets
    .filter(({ spec }) => spec.template.spec.containers[0]?.image === image)
    .flatMap(({ metadata }) => podsOf(world, metadata.name)).length
