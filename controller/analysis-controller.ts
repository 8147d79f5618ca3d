/** One pass over one AnalysisRun: measure what is due, assess, write the status if that says something new. */

import type { Measured } from '../analysis/measured.ts'
import { limitsOf, retentionOf } from '../analysis/metric-limits.ts'
import { numberOf, openOf } from '../analysis/metric-result.ts'
import type { MeasureRequest } from '../analysis/providers/provider.ts'
import type { Measure } from '../analysis/providers/registry.ts'
import { redactStatus } from '../analysis/redact.ts'
import { type Assessment, assess, giveUp, isOver, metricsToEnd, metricsToMeasure } from '../analysis/run.ts'
import { shortenTexts } from '../analysis/status-texts.ts'
import { eventsBetween, isWorthWriting } from '../analysis/status-writes.ts'
import { deleteAt } from '../analysis/time-to-live.ts'
import type { AnalysisRun, AnalysisRunStatus, Metric } from '../api/analysis-run.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import { isConflict, isNotFound } from '../kube/errors.ts'
import type { EventRecorder } from '../kube/events.ts'
import type { Informer } from '../kube/informer.ts'
import type { Logger } from '../kube/log.ts'
import { ANALYSIS_RUNS } from '../kube/resources.ts'
import { readArgumentValues } from './analysis-arguments.ts'
import { mergePatchBetween } from './merge-patch.ts'

export type AnalysisControllerOptions = {
  readonly client: KubeClient
  readonly runs: Pick<Informer<AnalysisRun>, 'get'>
  /** How metrics are measured; see analysis/providers/registry.ts. */
  readonly measure: Measure
  readonly events: Pick<EventRecorder, 'record'>
  /** Others belong to another controller. */
  readonly isOurs: (run: AnalysisRun) => boolean
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

/** When to look again: `afterMs` from now, or only when the run changes. */
export type AnalysisOutcome = { readonly afterMs?: number }

/** How soon a pass is tried again that was refused because the run had changed. */
const CONFLICT_MS = 50

/** What this process wrote last, used until the cache shows another version than it did when the write was answered. */
type Written = { readonly over: string | undefined; readonly run: AnalysisRun; readonly at: number }

type Context = AnalysisControllerOptions & { readonly written: Map<string, Written> }

/**
 * Makes the function that the queue's workers call with `NAMESPACE/NAME`. It keeps nothing that a restart would lose: what checks are
 * judged by is in the routers, what was measured is in the run's status.
 */
export const makeAnalysisController = (options: AnalysisControllerOptions): ((key: string) => Promise<AnalysisOutcome>) => {
  const context: Context = { ...options, written: new Map() }
  return async key => {
    const run = newestOf(context, key)
    if (!run || !options.isOurs(run) || run.metadata.deletionTimestamp !== undefined) {
      context.written.delete(key)
      return {}
    }
    try {
      return await (isOver(run) ? expire(context, key, run) : step(context, key, run))
    } catch (error) {
      if (isNotFound(error)) return {}
      if (!isConflict(error)) throw error
      context.written.delete(key)
      return { afterMs: CONFLICT_MS }
    }
  }
}

const cachedIn = ({ runs }: Context, key: string): AnalysisRun | undefined => {
  const [namespace = '', name = ''] = key.split('/')
  return runs.get(namespace, name)
}

const newestOf = (context: Context, key: string): AnalysisRun | undefined => {
  const cached = cachedIn(context, key)
  const own = context.written.get(key)
  const isBehind =
    own !== undefined && own.run.metadata.uid === cached?.metadata.uid && own.over === cached?.metadata.resourceVersion
  return isBehind ? own.run : cached
}

/** Refused with a conflict when anybody changed the run meanwhile, e.g. asked for its end. */
const write = async (context: Context, key: string, run: AnalysisRun, status: AnalysisRunStatus): Promise<void> => {
  const { client, clock, events, log, written } = context
  const { resourceVersion, namespace = '', name } = run.metadata
  const patch = { metadata: { resourceVersion }, status: mergePatchBetween(run.status ?? {}, status) }
  const answer = await client.patch<AnalysisRun>(ANALYSIS_RUNS, { namespace, name }, 'merge', patch)
  written.set(key, { over: cachedIn(context, key)?.metadata.resourceVersion, run: answer, at: clock.now() })
  for (const event of eventsBetween(run.status, status)) events.record(answer, event)
  if (run.status?.phase !== status.phase) log.info('analysis run', { run: key, phase: status.phase, why: status.message })
}

const expire = async ({ client, clock, log }: Context, key: string, run: AnalysisRun): Promise<AnalysisOutcome> => {
  const at = deleteAt(run)
  if (at === undefined) return {}
  if (at > clock.now()) return { afterMs: at - clock.now() }
  const { uid, namespace = '', name } = run.metadata
  await client.delete(ANALYSIS_RUNS, { namespace, name }, { ...(uid === undefined ? {} : { uid }), propagation: 'Background' })
  log.info('analysis run deleted, as its ttlStrategy says', { run: key })
  return {}
}

const step = async (context: Context, key: string, run: AnalysisRun): Promise<AnalysisOutcome> => {
  const now = context.clock.now()
  const { status, wakeAt } = await measureAndAssess(context, run, now)
  const lastWriteAt = context.written.get(key)?.at
  if (isWorthWriting(run.status, status, { lastWriteAt, now })) await write(context, key, run, status)
  // A run that is over comes back through its own change, for its time to live.
  return wakeAt === undefined ? {} : { afterMs: Math.max(0, wakeAt - context.clock.now()) }
}

/** Secrets are read only when something is measured, and what they hold does not get into the status. */
const measureAndAssess = async ({ client, measure }: Context, run: AnalysisRun, now: number): Promise<Assessment> => {
  const due = [...metricsToMeasure(run, now), ...metricsToEnd(run)]
  if (due.length === 0) return assess(run, new Map(), now)
  const read = await readArgumentValues(client, run, due)
  if ('problem' in read) return giveUp(run, `Unable to resolve metric arguments: ${read.problem}`, now)
  const { values, secrets } = read
  const [measured, ended] = await Promise.all([
    askAll(run, metricsToMeasure(run, now, values), now, measure.measure),
    askAll(run, metricsToEnd(run, values), now, measure.end),
  ])
  const { status, ...rest } = assess(run, new Map([...measured, ...ended]), now, { values, describe: measure.describe })
  // Hidden first: of a secret that is cut in two, the first part would not be known as one.
  return { status: shortenTexts(redactStatus(status, secrets)), ...rest }
}

/** From when on the canary is judged: a controller that was down when the run was made loses nothing. */
const sinceOf = (run: AnalysisRun, metric: Metric, now: number): number => {
  const times = [run.metadata.creationTimestamp, run.status?.startedAt]
    .map(time => Date.parse(time ?? ''))
    .filter(time => !Number.isNaN(time))
  return Math.min(now, ...times) + limitsOf(metric).initialDelay
}

const requestFor = (run: AnalysisRun, metric: Metric, now: number): Omit<MeasureRequest, 'config'> => {
  const { name, namespace = '', uid = '' } = run.metadata
  const result = run.status?.metricResults?.find(one => one.name === metric.name)
  const open = openOf(result)
  return {
    namespace,
    run: { name, uid },
    metric,
    since: sinceOf(run, metric, now),
    passedBefore: (result?.successful ?? 0) > 0,
    number: numberOf(result),
    ...(open && { begun: open.metadata ?? {} }),
    kept: retentionOf(run.spec, metric.name),
    now,
  }
}

const askAll = async (
  run: AnalysisRun,
  metrics: readonly Metric[],
  now: number,
  ask: Measure['measure'],
): Promise<readonly (readonly [string, Measured])[]> =>
  Promise.all(metrics.map(async metric => [metric.name, await ask(requestFor(run, metric, now))] as const))
