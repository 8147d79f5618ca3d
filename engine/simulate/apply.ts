/** Carries out intents on the world, as the controller's executor does on a cluster. */
import type { Deployment } from '../../api/kubernetes.ts'
import { SERVICE_NAME } from '../../api/names.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import { ALL_HUNDREDTHS, isShare, toHundredths } from '../../api/traffic-weight.ts'
import type { Intent, IntentKind } from '../intents.ts'
import type { Plan } from '../plan.ts'
import { applyPatch } from './json-patch.ts'
import { bump, created, readyAddresses, slicesOf, type World } from './world.ts'

type Apply<K extends IntentKind> = (world: World, intent: Extract<Intent, { readonly kind: K }>) => void

const change = <T extends { readonly metadata: { readonly name: string; readonly resourceVersion?: string } }>(
  world: World,
  list: T[],
  name: string,
  to: (object: T) => T,
): T[] => {
  if (!list.some(({ metadata }) => metadata.name === name)) throw new Error(`${name} is not there`)
  return list.map(object => (object.metadata.name === name ? bump(world, to(object)) : object))
}

const without = <T extends { readonly metadata: { readonly name: string; readonly uid?: string } }>(
  list: T[],
  name: string,
  uid: string,
): T[] => list.filter(({ metadata }) => metadata.name !== name || metadata.uid !== uid)

const refuseTwice = (list: readonly { readonly metadata: { readonly name: string } }[], name: string) => {
  if (list.some(({ metadata }) => metadata.name === name)) throw new Error(`${name} exists already`)
}

export const writeDeployment = (world: World, next: Deployment): void => {
  const generation = (world.deployment?.metadata.generation ?? 0) + 1
  world.deployment = bump(world, { ...next, metadata: { ...next.metadata, generation } })
}

/** Who a new connection through the Service reaches: any ready endpoint, whoever published it. */
const reachesRouters = (world: World, name: string): boolean => {
  const addresses = [...readyAddresses(slicesOf(world, name))]
  return addresses.length > 0 && addresses.every(address => address.startsWith('router-'))
}

const apply: { readonly [K in IntentKind]: Apply<K> } = {
  applyRollout: (world, { rollout }) => {
    const before = world.rollout
    world.rollout = before
      ? bump(world, {
          ...before,
          metadata: { ...before.metadata, ownerReferences: rollout.metadata.ownerReferences ?? [] },
          spec: rollout.spec,
        })
      : created(world, rollout)
  },
  deleteRollout: world => {
    delete world.rollout
  },
  createReplicaSet: (world, { replicaSet }) => {
    refuseTwice(world.replicaSets, replicaSet.metadata.name)
    world.replicaSets.push(created(world, replicaSet))
  },
  patchReplicaSet: (world, { name, patch }) => {
    world.replicaSets = change(world, world.replicaSets, name, rs => applyPatch(rs, patch))
  },
  scale: (world, { replicaSet, to }) => {
    world.replicaSets = change(world, world.replicaSets, replicaSet, rs => ({ ...rs, spec: { ...rs.spec, replicas: to } }))
  },
  deleteReplicaSet: (world, { name, uid }) => {
    world.replicaSets = without(world.replicaSets, name, uid)
    world.pods = world.pods.filter(pod => pod.replicaSet !== name)
  },
  createService: (world, { service }) => {
    refuseTwice(world.services, service.metadata.name)
    world.services.push(created(world, service))
  },
  deleteService: (world, { name, uid }) => {
    world.services = without(world.services, name, uid)
    world.slices = world.slices.filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] !== name)
  },
  patchService: (world, { name, patch }) => {
    world.services = change(world, world.services, name, service => applyPatch(service, patch))
  },
  createRoute: (world, { route }) => {
    refuseTwice(world.routes, route.metadata.name)
    world.routes.push(created(world, route))
  },
  updateRoute: (world, { name, resourceVersion, spec }) => {
    const route = world.routes.find(({ metadata }) => metadata.name === name)
    if (route?.metadata.resourceVersion !== resourceVersion) throw new Error(`conflict on Route ${name}`)
    const sum = spec.backends.reduce((total, { weight }) => total + toHundredths(weight), 0)
    if (sum !== ALL_HUNDREDTHS || !spec.backends.every(({ weight }) => isShare(weight))) {
      world.violations.push(`weights ${spec.backends.map(({ weight }) => weight).join('+')} do not make 100`)
    }
    if (spec.version !== route.spec.version + 1) world.violations.push(`Route version ${route.spec.version} -> ${spec.version}`)
    world.routes = change(world, world.routes, name, old => ({ ...old, spec }))
  },
  setRouteStatus: (world, { name, status }) => {
    world.routes = change(world, world.routes, name, route => ({ ...route, status }))
  },
  deleteRoute: (world, { name, uid }) => {
    world.routes = without(world.routes, name, uid)
  },
  deleteSlice: (world, { name, uid }) => {
    world.slices = without(world.slices, name, uid)
  },
  probe: (world, { service, routeVersion, step, count }) => {
    const addresses = [...readyAddresses(slicesOf(world, service))]
    const routers = addresses.filter(address => address.startsWith('router-')).length
    const some = routers === 0 ? 0 : Math.max(1, Math.floor((count * routers) / addresses.length))
    world.probes[service] = { routeVersion, step, asked: count, answeredByRouter: reachesRouters(world, service) ? count : some }
  },
  createAnalysisRun: (world, { run }) => {
    refuseTwice(world.runs, run.metadata.name)
    world.runs.push(created(world, run))
  },
  terminateAnalysisRun: (world, { name }) => {
    world.runs = change(world, world.runs, name, run => ({ ...run, spec: { ...run.spec, terminate: true } }))
  },
  deleteAnalysisRun: (world, { name, uid }) => {
    world.runs = without(world.runs, name, uid)
  },
  patchDeployment: (world, { patch }) => {
    if (world.deployment) writeDeployment(world, applyPatch(world.deployment, patch))
  },
  setDeploymentCondition: (world, { condition }) => {
    const { deployment } = world
    if (!deployment) return
    const conditions = [...(deployment.status?.conditions ?? []).filter(({ type }) => type !== condition.type), condition]
    world.deployment = bump(world, { ...deployment, status: { ...deployment.status, conditions } })
  },
  event: (world, { type, reason, message }) => {
    world.events.push(`${type} ${reason}: ${message}`)
  },
}

export const applyIntent = (world: World, intent: Intent): void => {
  const run = apply[intent.kind] as Apply<IntentKind>
  run(world, intent)
}

export const writeStatus = (world: World, status: RolloutStatus | undefined): void => {
  if (status && world.rollout) world.rollout = bump(world, { ...world.rollout, status })
}

/** Intents in order until one fails (or the controller dies after `upTo` of them), then the status, which is not written after a death. */
export const applyPlan = (world: World, plan: Plan, upTo = Number.POSITIVE_INFINITY): void => {
  for (const [i, intent] of plan.intents.entries()) {
    if (i >= upTo) return
    try {
      applyIntent(world, intent)
    } catch (error) {
      world.events.push(`refused ${intent.kind}: ${error instanceof Error ? error.message : String(error)}`)
      return
    }
  }
  writeStatus(world, plan.status)
}
