/** `status` of a pod from what the node knows about its containers. Rules: pkg/kubelet/kubelet_pods.go and status/generate.go. */
import { isDeepStrictEqual } from 'node:util'
import type { Condition, Pod } from '../../api/kubernetes.ts'
import { conditionOf } from '../controllers/conditions.ts'
import type { ContainerFacts } from './pod-types.ts'

export type PodFacts = {
  readonly podIP: string
  readonly startTime: string
  readonly initContainers: readonly (ContainerFacts & { readonly sidecar: boolean })[]
  readonly containers: readonly ContainerFacts[]
}

export type PodStatus = NonNullable<Pod['status']>

/** The whole status; `now` is the time of conditions that change. Conditions of others (readiness gates) are kept. */
export function renderStatus(pod: Pod, facts: PodFacts, now: string): PodStatus & { readonly [field: string]: unknown } {
  const phase = phaseOf(pod, facts)
  return {
    phase,
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: facts.podIP,
    podIPs: [{ ip: facts.podIP }],
    startTime: facts.startTime,
    conditions: renderConditions(pod, { facts, phase, now }),
    ...(facts.initContainers.length > 0 ? { initContainerStatuses: facts.initContainers.map(renderContainer) } : {}),
    containerStatuses: facts.containers.map(renderContainer),
  }
}

/** Whether writing `next` over `current` would change anything. */
export const sameStatus = (current: Pod['status'], next: PodStatus): boolean => {
  const seen: { readonly [field: string]: unknown } = { ...current }
  return Object.entries(next).every(([field, value]) => isDeepStrictEqual(seen[field], value))
}

const isDone = ({ state }: ContainerFacts): boolean => 'terminated' in state && state.terminated.exitCode === 0

function isInitialized({ initContainers }: PodFacts): boolean {
  return initContainers.every(container => (container.sidecar ? container.started : isDone(container)))
}

function phaseOf(pod: Pod, facts: PodFacts): string {
  const policy = pod.spec.restartPolicy ?? 'Always'
  if (!isInitialized(facts)) {
    const failed = facts.initContainers.some(
      ({ state, sidecar }) => !sidecar && 'terminated' in state && state.terminated.exitCode !== 0,
    )
    return failed && policy === 'Never' ? 'Failed' : 'Pending'
  }
  const { containers } = facts
  if (containers.some(({ state, lastState }) => 'waiting' in state && !lastState)) return 'Pending'
  if (containers.some(({ state }) => 'running' in state)) return 'Running'
  if (policy === 'Always') return 'Running'
  if (containers.every(isDone)) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

type ConditionInput = { readonly facts: PodFacts; readonly phase: string; readonly now: string }

function renderConditions(pod: Pod, { facts, phase, now }: ConditionInput): readonly Condition[] {
  const current = pod.status?.conditions ?? []
  const done = phase === 'Succeeded'
  const sidecars = facts.initContainers.filter(({ sidecar }) => sidecar)
  const unready = done ? [] : [...sidecars, ...facts.containers].filter(({ ready }) => !ready).map(({ name }) => name)
  const gates = unmetGates(pod)
  const notReady = { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` }
  const completed = { reason: 'PodCompleted' }
  const reasonOf = (ok: boolean) => (done ? completed : ok ? {} : notReady)
  const containersReady = !done && unready.length === 0
  const ready = containersReady && gates.length === 0
  const gateReason = {
    reason: 'ReadinessGatesNotReady',
    message: `corresponding condition of pod readiness gate "${gates[0]}" does not exist or is not True.`,
  }
  const own = [
    condition('PodReadyToStartContainers', phase !== 'Succeeded' && phase !== 'Failed'),
    condition('Initialized', isInitialized(facts), done ? completed : isInitialized(facts) ? {} : initProblem(facts)),
    condition('Ready', ready, containersReady && gates.length > 0 ? gateReason : reasonOf(ready)),
    condition('ContainersReady', containersReady, reasonOf(containersReady)),
    condition('PodScheduled', true),
  ].map(next => keepTime(conditionOf(current, next.type), next, now))
  return [...own, ...current.filter(({ type }) => conditionOf(own, type) === undefined)]
}

const condition = (type: string, is: boolean, why: { readonly reason?: string; readonly message?: string } = {}): Condition => ({
  type,
  status: is ? 'True' : 'False',
  ...why,
})

function initProblem({ initContainers }: PodFacts): { readonly reason: string; readonly message: string } {
  const waiting = initContainers
    .filter(container => (container.sidecar ? !container.started : !isDone(container)))
    .map(({ name }) => name)
  return { reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${waiting.join(' ')}]` }
}

const keepTime = (before: Condition | undefined, next: Condition, now: string): Condition => ({
  ...next,
  lastTransitionTime: before?.status === next.status ? (before.lastTransitionTime ?? now) : now,
})

function unmetGates(pod: Pod): readonly string[] {
  const gates = (pod.spec['readinessGates'] ?? []) as readonly { readonly conditionType: string }[]
  return gates
    .map(({ conditionType }) => conditionType)
    .filter(type => conditionOf(pod.status?.conditions, type)?.status !== 'True')
}

function renderContainer({ name, image, state, lastState, started, ready, restartCount, pid }: ContainerFacts) {
  return {
    name,
    image,
    imageID: '',
    ...(pid === undefined ? {} : { containerID: `process://${pid}` }),
    ready,
    started,
    restartCount,
    state,
    lastState: lastState ?? {},
  }
}
