/** All of one rollout that is shown, from what was read of it. Pure. */
import type { Container, Pod, PodTemplate } from '../../api/kubernetes.ts'
import { isPodReady } from '../../api/pod-ready.ts'
import { sameTemplate } from '../../api/template.ts'
import type { Numbers } from '../../view/read-numbers.ts'
import type { RolloutView, ServiceView, VersionView } from '../../view/rollout-view.ts'
import { templateOf } from '../../view/template-of.ts'
import type { ContainerImage, PodState, Revision, RolloutDetail, ServiceSplit, VersionRole } from '../contract.ts'
import { makeBlueGreenSteps, makeSides } from './blue-green.ts'
import { makeAnalyses } from './checks.ts'
import { makeDecisions } from './decisions.ts'
import { eventLines, type KubeEvent } from './events.ts'
import { makeExperiment } from './experiments.ts'
import { makeRow, presentTemplate } from './row.ts'
import { makeSteps } from './steps.ts'

const PATHS = { none: 'not-yet', ready: 'routers', draining: 'draining' } as const

const splitOf = ({ service, route }: ServiceView): ServiceSplit => {
  const { name } = service.metadata
  if (route === undefined) return { service: name, path: 'native', shares: [] }
  const { endpoints, backends, version } = route.spec
  const step = route.status?.message ?? (['proxy', undefined].includes(route.status?.step) ? '' : `at ${route.status?.step}`)
  return {
    service: name,
    path: PATHS[endpoints],
    shares: backends.flatMap(({ role, hash, weight }) =>
      role === 'canary' || role === 'stable' ? [{ role, hash, weight }] : [],
    ),
    routeVersion: version,
    ...(step !== '' && { message: step }),
  }
}

const containersOf = (template: Pick<PodTemplate, 'spec'> | undefined): readonly ContainerImage[] => {
  const containers = template?.spec.containers ?? []
  const initContainers = template?.spec['initContainers']
  const inits: readonly Container[] = Array.isArray(initContainers) ? initContainers : []
  const one = (init: boolean) => (container: { readonly name: string; readonly image?: string }) => ({
    name: container.name,
    image: container.image ?? '',
    init,
  })
  return [...containers.map(one(false)), ...inits.map(one(true))]
}

const CAUSE = 'kubernetes.io/change-cause'
/** Argo Rollouts' annotation on a ReplicaSet that keeps its pods for a while. */
const DEADLINE = 'scale-down-deadline'

/** A blue-green Rollout has no canary. */
const rolesOf = ({ roles, selectedBy }: VersionView): readonly VersionRole[] =>
  selectedBy.length === 0 ? roles : [...selectedBy, ...roles.filter(role => role !== 'canary')]

const revisionOf = (version: VersionView, present: PodTemplate | undefined): Revision => {
  const { revision, hash, replicaSet, pods } = version
  const { [CAUSE]: cause, [DEADLINE]: scaleDownAt } = replicaSet.metadata.annotations ?? {}
  return {
    revision,
    hash,
    replicaSet: replicaSet.metadata.name,
    roles: rolesOf(version),
    images: containersOf(replicaSet.spec.template)
      .filter(({ init }) => !init)
      .map(({ image }) => image),
    createdAt: replicaSet.metadata.creationTimestamp ?? '',
    ...(cause && { cause }),
    present: present !== undefined && sameTemplate(templateOf(replicaSet), present),
    pods: { desired: replicaSet.spec.replicas ?? 1, ready: pods.filter(isPodReady).length },
    ...(scaleDownAt && { scaleDownAt }),
  }
}

type ContainerStatus = {
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: {
    readonly waiting?: { readonly reason?: string }
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number }
  }
}

const stateOf = ({ metadata, status }: Pod, containers: readonly ContainerStatus[]): string => {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  const waiting = containers.find(({ state }) => state?.waiting?.reason !== undefined)?.state?.waiting?.reason
  const ended = containers.find(({ state }) => state?.terminated !== undefined)?.state?.terminated
  if (waiting !== undefined) return waiting
  if (ended !== undefined) return ended.reason ?? `exit ${ended.exitCode ?? 0}`
  return status?.phase ?? 'Unknown'
}

const podState = (pod: Pod, version: VersionView): PodState => {
  const { hash, revision } = version
  const containers = (pod.status?.containerStatuses ?? []) as readonly ContainerStatus[]
  const [role] = rolesOf(version)
  return {
    name: pod.metadata.name,
    ...(role && { role }),
    hash,
    revision,
    state: stateOf(pod, containers),
    ready: isPodReady(pod),
    containersReady: `${containers.filter(({ ready }) => ready === true).length}/${pod.spec.containers.length}`,
    containers: containersOf(pod)
      .map(({ name }) => name)
      .reverse(),
    restarts: containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    createdAt: pod.metadata.creationTimestamp ?? '',
    ...(pod.spec.nodeName && { node: pod.spec.nodeName }),
  }
}

export type DetailInput = {
  readonly view: RolloutView
  /** May hold those of other objects. */
  readonly events: readonly KubeEvent[]
  /** What the routers counted, where they could be asked. */
  readonly numbers: Numbers | undefined
  /** What could not be read, as sentences. */
  readonly missing: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

export const makeDetail = ({ view, events, numbers, missing, now }: DetailInput): RolloutDetail => {
  const lines = eventLines(events, view)
  const analyses = makeAnalyses(view, { numbers, now })
  const [newest] = view.versions
  // Where the template is in an object of another name, the newest version has it too.
  const present = presentTemplate(view) ?? (newest && templateOf(newest.replicaSet))
  return {
    row: makeRow(view),
    services: view.services.map(splitOf),
    sides: makeSides(view),
    steps: [...makeSteps(view.rollout, lines), ...makeBlueGreenSteps(view)],
    analyses,
    experiments: view.versions.flatMap(({ experiments }) => experiments.map(one => makeExperiment(one, now))),
    revisions: view.versions.map(one => revisionOf(one, present)),
    containers: containersOf(present),
    pods: view.versions.flatMap(version => version.pods.map(pod => podState(pod, version))),
    events: lines,
    decisions: makeDecisions(lines, analyses),
    missing,
  }
}
