/**
 * At most one of several processes leads. The leader renews a Lease; who does not manage to for `renewDeadlineMs` stops leading by itself,
 * before the `leaseDurationMs` after which another may take over. A process that lost does not lead again: it should end.
 */
import { abortable } from './abortable.ts'
import type { KubeClient } from './client.ts'
import { type Clock, sleep, systemClock, type Timer } from './clock.ts'
import { isAlreadyExists, isConflict, isNotFound, messageOf, orAbsent } from './errors.ts'
import { evaluate, heldSpec, type Lease, leaseFingerprint, releasedSpec } from './lease.ts'
import type { Logger } from './log.ts'
import { LEASES } from './resources.ts'

export type LeaderTiming = {
  readonly leaseDurationMs: number
  readonly renewDeadlineMs: number
  readonly retryPeriodMs: number
}

/** client-go's. */
const TIMING: LeaderTiming = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 }

export type LeaderOptions = {
  readonly client: KubeClient
  readonly lease: { readonly namespace: string; readonly name: string }
  /** Unique to the process, e.g. the pod's name. */
  readonly identity: string
  readonly log: Logger
  /** Leads from now on, until the signal is aborted. A promise that it returns is waited for before the lease is given up on `stop`; if it rejects, leadership is lost. */
  readonly onStarted: (signal: AbortSignal) => void | Promise<void>
  /** Called once when leadership is lost against this process's will (not on `stop`). Everything that leads must have stopped when it returns. */
  readonly onLost: (why: string) => void
  readonly clock?: Clock
  readonly random?: () => number
  readonly timing?: Partial<LeaderTiming>
}

export type LeaderElection = {
  /** Also false as soon as the last renewal is too old, though nobody may have noticed yet. Ask before each write that only a leader may do. */
  readonly isLeader: () => boolean
  /** Who leads as far as this process knows. */
  readonly holder: () => string | undefined
  /** Stops leading, waits for what `onStarted` returned, and gives the lease up so that another need not wait for its end. */
  readonly stop: () => Promise<void>
}

const checkTiming = ({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: LeaderTiming): void => {
  if (!(retryPeriodMs > 0 && renewDeadlineMs > 1.2 * retryPeriodMs && leaseDurationMs > renewDeadlineMs))
    throw new TypeError(
      `leader election: need leaseDurationMs > renewDeadlineMs > 1.2 * retryPeriodMs > 0, as in 15000 > 10000 > 2400; got ${leaseDurationMs}, ${renewDeadlineMs}, ${retryPeriodMs}`,
    )
}

/** True when the promise is done before the time is over. */
const within = (clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> => {
  const ending = new AbortController()
  return Promise.race([promise.then(() => true), sleep(clock, ms, ending.signal).then(() => false)]).finally(() => ending.abort())
}

type State = 'waiting' | 'leading' | 'ended'

class Candidate {
  state: State = 'waiting'
  /** The lease as last read or written, and when this process first saw it like that. */
  lease: Lease | undefined
  readonly ending = new AbortController()
  readonly #options: LeaderOptions
  readonly #timing: LeaderTiming
  readonly #clock: Clock
  readonly #random: () => number
  readonly #log: Logger
  readonly #leading = new AbortController()
  #observedAt = Number.NEGATIVE_INFINITY
  /** When the last request that renewed was sent, not when its answer came: the others count from no earlier. */
  #renewedAt = Number.NEGATIVE_INFINITY
  #deadline: Timer | undefined
  #work: Promise<void> = Promise.resolve()
  #running: Promise<void> = Promise.resolve()

  constructor(options: LeaderOptions) {
    this.#options = options
    this.#timing = { ...TIMING, ...options.timing }
    checkTiming(this.#timing)
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#log = options.log.with({ lease: `${options.lease.namespace}/${options.lease.name}`, identity: options.identity })
  }

  isLeader(): boolean {
    return this.state === 'leading' && !this.#isOverdue()
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    if (!this.#hasEnded()) {
      const boundMs = this.isLeader()
        ? this.#renewedAt + this.#timing.renewDeadlineMs - this.#clock.now()
        : this.#timing.retryPeriodMs
      this.#end()
      const isDone = await within(this.#clock, boundMs, Promise.all([this.#work, this.#running]))
      if (!isDone) this.#log.warn('the work of the leader did not end in time; the lease is left to run out')
      // Also held if a write that took it was on its way at the stop.
      else if (this.lease?.spec?.holderIdentity === this.#options.identity) await this.#release()
    }
    await this.#running
  }

  #hasEnded(): boolean {
    return this.state === 'ended'
  }

  async #run(): Promise<void> {
    while (!this.#hasEnded()) {
      await this.#attempt()
      // Candidates that started together must not ask together for ever.
      const jitter = this.state === 'leading' ? 1 : 1 + 0.2 * this.#random()
      await sleep(this.#clock, this.#timing.retryPeriodMs * jitter, this.ending.signal)
      // After a sleep that took too long (a blocked loop, a suspended machine) nothing may be written before this was looked at.
      this.#checkDeadline()
    }
  }

  #isOverdue(): boolean {
    return this.#clock.now() - this.#renewedAt >= this.#timing.renewDeadlineMs
  }

  /** One try to get or keep the lease; never rejects. */
  async #attempt(): Promise<void> {
    const sentAt = this.#clock.now()
    const tooLong = new AbortController()
    const timer = this.#clock.setTimeout(() => tooLong.abort(new Error('no answer in time')), this.#timing.renewDeadlineMs)
    try {
      const written = await abortable(this.#tryLease(), tooLong.signal)
      if (written && !this.#hasEnded()) this.#afterWrite(sentAt)
    } catch (error) {
      const isRace = isConflict(error) || isAlreadyExists(error)
      this.#log[isRace ? 'debug' : 'warn']('the lease could not be read or written', { error: messageOf(error) })
    } finally {
      timer.cancel()
    }
  }

  /** Answers whether the lease is ours as of now. */
  async #tryLease(): Promise<boolean> {
    // The leader knows the lease; reading it again each time would double the requests.
    if (this.state === 'leading' && this.lease) {
      try {
        return await this.#write(this.lease)
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error
      }
    }
    const lease = await this.#read()
    if (this.#hasEnded()) return false
    const verdict = evaluate(lease, this.#options.identity, this.#observedAt, this.#clock.now())
    if (this.state === 'leading' && verdict !== 'renew')
      this.#lose(`the lease is held by ${JSON.stringify(lease?.spec?.holderIdentity ?? '')}`)
    return verdict === 'wait' || this.#hasEnded() ? false : this.#write(lease)
  }

  #observe(lease: Lease | undefined): void {
    if (leaseFingerprint(lease) !== leaseFingerprint(this.lease)) this.#observedAt = this.#clock.now()
    this.lease = lease
  }

  async #read(): Promise<Lease | undefined> {
    const lease = await orAbsent(this.#options.client.get<Lease>(LEASES, this.#options.lease))
    this.#observe(lease)
    return lease
  }

  async #write(before: Lease | undefined): Promise<boolean> {
    const { client, lease, identity } = this.#options
    const spec = heldSpec(before?.spec, { me: identity, durationMs: this.#timing.leaseDurationMs, now: this.#clock.now() })
    // With the version that was read, so that of two candidates who saw the same only one succeeds.
    const written = before
      ? await client.patch<Lease>(LEASES, lease, 'merge', {
          metadata: { resourceVersion: before.metadata.resourceVersion },
          spec,
        })
      : await client.create<Lease>(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: lease, spec })
    this.#observe(written)
    return true
  }

  #afterWrite(sentAt: number): void {
    // An answer that took that long proves nothing about now; the next try starts afresh.
    if (this.#clock.now() - sentAt >= this.#timing.renewDeadlineMs) return
    if (this.state === 'leading' && this.#isOverdue()) {
      this.#checkDeadline()
      return
    }
    this.#renewedAt = sentAt
    // Beside the comparison of times: a timer does not mind a clock that is set back.
    this.#deadline?.cancel()
    const leftMs = sentAt + this.#timing.renewDeadlineMs - this.#clock.now()
    this.#deadline = this.#clock.setTimeout(() => this.#lose('the lease was not renewed in time'), leftMs)
    if (this.state === 'waiting') this.#lead()
  }

  #lead(): void {
    this.state = 'leading'
    this.#log.info('leads')
    const start = async (): Promise<void> => this.#options.onStarted(this.#leading.signal)
    this.#work = start().catch((error: unknown) => {
      if (this.state !== 'leading') return
      this.#log.error('the work of the leader failed', { error })
      this.#lose(`the work of the leader failed: ${messageOf(error)}`)
    })
  }

  #checkDeadline(): void {
    if (this.state === 'leading' && this.#isOverdue()) this.#lose('the lease was not renewed in time')
  }

  #end(): void {
    this.state = 'ended'
    this.#deadline?.cancel()
    this.#leading.abort()
    this.ending.abort()
  }

  #lose(why: string): void {
    if (this.state !== 'leading') return
    this.#end()
    this.#log.error('no longer leads', { why })
    try {
      this.#options.onLost(why)
    } catch (error) {
      this.#log.error('onLost threw', { error })
    }
  }

  async #release(): Promise<void> {
    const { client, lease } = this.#options
    const resourceVersion = this.lease?.metadata.resourceVersion
    try {
      await client.patch(LEASES, lease, 'merge', { metadata: { resourceVersion }, spec: releasedSpec(this.#clock.now()) })
      this.#log.info('gave the lease up')
    } catch (error) {
      this.#log.warn('the lease could not be given up; it will run out', { error: messageOf(error) })
    }
  }
}

/** Starts at once. Throws TypeError when the timing makes no sense. */
export const runLeaderElection = (options: LeaderOptions): LeaderElection => {
  const candidate = new Candidate(options)
  candidate.start()
  return {
    isLeader: () => candidate.isLeader(),
    holder: () => candidate.lease?.spec?.holderIdentity || undefined,
    stop: () => candidate.stop(),
  }
}
