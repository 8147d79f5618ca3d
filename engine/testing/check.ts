/** What must hold after every pass, and where everything must end. */
import { isHeld } from '../../api/hold.ts'
import type { Deployment } from '../../api/kubernetes.ts'
import { POD_TEMPLATE_HASH } from '../../api/names.ts'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { Intent } from '../intents.ts'
import { plan } from '../plan.ts'
import { isSame } from '../same.ts'
import { applyIntent, writeStatus } from '../simulate/apply.ts'
import { isPrivate, isReady, podsOf, seenOf, type World } from '../simulate/world.ts'

const readyOf = (world: World, hash: string): number =>
  world.replicaSets.find(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH] === hash)?.status?.readyReplicas ?? 0

/** As the planner saw it: no share for a version without a ready pod while another has some. */
export const checkWeights = (world: World): void => {
  for (const { spec } of world.routes) {
    const empty = spec.backends.filter(({ weight, hash }) => weight > 0 && readyOf(world, hash) === 0)
    const able = spec.backends.filter(({ hash }) => readyOf(world, hash) > 0)
    if (empty.length > 0 && able.length > 0 && world.deployment) {
      world.violations.push(
        `share for a version without a ready pod: ${JSON.stringify(spec.backends.map(({ role, weight }) => [role, weight]))}`,
      )
    }
  }
}

/** The write without what changes from one time to the next although the write is the same. */
const textOf = (intent: Intent): string => {
  const { resourceVersion: _, ...rest } = { resourceVersion: '', ...intent }
  return JSON.stringify(rest)
    .replaceAll(/"resourceVersion":"[^"]*"/g, '')
    .replaceAll(/"value":"\d+"/g, '')
}

const writeAll = (world: World, copy: World, writes: readonly Intent[], written: Set<string>): boolean => {
  for (const intent of writes) {
    const text = textOf(intent)
    if (written.has(text) && intent.kind !== 'event') world.violations.push(`written twice: ${text.slice(0, 200)}`)
    written.add(text)
    try {
      applyIntent(copy, intent)
    } catch (error) {
      world.violations.push(`planned what cannot be done: ${intent.kind} ${error instanceof Error ? error.message : ''}`)
    }
  }
  return world.violations.length === 0
}

/** With the world standing still, planning comes to rest, and never writes the same thing twice. */
export const checkIdempotence = (world: World): void => {
  const copy = structuredClone(world)
  const written = new Set<string>()
  for (let i = 0; i < 40; i += 1) {
    const planned = plan(seenOf(copy), copy.now)
    const writes = planned.intents.filter(({ kind }) => kind !== 'probe')
    const isQuiet = planned.status === undefined || isSame(planned.status, copy.rollout?.status)
    if (writes.length === 0 && isQuiet) return
    if (!writeAll(world, copy, writes, written)) return
    writeStatus(copy, planned.status)
  }
  world.violations.push('planning does not come to rest')
}

const readyPods = (world: World, name: string): number => podsOf(world, name).filter(pod => isReady(world, pod)).length

/** All pods are of one version, N of them ready, and it has all traffic. */
const isAllOn = (world: World, hash: string | undefined): boolean => {
  const replicas = world.deployment?.spec.replicas ?? 1
  const others = world.replicaSets.filter(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH] !== hash)
  const own = world.replicaSets.find(({ metadata }) => metadata.labels?.[POD_TEMPLATE_HASH] === hash)
  const share = world.routes.every(({ spec }) => spec.backends.every(backend => backend.hash === hash || backend.weight === 0))
  return (
    share &&
    own !== undefined &&
    readyPods(world, own.metadata.name) === replicas &&
    others.every(({ metadata }) => podsOf(world, metadata.name).length === 0)
  )
}

const isServed = (world: World): boolean => world.services.every(({ spec }) => spec.selector !== undefined)

/** A pod of a version under test is reached through the routers only. */
export const checkReach = (world: World): void => {
  const { deployment } = world
  const withReady = world.replicaSets.filter(({ metadata }) => readyPods(world, metadata.name) > 0)
  const active = world.replicaSets.filter(({ spec }) => (spec.replicas ?? 1) > 0)
  const isAtRest = deployment !== undefined && !isHeld(deployment) && world.rollout?.status?.phase === 'Healthy'
  if (active.length < 2 && isAtRest) {
    world.tainted = false
    world.nativeAtWork = false
  }
  if (world.tainted || withReady.length < 2 || !deployment || !isHeld(deployment)) return
  // By count there is nothing to lead past; sidecars are where the Service leads.
  if (['none', 'sidecar'].includes(deployment.metadata.annotations?.['sluice.dev/router'] ?? '')) return
  const open = world.services.filter(service => !isPrivate(service) && service.spec.selector !== undefined)
  if (open.length > 0)
    world.violations.push(`Service ${open[0]?.metadata.name} leads to ${withReady.length} versions past the routers`)
}

const placeAtRest = (world: World, { phase, stableRS, message = '' }: RolloutStatus): string | undefined => {
  const isStuck = world.pods.some(({ readyAt }) => readyAt === Number.POSITIVE_INFINITY)
  if ((message.startsWith('Kubernetes rolls') || message.includes('pods are available')) && isStuck) return 'native'
  return phase === 'Healthy' && isAllOn(world, stableRS) ? 'healthy' : undefined
}

const placeInFlight = (world: World, deployment: Deployment, status: RolloutStatus): string | undefined => {
  const { phase, stableRS, abort, conditions = [] } = status
  if (phase === 'Paused') return 'paused'
  const waiting = conditions.find(({ type }) => type === 'Waiting')?.reason
  // The way out is a full promotion, and the sentence says so.
  if (status.message?.includes('a pod of the stable version')) return 'unprotected'
  const isAsleep = deployment.spec.replicas === 0 && world.pods.length === 0
  if (isAsleep && waiting === 'ScaledToZero') return 'asleep'
  return phase === 'Degraded' && abort && isAllOn(world, stableRS) ? 'aborted' : undefined
}

const placeOfManaged = (world: World, deployment: Deployment, { status = {} }: Rollout): string | undefined => {
  if (status.message?.startsWith('InvalidSpec')) return 'wrong'
  return isHeld(deployment) ? placeInFlight(world, deployment, status) : placeAtRest(world, status)
}

/** Where a world may come to rest; undefined when it has not. */
export const restingPlace = (world: World): string | undefined => {
  const { deployment, rollout } = world
  if (deployment && rollout) return placeOfManaged(world, deployment, rollout)
  const isClean = isServed(world) && world.routes.length === 0
  return isClean && !(deployment && isHeld(deployment)) ? 'let go' : undefined
}
