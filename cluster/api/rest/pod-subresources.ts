/** Subresources that only some kinds have: a pod's log, eviction and binding, a namespace's finalize. */
import type { Api, LogRequest } from '../api.ts'
import { parseObject } from '../body.ts'
import { type Answer, type Call, jsonAnswer } from '../call.ts'
import { badRequest, conflict, Failure } from '../failure.ts'
import { at, childOf, draftOf, ensureChild, type JsonObject, numberOf, objectsOf, stringsOf, textOf } from '../json.ts'
import { matchesLabels } from '../selectors.ts'
import type { Stored } from '../store.ts'
import { toServed } from './convert.ts'
import { deleteObject } from './delete.ts'
import { getObject } from './read.ts'
import { subjectOf } from './subject.ts'
import { changeObject } from './update.ts'

const flag = (call: Call, name: string) => ['true', '1'].includes(call.query.get(name) ?? '')

const count = (call: Call, name: string): number | undefined => {
  const text = call.query.get(name)
  if (!text) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0)
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be greater than or equal to 0`)
  return value
}

/** The container that is meant: the one asked for, or the only one, or the one that an annotation names. */
const containerOf = (pod: Stored, asked: string | null): string | undefined => {
  const names = [...objectsOf(at(pod, 'spec', 'containers')), ...objectsOf(at(pod, 'spec', 'initContainers'))].map(({ name }) =>
    textOf(name),
  )
  if (asked && !names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`)
  if (asked) return asked
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  if (names.length === 1 || (preferred && names.includes(preferred))) return preferred ?? names[0]
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`)
}

/** GET `/log`: what the node has of the container's output; `follow=true` stays open. */
export const handleLog = async (api: Api, call: Call): Promise<Answer> => {
  const pod = getObject(api, call)
  const request: LogRequest = {
    namespace: call.namespace ?? '',
    pod: call.name ?? '',
    container: containerOf(pod, call.query.get('container')),
    follow: flag(call, 'follow'),
    previous: flag(call, 'previous'),
    timestamps: flag(call, 'timestamps'),
    tailLines: count(call, 'tailLines'),
    sinceSeconds: count(call, 'sinceSeconds'),
    limitBytes: count(call, 'limitBytes'),
    signal: call.signal,
  }
  const body = api.podLogs()?.(request)
  if (!body)
    throw badRequest(
      `container ${JSON.stringify(request.container)} in pod ${JSON.stringify(request.pod)} is waiting to start: ContainerCreating`,
    )
  return { status: 200, headers: { 'content-type': 'text/plain' }, body }
}

const guardsOf = (api: Api, pod: Stored): readonly Stored[] =>
  api.store
    .list('policy/poddisruptionbudgets', pod.metadata.namespace)
    .filter(budget => matchesLabels(at(budget, 'spec', 'selector'), stringsOf(pod.metadata.labels)))

const refuseEviction = (budget: Stored): Failure =>
  new Failure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget.metadata.name} needs ${String(at(budget, 'status', 'desiredHealthy') ?? 0)} healthy pods and has ${String(at(budget, 'status', 'currentHealthy') ?? 0)} currently`,
      },
    ],
  })

/** One allowance of the budget is used up until its controller counts again. */
const useAllowance = (api: Api, budget: Stored, pod: Stored): void => {
  const allowed = numberOf(at(budget, 'status', 'disruptionsAllowed')) ?? 0
  if (allowed <= 0) throw refuseEviction(budget)
  const draft = draftOf(budget)
  const status = ensureChild(draft, 'status')
  status['disruptionsAllowed'] = allowed - 1
  ensureChild(status, 'disruptedPods')[pod.metadata.name] = `${api.clock().toISOString().slice(0, 19)}Z`
  api.store.replace('policy/poddisruptionbudgets', budget, draft as unknown as Stored)
}

const needsNoBudget = (pod: Stored): boolean =>
  ['Pending', 'Succeeded', 'Failed'].includes(textOf(at(pod, 'status', 'phase'))) || pod.metadata.deletionTimestamp !== undefined

/** POST `/eviction`: a deletion that asks the PodDisruptionBudgets first. */
export const handleEviction = async (api: Api, call: Call): Promise<Answer> => {
  const body = parseObject(call.body, call.headers['content-type'])
  const pod = getObject(api, call)
  const guards = needsNoBudget(pod) ? [] : guardsOf(api, pod)
  if (guards.length > 1)
    throw new Failure(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  const [budget] = guards
  if (budget && !call.dryRun) useAllowance(api, budget, pod)
  else if (budget && (numberOf(at(budget, 'status', 'disruptionsAllowed')) ?? 0) <= 0) throw refuseEviction(budget)
  const seconds = numberOf(at(body, 'deleteOptions', 'gracePeriodSeconds'))
  const uid = textOf(at(body, 'deleteOptions', 'preconditions', 'uid'))
  const options = { dryRun: call.dryRun, ...(seconds === undefined ? {} : { graceSeconds: seconds }), ...(uid ? { uid } : {}) }
  await deleteObject(api, { ...call, subresource: undefined }, call.name ?? '', options)
  return jsonAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

const bindTo = (call: Call, node: string, now: string) => (current: JsonObject) => {
  if (textOf(at(current, 'spec', 'nodeName')))
    throw conflict(
      subjectOf(call.kind, call.name ?? ''),
      `pod ${call.name} is already assigned to node ${JSON.stringify(textOf(at(current, 'spec', 'nodeName')))}`,
    )
  const draft = draftOf(current)
  ensureChild(draft, 'spec')['nodeName'] = node
  const status = ensureChild(draft, 'status')
  const others = objectsOf(status['conditions']).filter(condition => condition['type'] !== 'PodScheduled')
  status['conditions'] = [...others, { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now }]
  return draft
}

/** POST `/binding`: a scheduler's decision which node runs a pod. */
export const handleBinding = async (api: Api, call: Call): Promise<Answer> => {
  const binding = parseObject(call.body, call.headers['content-type'])
  const node = textOf(at(binding, 'target', 'name'))
  if (!node) throw badRequest('target.name: Required value: the node that is to run the pod')
  const now = `${api.clock().toISOString().slice(0, 19)}Z`
  await changeObject(api, call, bindTo(call, node, now))
  return jsonAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

/** PUT `/finalize` of a namespace: takes its spec.finalizers over. */
export const handleFinalize = async (api: Api, call: Call): Promise<Answer> => {
  const body = draftOf(parseObject(call.body, call.headers['content-type']))
  const finalizers = childOf(body, 'spec')?.['finalizers']
  const stored = await changeObject(api, call, current => {
    const draft = draftOf(current)
    ensureChild(draft, 'spec')['finalizers'] = finalizers ?? []
    return draft
  })
  return jsonAnswer(200, toServed(call.kind, stored))
}
