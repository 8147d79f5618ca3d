/** Gather, plan, execute, report: one pass over one Experiment. What to do is decided in engine/experiment/. */
import type { Experiment } from '../../api/experiment.ts'
import type { KubeObject } from '../../api/kubernetes.ts'
import { type ExperimentPlan, planExperiment } from '../../engine/experiment/plan.ts'
import type { ExperimentSeen } from '../../engine/experiment/seen.ts'
import type { RolloutIntent } from '../../engine/rollout/intents.ts'
import type { Resource } from '../../kube/client.ts'
import { isAlreadyExists, isApiError, messageOf } from '../../kube/errors.ts'
import { ANALYSIS_RUNS, EXPERIMENTS, REPLICA_SETS, SERVICES } from '../../kube/resources.ts'
import type { Executor } from '../execute.ts'
import { mergePatchBetween } from '../merge-patch.ts'
import { BEHIND_MS, CONFLICT_MS, isStale, type Outcome, type RolloutControllerOptions, summarise } from '../rollout-controller.ts'
import type { Scope } from '../scope.ts'
import { type Executed, executeRollout } from '../user-rollouts/execute.ts'
import { gatherExperiment } from './gather.ts'
import { isForUs } from './select.ts'

type Options = { readonly scope: Scope } & Pick<
  RolloutControllerOptions,
  'client' | 'caches' | 'expectations' | 'events' | 'clock' | 'log'
>

type EventIntent = Extract<RolloutIntent, { readonly kind: 'event' }>

const isEvent = (intent: RolloutIntent): intent is EventIntent => intent.kind === 'event'
/** An Experiment has no steps, and so no plugins. */
const isNoEvent = (intent: RolloutIntent): intent is Executed => !isEvent(intent) && intent.kind !== 'askStepPlugin'

type Made = { readonly resource: Resource; readonly object: KubeObject }

const madeBy = (intent: RolloutIntent): Made | undefined => {
  if (intent.kind === 'createReplicaSet') return { resource: REPLICA_SETS, object: intent.replicaSet }
  if (intent.kind === 'createService') return { resource: SERVICES, object: intent.service }
  return intent.kind === 'createAnalysisRun' ? { resource: ANALYSIS_RUNS, object: intent.run } : undefined
}

const executorFor = (
  { client, events, expectations }: Options,
  key: string,
  { namespace, name, experiment }: ExperimentSeen,
): Executor => ({
  client,
  events,
  namespace,
  name,
  about: experiment,
  rollout: undefined,
  wrote: object => expectations.wrote(key, object),
  target: () => undefined,
  probed: () => undefined,
})

/** Kept apart from keys of Rollouts, whose names an Experiment may share. */
export const expectationKey = (key: string): string => `experiment ${key}`

export const makeExperimentController = (options: Options): ((key: string) => Promise<Outcome>) => {
  const { client, caches, expectations, clock, log, events } = options

  /** What the API server said when it will not take the object however often it is asked; undefined when only the view was old. */
  const refusalOf = async (error: unknown, { resource, object }: Made, uid: string): Promise<string | undefined> => {
    if (isApiError(error) && [400, 403, 422].includes(error.status)) return messageOf(error)
    if (!isAlreadyExists(error)) return undefined
    const { namespace = '', name } = object.metadata
    const there = await client.get(resource, { namespace, name })
    const isOwn = (there.metadata.ownerReferences ?? []).some(owner => owner.controller === true && owner.uid === uid)
    return isOwn ? undefined : messageOf(error)
  }

  /** Answers the object that was refused, with the reason; the plan is then made again with that. Events wait for the status. */
  const carryOut = async (
    key: string,
    seen: ExperimentSeen,
    { intents }: ExperimentPlan,
  ): Promise<readonly [string, string] | undefined> => {
    const executor = executorFor(options, expectationKey(key), seen)
    for (const intent of intents.filter(isNoEvent)) {
      log.info('intent', { experiment: key, intent: summarise(intent) })
      try {
        await executeRollout(intent, executor, undefined)
      } catch (error) {
        const made = madeBy(intent)
        const said = made && (await refusalOf(error, made, seen.experiment.metadata.uid ?? ''))
        if (made === undefined || said === undefined) throw error
        return [made.object.metadata.name, said]
      }
    }
    return undefined
  }

  /** Experiments have no subresource for it. Whoever wrote since (a person who starts it again) is not written over. */
  const writeStatus = async (key: string, { experiment, namespace, name }: ExperimentSeen, wanted: Experiment['status']) => {
    const status = wanted === undefined ? undefined : mergePatchBetween(experiment.status ?? {}, wanted)
    if (status === undefined) return
    const body = { metadata: { resourceVersion: experiment.metadata.resourceVersion }, status }
    expectations.wrote(expectationKey(key), await client.patch(EXPERIMENTS, { namespace, name }, 'merge', body))
  }

  const pass = async (key: string, seen: ExperimentSeen): Promise<Outcome> => {
    const planned = planExperiment(seen, clock.now())
    const refused = await carryOut(key, seen, planned)
    if (refused !== undefined) return pass(key, { ...seen, refused: new Map([...(seen.refused ?? []), refused]) })
    await writeStatus(key, seen, planned.status)
    for (const { type, reason, message } of planned.intents.filter(isEvent))
      events.record(seen.experiment, { type, reason, message })
    return planned.wakeAt === undefined ? {} : { afterMs: Math.max(0, planned.wakeAt - clock.now()) }
  }

  return async key => {
    const [namespace = '', name = ''] = key.split('/')
    const experiment = caches.experiments.get(namespace, name)
    if (experiment === undefined || !isForUs(experiment, options.scope)) return {}
    if (expectations.isBehind(expectationKey(key))) return { afterMs: BEHIND_MS }
    try {
      return await pass(key, await gatherExperiment({ caches, client }, experiment))
    } catch (error) {
      if (!isStale(error)) throw error
      log.debug('the view was stale; looking again', { experiment: key, error: String(error) })
      return { afterMs: CONFLICT_MS }
    }
  }
}
