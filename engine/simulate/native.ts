/**
 * The native controllers as far as they can get in the way: the Deployment controller with every write that it makes while paused
 * (W3 to W8 of the research notes), ReplicaSets and their pods, EndpointSlices, Endpoints, mirroring.
 */
import type { Deployment, EndpointSlice, ReplicaSet, Service } from '../../api/kubernetes.ts'
import {
  DESIRED_REPLICAS,
  MANAGED_BY_SLICE,
  MIRRORING_SLICE_CONTROLLER,
  NATIVE_SLICE_CONTROLLER,
  POD_TEMPLATE_HASH,
  REVISION,
  SERVICE_NAME,
  SKIP_MIRROR,
} from '../../api/names.ts'
import { sameTemplate, templateHash } from '../../api/template.ts'
import { bump, created, isReady, nextName, podsOf, slicesOf, type World } from './world.ts'

/** Whose writes the native controllers see. */
export type Moment = 'after others' | 'after the planner'

const specOf = (rs: ReplicaSet): number => rs.spec.replicas ?? 1

const update = (world: World, name: string, to: (rs: ReplicaSet) => ReplicaSet): void => {
  world.replicaSets = world.replicaSets.map(rs => (rs.metadata.name === name ? bump(world, to(rs)) : rs))
}

const annotate = (rs: ReplicaSet, key: string, value: string): ReplicaSet => ({
  ...rs,
  metadata: { ...rs.metadata, annotations: { ...rs.metadata.annotations, [key]: value } },
})

/** scaleReplicaSet: the one place that writes desired-replicas onto an existing ReplicaSet. */
const scale = (world: World, deployment: Deployment, rs: ReplicaSet, to: number): void => {
  if (specOf(rs) === to) return
  const active = world.replicaSets.filter(other => specOf(other) > 0).length
  if (deployment.spec.paused && active > 1 && !world.nativeAtWork)
    world.violations.push(`native scaled ${rs.metadata.name} to ${to} while two are active`)
  const stable = world.rollout?.status?.stableRS
  const hashOf = ({ metadata }: ReplicaSet) => metadata.labels?.[POD_TEMPLATE_HASH]
  const isUnproven = hashOf(rs) !== stable && world.replicaSets.some(other => hashOf(other) === stable)
  if (deployment.spec.paused && to > specOf(rs) && isUnproven && !world.nativeAtWork) {
    world.violations.push(`native woke ${rs.metadata.name}, which was never promoted`)
  }
  const desired = String(deployment.spec.replicas ?? 1)
  update(world, rs.metadata.name, old => annotate({ ...old, spec: { ...old.spec, replicas: to } }, DESIRED_REPLICAS, desired))
}

const byAge = (world: World): ReplicaSet[] =>
  [...world.replicaSets].sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))

const revision = (rs: ReplicaSet): number => Number(rs.metadata.annotations?.[REVISION] ?? 0)

const syncRevision = (world: World, newest: ReplicaSet | undefined): void => {
  if (!newest) return
  const most = Math.max(0, ...world.replicaSets.filter(rs => rs.metadata.name !== newest.metadata.name).map(revision))
  if (revision(newest) <= most) update(world, newest.metadata.name, rs => annotate(rs, REVISION, String(most + 1)))
}

const isSaturated = (rs: ReplicaSet | undefined, replicas: number): boolean =>
  rs !== undefined &&
  specOf(rs) === replicas &&
  rs.metadata.annotations?.[DESIRED_REPLICAS] === String(replicas) &&
  (rs.status?.availableReplicas ?? 0) === replicas

const syncPaused = (world: World, deployment: Deployment, newest: ReplicaSet | undefined, when: Moment): void => {
  const replicas = deployment.spec.replicas ?? 1
  const active = byAge(world).filter(rs => specOf(rs) > 0)
  if (active.length <= 1) {
    const only = active[0] ?? newest ?? byAge(world).at(-1)
    if (only && replicas > 0 && specOf(only) !== replicas && when === 'after the planner') {
      world.violations.push(`the planner left ${only.metadata.name} alone at ${specOf(only)} of ${replicas}`)
    }
    if (only) scale(world, deployment, only, replicas)
    return
  }
  if (isSaturated(newest, replicas)) {
    for (const rs of active) if (rs.metadata.name !== newest?.metadata.name) scale(world, deployment, rs, 0)
    return
  }
  if (deployment.spec.strategy?.type !== 'Recreate')
    world.violations.push('native scales proportionally: not Recreate while two are active')
}

const createNewest = (world: World, deployment: Deployment): void => {
  const hash = `native${templateHash(deployment.spec.template).slice(0, 6)}`
  const labels = { ...deployment.spec.template.metadata?.labels, [POD_TEMPLATE_HASH]: hash }
  const replicaSet: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      labels,
      annotations: { [DESIRED_REPLICAS]: String(deployment.spec.replicas ?? 1) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: deployment.metadata.name,
          uid: deployment.metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...deployment.spec.selector.matchLabels, [POD_TEMPLATE_HASH]: hash } },
      template: { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } },
    },
  }
  world.replicaSets.push(created(world, replicaSet))
}

const roll = (world: World, deployment: Deployment, newest: ReplicaSet | undefined): void => {
  const replicas = deployment.spec.replicas ?? 1
  if (!newest) {
    createNewest(world, deployment)
    return
  }
  const old = world.replicaSets.filter(rs => rs.metadata.name !== newest.metadata.name && specOf(rs) > 0)
  if (deployment.spec.strategy?.type === 'Recreate') {
    if (old.length > 0) world.violations.push('unpaused with Recreate and old pods: an outage')
    for (const rs of old) scale(world, deployment, rs, 0)
    scale(world, deployment, newest, replicas)
    return
  }
  const surge = Math.max(1, Math.ceil(replicas / 4))
  const total = world.replicaSets.reduce((sum, rs) => sum + specOf(rs), 0)
  const room = Math.max(0, replicas + surge - total)
  const next = specOf(newest) > replicas ? replicas : Math.min(replicas, specOf(newest) + room)
  scale(world, deployment, newest, next)
  if (next !== specOf(newest)) return
  const available = newest.status?.availableReplicas ?? 0
  let keep = Math.max(0, replicas - available)
  for (const rs of old) {
    const kept = Math.min(specOf(rs), keep)
    keep -= kept
    scale(world, deployment, rs, kept)
  }
}

const deploymentStatus = (world: World): void => {
  const { deployment } = world
  if (!deployment) return
  const newest = byAge(world).find(rs => sameTemplate(rs.spec.template, deployment.spec.template))
  const sum = (read: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    world.replicaSets.reduce((total, rs) => total + (rs.status?.[read] ?? 0), 0)
  const status = {
    ...deployment.status,
    observedGeneration: deployment.metadata.generation ?? 1,
    replicas: sum('replicas'),
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
    updatedReplicas: newest?.status?.replicas ?? 0,
  }
  if (JSON.stringify(status) !== JSON.stringify(deployment.status)) world.deployment = bump(world, { ...deployment, status })
}

const syncDeployment = (world: World, when: Moment): void => {
  const { deployment } = world
  if (!deployment) return
  const newest = byAge(world).find(rs => sameTemplate(rs.spec.template, deployment.spec.template))
  syncRevision(world, newest)
  if (deployment.spec.paused) syncPaused(world, deployment, newest, when)
  else roll(world, deployment, newest)
  const limit = deployment.spec.revisionHistoryLimit ?? 10
  const idle = byAge(world).filter(
    rs => rs.metadata.name !== newest?.metadata.name && specOf(rs) === 0 && podsOf(world, rs.metadata.name).length === 0,
  )
  for (const rs of idle.slice(0, Math.max(0, idle.length - limit))) {
    world.replicaSets = world.replicaSets.filter(other => other !== rs)
  }
}

const imageOf = (rs: ReplicaSet): string => rs.spec.template.spec.containers[0]?.image ?? ''

const syncPods = (world: World, rs: ReplicaSet): void => {
  const pods = podsOf(world, rs.metadata.name).filter(pod => pod.goneAt === undefined)
  const missing = specOf(rs) - pods.length
  for (let i = 0; i < missing; i += 1) {
    const readyAt = world.brokenImages.has(imageOf(rs)) ? Number.POSITIVE_INFINITY : world.now + world.podReadyMs
    const name = `${rs.metadata.name}-${nextName(world)}`
    world.pods.push({ name, replicaSet: rs.metadata.name, labels: rs.spec.template.metadata?.labels ?? {}, readyAt })
  }
  // Unready ones go first, as in the ReplicaSet controller.
  const surplus = pods.sort((a, b) => b.readyAt - a.readyAt).slice(0, Math.max(0, -missing))
  for (const pod of surplus) pod.goneAt = world.now + world.podStopMs
}

const syncReplicaSets = (world: World): void => {
  world.pods = world.pods.filter(pod => pod.goneAt === undefined || pod.goneAt > world.now)
  for (const rs of world.replicaSets) syncPods(world, rs)
  world.replicaSets = world.replicaSets.map(rs => {
    const pods = podsOf(world, rs.metadata.name).filter(pod => pod.goneAt === undefined)
    const ready = pods.filter(pod => isReady(world, pod)).length
    const status = { replicas: pods.length, readyReplicas: ready, availableReplicas: ready }
    return JSON.stringify(status) === JSON.stringify(rs.status) ? rs : bump(world, { ...rs, status })
  })
}

const makeSlice = (world: World, service: Service, manager: string): EndpointSlice => {
  const { name } = service.metadata
  const { selector = {} } = service.spec
  const pods = world.pods.filter(({ labels }) => Object.entries(selector).every(([key, value]) => labels[key] === value))
  return created(world, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-${manager.slice(0, 20)}`, labels: { [SERVICE_NAME]: name, [MANAGED_BY_SLICE]: manager } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: pods.map(pod => ({
      addresses: [pod.name],
      conditions: { ready: isReady(world, pod) },
      targetRef: { kind: 'Pod', name: pod.name },
    })),
  })
}

const managedBy = (slice: EndpointSlice, manager: string): boolean => slice.metadata.labels?.[MANAGED_BY_SLICE] === manager

const replaceSlice = (world: World, service: Service, manager: string): void => {
  const old = slicesOf(world, service.metadata.name).filter(slice => managedBy(slice, manager))
  const next = makeSlice(world, service, manager)
  world.slices = [...world.slices.filter(slice => !old.includes(slice)), next]
}

/** Services without a selector keep the slices they had; their leftover Endpoints are mirrored unless labelled. */
const syncEndpoints = (world: World): void => {
  for (const service of world.services) {
    const { name, labels } = service.metadata
    if (service.spec.selector !== undefined) {
      replaceSlice(world, service, NATIVE_SLICE_CONTROLLER)
      world.endpointsLabels[name] = { ...labels }
      world.slices = world.slices.filter(
        slice => !(slice.metadata.labels?.[SERVICE_NAME] === name && managedBy(slice, MIRRORING_SLICE_CONTROLLER)),
      )
    } else if (world.endpointsLabels[name] && world.endpointsLabels[name][SKIP_MIRROR] !== 'true') {
      world.violations.push(`Endpoints of ${name} are mirrored`)
      replaceSlice(world, { ...service, spec: { ...service.spec, selector: { app: 'web' } } }, MIRRORING_SLICE_CONTROLLER)
    }
  }
}

export const syncNative = (world: World, when: Moment = 'after others'): void => {
  syncDeployment(world, when)
  syncReplicaSets(world)
  deploymentStatus(world)
  syncEndpoints(world)
}
