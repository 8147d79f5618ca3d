/** Gather, plan, execute, report: one pass over one Rollout of a user. What to do is decided in engine/rollout/. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import { applyConditions } from '../../engine/conditions.ts'
import type { RolloutIntent } from '../../engine/rollout/intents.ts'
import type { RolloutPlan } from '../../engine/rollout/plan.ts'
import type { RolloutSeen } from '../../engine/rollout/seen.ts'
import { isApiError, messageOf } from '../../kube/errors.ts'
import { ROLLOUTS } from '../../kube/resources.ts'
import { TRAFFIC_PROVIDERS } from '../../traffic/registry.ts'
import type { Executor } from '../execute.ts'
import { mergePatchBetween } from '../merge-patch.ts'
import {
  BEHIND_MS,
  CONFLICT_MS,
  isStale,
  type Outcome,
  PROBED_MS,
  type RolloutControllerOptions,
  summarise,
} from '../rollout-controller.ts'
import { type Executed, executeRollout } from './execute.ts'
import { gatherRollout } from './gather.ts'
import { makeHold } from './hold-counts.ts'
import { type Planned, planThrough } from './plan-through.ts'
import type { StepPlugins } from './step-plugins.ts'
import { makeTrafficReader, type TrafficOptions } from './traffic.ts'
import { makeWorkloadReader, POD_TEMPLATE_MS } from './workload.ts'

type Options = TrafficOptions &
  Pick<RolloutControllerOptions, 'expectations' | 'events'> & {
    readonly stepPlugins: StepPlugins
  }

/** After a ReplicaSet that the API server refused: a quota or a policy may be changed. */
const REFUSED_MS = 20_000

/** The API server does not take the ReplicaSet as it is: trying again at once would be refused again. */
const isRefusal = (error: unknown): boolean => isApiError(error) && [400, 403, 422].includes(error.status)

const isExecuted = (intent: RolloutIntent): intent is Executed => intent.kind !== 'askStepPlugin'

/** `rollout`: as it was seen, which is what writes are compared with. */
type Pass = Planned & { readonly key: string; readonly rollout: Rollout }

/** The newest version of the Rollout that this pass knows, or what to do about a ReplicaSet that was refused. */
type Attempt = { readonly resourceVersion: string | undefined } | { readonly refused: Outcome }

const executorFor = (
  { client, events, expectations }: Options,
  key: string,
  { namespace, name, rollout }: RolloutSeen,
  probes: Pick<Executor, 'target' | 'probed'>,
): Executor => ({
  client,
  events,
  namespace,
  name,
  about: rollout,
  rollout,
  wrote: (object: KubeObject) => expectations.wrote(key, object),
  ...probes,
})

export const makeUserRolloutController = (options: Options): ((key: string, rollout: Rollout) => Promise<Outcome>) => {
  const { client, caches, expectations, clock, log, events, stepPlugins } = options
  const readWorkload = makeWorkloadReader(options)
  const traffic = makeTrafficReader(options)
  const hold = makeHold(clock.now)

  /**
   * `rollout`: as it was seen. `resourceVersion`: status fields are how people steer (abort, promote), and what came after this view must
   * not be written over.
   */
  const writeStatus = async (
    key: string,
    { metadata: { namespace = '', name, ...metadata }, status: before = {} }: Rollout,
    wanted: Rollout['status'],
    resourceVersion = metadata.resourceVersion,
  ) => {
    const status = wanted === undefined ? undefined : mergePatchBetween(before, wanted)
    if (status === undefined) return
    const body = { metadata: { resourceVersion }, status }
    expectations.wrote(key, await client.patch(ROLLOUTS, { namespace, name }, 'merge', body, 'status'))
  }

  const tellRefusal = async (pass: Pass, name: string, error: unknown): Promise<Outcome> => {
    const { key, rollout, seen } = pass
    const message = `Failed to create new replica set "${name}": ${messageOf(error)}`
    const before = seen.rollout.status?.conditions ?? []
    const wish = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message } as const
    const told = before.find(({ type }) => type === 'Progressing')
    if (told?.message !== message) events.record(seen.rollout, { type: 'Warning', reason: 'ReplicaSetCreateError', message })
    const conditions = [...before.filter(({ type }) => type !== 'Progressing'), ...applyConditions(before, [wish], clock.now())]
    await writeStatus(key, rollout, { ...seen.rollout.status, conditions })
    return { afterMs: REFUSED_MS }
  }

  const attempt = async (
    pass: Pass,
    intent: Executed,
    executor: Executor,
    resourceVersion: string | undefined,
  ): Promise<Attempt> => {
    try {
      return { resourceVersion: await executeRollout(intent, executor, resourceVersion) }
    } catch (error) {
      if (intent.kind !== 'createReplicaSet' || !isRefusal(error)) throw error
      return { refused: await tellRefusal(pass, intent.replicaSet.metadata.name, error) }
    }
  }

  const askPlugins = (key: string, { rollout, stepPlugins: known }: RolloutSeen, intents: RolloutPlan['intents']): void => {
    stepPlugins.taken(key, known?.answers ?? [])
    for (const intent of intents) if (intent.kind === 'askStepPlugin') stepPlugins.ask(key, intent.call, rollout)
  }

  const carryOut = async (pass: Pass): Promise<Outcome> => {
    const { key, rollout, seen, plan } = pass
    const executor = executorFor(options, key, seen, traffic.probes(seen.namespace, seen.traffic))
    let { resourceVersion } = rollout.metadata
    const toTell: Executed[] = []
    try {
      for (const intent of plan.intents.filter(isExecuted)) {
        log.info('intent', { rollout: key, intent: summarise(intent) })
        if (intent.kind === 'event') toTell.push(intent)
        else {
          const done = await attempt(pass, intent, executor, resourceVersion)
          if ('refused' in done) return done.refused
          resourceVersion = done.resourceVersion
        }
      }
      const holdMs = hold({ ...plan, status: plan.status, rollout })
      if (holdMs === 0) await writeStatus(key, rollout, plan.status, resourceVersion)
      askPlugins(key, seen, plan.intents)
      return soonest(nextLook(plan, rollout, clock.now()), holdMs === 0 ? {} : { afterMs: holdMs })
    } finally {
      // Whoever is told looks at the Rollout, and is to find the status that goes with it.
      for (const intent of toTell) await executeRollout(intent, executor, resourceVersion)
    }
  }

  return async (key, rollout) => {
    if (expectations.isBehind(key)) return { afterMs: BEHIND_MS }
    const workload = await readWorkload(rollout)
    const around = await traffic.read(rollout)
    const seen = gatherRollout(caches, rollout, { workload, stepPlugins: stepPlugins.seen(key), traffic: around })
    try {
      return await carryOut({ key, rollout, ...planThrough(seen, clock.now(), TRAFFIC_PROVIDERS) })
    } catch (error) {
      if (!isStale(error)) throw error
      log.debug('the view was stale; looking again', { rollout: key, error: String(error) })
      return { afterMs: CONFLICT_MS }
    }
  }
}

const soonest = (...outcomes: readonly Outcome[]): Outcome => {
  const times = outcomes.flatMap(({ afterMs }) => afterMs ?? [])
  return times.length === 0 ? {} : { afterMs: Math.min(...times) }
}

const nextLook = ({ intents, wakeAt }: RolloutPlan, { spec }: Rollout, now: number): Outcome => {
  const wakes = [
    // What a probe found is known only here: no watch will tell of it.
    ...(intents.some(({ kind }) => kind === 'probe') ? [PROBED_MS] : []),
    ...(wakeAt === undefined ? [] : [Math.max(0, wakeAt - now)]),
    ...(spec.workloadRef?.kind === 'PodTemplate' ? [POD_TEMPLATE_MS] : []),
  ]
  return wakes.length === 0 ? {} : { afterMs: Math.min(...wakes) }
}
