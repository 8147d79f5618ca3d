/** One template of an Experiment: its ReplicaSet, its Service and how far it is. */
import { pointer } from '../../api/json-patch.ts'
import type { ReplicaSet, Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { event, type RolloutIntent } from '../rollout/intents.ts'
import { TEMPLATE_NAME } from '../rollout/names.ts'
import { SCALE_DOWN_DEADLINE } from '../rollout/replicas/scale-down-delay.ts'
import { parseTime, wholeSecond } from '../time.ts'
import { type ExperimentContext, isTimeUp, replicaSetOf, type TemplateSpec, type TemplateStatus } from './context.ts'
import { makeReplicaSet, makeService, replicaSetName } from './make.ts'
import { isOver } from './phases.ts'

export type TemplatePlan = {
  readonly intents: readonly RolloutIntent[]
  readonly status: TemplateStatus
  readonly wakeAt?: number
}

type Sizing = { readonly intents: readonly RolloutIntent[]; readonly wakeAt?: number }

const DELAY_SECONDS = 30

const resize = (set: ReplicaSet, to: number, why: string): readonly RolloutIntent[] => {
  const from = set.spec.replicas ?? 1
  if (from === to) return []
  const { name } = set.metadata
  const text = `Scaled ${to > from ? 'up' : 'down'} ReplicaSet ${name} from ${from} to ${to}`
  return [{ kind: 'scale', replicaSet: name, from, to, why }, event('ScalingReplicaSet', text)]
}

/** Pods stay until the deadline that is noted on the ReplicaSet, so that nothing that still comes to them is lost. */
const shrink = ({ spec, now }: ExperimentContext, set: ReplicaSet): Sizing => {
  const delayMs = (spec.scaleDownDelaySeconds ?? DELAY_SECONDS) * 1000
  const down = { intents: resize(set, 0, 'the experiment is over') }
  if (delayMs === 0 || down.intents.length === 0) return down
  const until = parseTime(set.metadata.annotations?.[SCALE_DOWN_DEADLINE])
  if (until !== undefined) return until <= now ? down : { intents: [], wakeAt: until }
  const patch = [
    { op: 'add' as const, path: pointer('metadata', 'annotations', SCALE_DOWN_DEADLINE), value: wholeSecond(now + delayMs) },
  ]
  const why = 'its pods are kept for a while after the end'
  return { intents: [{ kind: 'patchReplicaSet', name: set.metadata.name, patch, why }], wakeAt: now + delayMs }
}

/** An experiment that starts again has no deadline any more. */
const grow = (set: ReplicaSet, wanted: number): Sizing => {
  const isMarked = set.metadata.annotations?.[SCALE_DOWN_DEADLINE] !== undefined
  const patch = [{ op: 'remove' as const, path: pointer('metadata', 'annotations', SCALE_DOWN_DEADLINE) }]
  const unmark = { kind: 'patchReplicaSet' as const, name: set.metadata.name, patch, why: 'it is needed again' }
  return { intents: [...(isMarked ? [unmark] : []), ...resize(set, wanted, 'pods of the template')] }
}

const serviceOf = ({ seen }: ExperimentContext, { name }: TemplateSpec): Service | undefined =>
  seen.services.find(({ metadata }) => metadata.deletionTimestamp === undefined && metadata.annotations?.[TEMPLATE_NAME] === name)

type Serving = { readonly intents: readonly RolloutIntent[]; readonly fields: Partial<TemplateStatus>; readonly problem?: string }

/** The Service comes with the pods and goes when the last of them is gone. */
const serve = (context: ExperimentContext, template: TemplateSpec, set: ReplicaSet, wanted: number): Serving => {
  const found = serviceOf(context, template)
  const isEmpty = set.spec.replicas === 0 && (set.status?.availableReplicas ?? 0) === 0
  const made = wanted > 0 && found === undefined ? makeService(context, template, set) : undefined
  if (made !== undefined) {
    const { name } = made.metadata
    const said = context.seen.refused?.get(name)
    if (said !== undefined)
      return { intents: [], fields: {}, problem: `Failed to create Service ${name} for template '${template.name}': ${said}` }
    return { intents: [{ kind: 'createService', service: made }], fields: serviceFields(made, set) }
  }
  if (found === undefined) return { intents: [], fields: {} }
  if (wanted > 0 || !isEmpty) return { intents: [], fields: serviceFields(found, set) }
  const { name, uid = '' } = found.metadata
  return { intents: [{ kind: 'deleteService', name, uid }], fields: {} }
}

const serviceFields = (service: Service, set: ReplicaSet): Partial<TemplateStatus> => ({
  serviceName: service.metadata.name,
  podTemplateHash: set.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] ?? '',
})

const COUNTS = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const

const countsOf = (set: ReplicaSet | undefined): Pick<TemplateStatus, (typeof COUNTS)[number]> => {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = set?.status ?? {}
  return { replicas, updatedReplicas: replicas, readyReplicas, availableReplicas }
}

/** `since`: when something last moved; the deadline counts from then. */
const judge = (
  context: ExperimentContext,
  template: TemplateSpec,
  before: TemplateStatus,
  now: { readonly wanted: number; readonly available: number; readonly since: string },
): Pick<TemplateStatus, 'status' | 'message'> => {
  const kept = before.message === undefined ? {} : { message: before.message }
  if (isOver(before.status)) return { ...(before.status && { status: before.status }), ...kept }
  if (context.isTerminating) return { status: 'Successful', ...kept }
  if (now.wanted === now.available) return { status: isTimeUp(context) ? 'Successful' : 'Running', ...kept }
  const late = (parseTime(now.since) ?? context.now) + context.deadlineMs
  if (context.now <= late) return { status: 'Progressing', ...kept }
  const message = `Template '${template.name}' exceeded its progressDeadlineSeconds (${context.deadlineMs / 1000})`
  return { status: 'Failed', message }
}

const transition = (
  { name, status: before = '' }: TemplateStatus,
  { status: after = '', message }: TemplateStatus,
): readonly RolloutIntent[] => {
  if (before === after) return []
  const type = after === 'Failed' || after === 'Error' ? 'Warning' : 'Normal'
  const why = message === undefined ? '' : `: ${message}`
  return [event(`Template${after}`, `Template '${name}' transitioned from ${before} -> ${after}${why}`, type)]
}

const failed = (before: TemplateStatus, message: string, set?: ReplicaSet): TemplatePlan => {
  const status: TemplateStatus = { ...before, ...countsOf(set), status: 'Error', message }
  return { intents: transition(before, status), status }
}

const wantedOf = ({ isTerminating }: ExperimentContext, { replicas = 1 }: TemplateSpec, { status }: TemplateStatus): number =>
  isTerminating || isOver(status) ? 0 : replicas

const make = (context: ExperimentContext, template: TemplateSpec, before: TemplateStatus, wanted: number): TemplatePlan => {
  const said = context.seen.refused?.get(replicaSetName(context, template))
  if (said !== undefined) return failed(before, `Failed to create ReplicaSet for template '${template.name}': ${said}`)
  const set = makeReplicaSet(context, template, wanted)
  const since = wholeSecond(context.now)
  const told = event('ScalingReplicaSet', `Scaled up ReplicaSet ${set.metadata.name} from 0 to ${wanted}`)
  const status: TemplateStatus = {
    ...before,
    ...countsOf(undefined),
    lastTransitionTime: since,
    ...judge(context, template, before, { wanted, available: 0, since }),
  }
  return { intents: [{ kind: 'createReplicaSet', replicaSet: set }, told, ...transition(before, status)], status }
}

const follow = (
  context: ExperimentContext,
  template: TemplateSpec,
  before: TemplateStatus,
  { set, wanted }: { readonly set: ReplicaSet; readonly wanted: number },
): TemplatePlan => {
  const { serviceName: _, podTemplateHash: __, ...rest } = before
  const serving = serve(context, template, set, wanted)
  if (serving.problem !== undefined) return failed(before, serving.problem, set)
  const sizing = wanted === 0 ? shrink(context, set) : grow(set, wanted)
  const counts = countsOf(set)
  const hasMoved =
    sizing.intents.some(({ kind }) => kind === 'scale') || COUNTS.some(count => (before[count] ?? 0) !== counts[count])
  const since = hasMoved ? wholeSecond(context.now) : (before.lastTransitionTime ?? wholeSecond(context.now))
  const judged = judge(context, template, before, { wanted, available: counts.availableReplicas ?? 0, since })
  const status: TemplateStatus = { ...rest, ...counts, lastTransitionTime: since, ...serving.fields, ...judged }
  const late = judged.status === 'Progressing' ? (parseTime(since) ?? context.now) + context.deadlineMs + 1 : undefined
  const wakeAt = sizing.wakeAt ?? late
  const intents = [...serving.intents, ...sizing.intents, ...transition(before, status)]
  return { intents, status, ...(wakeAt !== undefined && { wakeAt }) }
}

/** There is no ReplicaSet, and none is needed any more. */
const end = (context: ExperimentContext, template: TemplateSpec, before: TemplateStatus): TemplatePlan => {
  const judged = judge(context, template, before, { wanted: 0, available: 0, since: before.lastTransitionTime ?? '' })
  const status: TemplateStatus = { ...before, ...countsOf(undefined), ...judged }
  return { intents: transition(before, status), status }
}

/** `before`: its status as last reported. */
export const planTemplate = (context: ExperimentContext, template: TemplateSpec, before: TemplateStatus): TemplatePlan => {
  const wanted = wantedOf(context, template, before)
  const set = replicaSetOf(context, template)
  if (set !== undefined) return follow(context, template, before, { set, wanted })
  return wanted > 0 ? make(context, template, before, wanted) : end(context, template, before)
}
