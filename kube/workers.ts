/** Workers that take keys from a queue and reconcile them; what happens after each is decided in one place. */
import { setImmediate as turn } from 'node:timers/promises'
import { isConflict } from './errors.ts'
import type { Logger } from './log.ts'
import type { WorkQueue } from './work-queue.ts'

/** Look at the key again after a time, whatever happens meanwhile. */
export type ReconcileResult = { readonly requeueAfterMs?: number }

/** Brings one key to what it should be. Gets a signal that is aborted when its time is up. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult | undefined> | Promise<void>

/** An error that trying again will not cure. */
export class TerminalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TerminalError'
  }
}

export type ReconcileOutcome = 'success' | 'requeue_after' | 'conflict' | 'error' | 'terminal'

/** Told once for each reconcile; see metrics.ts. */
export type ReconcileMetrics = { readonly reconciled: (outcome: ReconcileOutcome, ms: number) => void }

export type WorkerOptions = {
  readonly queue: WorkQueue
  readonly workers: number
  readonly reconcile: Reconcile
  readonly log: Logger
  readonly metrics?: ReconcileMetrics
  /** When the signal of one reconcile is aborted. Default one minute. */
  readonly timeoutMs?: number
}

type Ended = { readonly result: ReconcileResult | undefined } | { readonly error: unknown }

const attempt = async (reconcile: Reconcile, key: string, timeoutMs: number): Promise<Ended> => {
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(new DOMException(`not done within ${timeoutMs} ms`, 'TimeoutError')), timeoutMs)
  try {
    return { result: (await reconcile(key, ending.signal)) ?? undefined }
  } catch (error) {
    return { error }
  } finally {
    clearTimeout(timer)
  }
}

const outcomeOf = (ended: Ended): ReconcileOutcome => {
  if (!('error' in ended)) return ended.result?.requeueAfterMs === undefined ? 'success' : 'requeue_after'
  if (ended.error instanceof TerminalError) return 'terminal'
  return isConflict(ended.error) ? 'conflict' : 'error'
}

/** The whole policy of retries. */
const settle = (queue: WorkQueue, key: string, ended: Ended, log: Logger): ReconcileOutcome => {
  const outcome = outcomeOf(ended)
  const error = 'error' in ended ? ended.error : undefined
  switch (outcome) {
    case 'error':
      queue.addRateLimited(key)
      log.error('reconcile failed; trying again', { key, failures: queue.failures(key), error })
      break
    case 'conflict':
      // The cache was behind: it will have caught up in a moment. Nothing is wrong.
      queue.addRateLimited(key)
      log.debug('the object had changed; trying again', { key, error })
      break
    case 'terminal':
      queue.forget(key)
      log.error('reconcile failed for good', { key, error })
      break
    case 'requeue_after':
      queue.forget(key)
      queue.addAfter(key, 'result' in ended ? (ended.result?.requeueAfterMs ?? 0) : 0)
      break
    case 'success':
      queue.forget(key)
      break
  }
  return outcome
}

/** Resolves when the queue was shut down and is empty. Never rejects. */
export const runWorkers = async ({
  queue,
  workers,
  reconcile,
  log,
  metrics,
  timeoutMs = 60_000,
}: WorkerOptions): Promise<void> => {
  const work = async (): Promise<void> => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      const startedAt = performance.now()
      const ended = await attempt(reconcile, key, timeoutMs)
      const outcome = settle(queue, key, ended, log)
      queue.done(key)
      metrics?.reconciled(outcome, performance.now() - startedAt)
      // A reconcile that never waits would keep the probes and the lease from their turn.
      await turn()
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
}
