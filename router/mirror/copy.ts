/**
 * A copy of one request on its way to the pod of another version. It is collected beside the request and sent when the client
 * has sent all of it, so nothing ever waits for a copy; what is too large, too many or too slow is dropped, and the answer is
 * read and thrown away.
 */
import type { AnswerHead } from '../lanes/fast/answer-head.ts'
import { type Piece, PodConnection, type PodUser } from '../lanes/fast/pod-connection.ts'
import { chooseEndpoint } from '../pick.ts'
import type { RunningRoute, RunningVersion } from '../running-route.ts'
import type { Upstream } from '../upstream.ts'
import { type MirrorResult, type MirrorStats, resultOf } from './mirror-stats.ts'

/** Head and body together, as they are sent. */
export const MAX_COPY_BYTES = 131_072
/** Copies for one version that may be under way; more are dropped. */
export const MAX_OPEN_COPIES = 100

export type CopyOptions = {
  /** Name of the Route's port. */
  readonly port: string
  readonly isHead: boolean
  /** Time in ms, to compare with `downUntil`. */
  readonly now: number
  /** From the end of the request to the end of the answer. */
  readonly timeoutMs: number
}

/** Begins a copy for the version. Undefined: it is dropped, for there are enough under way or no pod takes it. */
export const beginCopy = (route: RunningRoute, version: RunningVersion, options: CopyOptions): Copy | undefined => {
  const upstream = choosePodForCopy(route, version, options)
  return upstream && new Copy(upstream, version.stats.mirror, options)
}

/** The pod that gets the next copy. Undefined: it is dropped, and that is counted. */
export const choosePodForCopy = (
  route: RunningRoute,
  version: RunningVersion,
  { port, now }: Pick<CopyOptions, 'port' | 'now'>,
): Upstream | undefined => {
  const stats = version.stats.mirror
  const { upstreams } = route.pool(version, port)
  // A cursor of its own: copies do not move the turn of requests.
  const upstream =
    stats.open < MAX_OPEN_COPIES ? chooseEndpoint(upstreams, route.mirrorCursor, { now, desperate: false }) : undefined
  if (!upstream) stats.count('dropped')
  return upstream
}

export class Copy implements PodUser {
  readonly #upstream: Upstream
  readonly #stats: MirrorStats
  readonly #options: CopyOptions
  #state: 'collecting' | 'sending' | 'over' = 'collecting'
  #parts: Buffer[] = []
  #size = 0
  #pod: PodConnection | undefined
  #timer: NodeJS.Timeout | undefined
  #status = 0

  constructor(upstream: Upstream, stats: MirrorStats, options: CopyOptions) {
    this.#upstream = upstream
    this.#stats = stats
    this.#options = options
    stats.open += 1
  }

  /** The next bytes of the request as they go to a pod; they are copied. */
  add(bytes: Buffer) {
    if (this.#state !== 'collecting') return
    this.#size += bytes.length
    if (this.#size > MAX_COPY_BYTES) return this.#over('dropped')
    this.#parts.push(Buffer.from(bytes))
  }

  /** The request is whole. */
  end(): void {
    if (this.#state !== 'collecting') return
    this.#state = 'sending'
    this.#timer = setTimeout(() => this.#over('dropped'), this.#options.timeoutMs).unref()
    this.#parts = [Buffer.concat(this.#parts)]
    this.#send(this.#upstream.mirrorPods.take(performance.now()))
  }

  /** The request has not come whole; nothing is done when it had. */
  abort(): void {
    if (this.#state === 'collecting') this.#over('dropped')
  }

  #send(kept: PodConnection | undefined): void {
    const { target, mirrorPods } = this.#upstream
    const pod = kept ?? new PodConnection(target, mirrorPods)
    this.#pod = pod
    pod.use(this, this.#options.isHead)
    if (pod.isConnected) this.onConnected()
  }

  onConnected(): void {
    for (const part of this.#parts) this.#pod?.socket.write(part)
  }

  onDrain(): void {}

  onAnswer({ status }: AnswerHead, { isLast }: Piece): void {
    this.#status = status
    if (isLast) this.#over(resultOf(status))
  }

  onBody({ isLast }: Piece): void {
    if (isLast) this.#over(resultOf(this.#status))
  }

  onFailed() {
    const pod = this.#pod
    // A kept connection that the pod closed while it was idle.
    if (pod?.isReused && !pod.hasAnswered) return this.#send(undefined)
    this.#over('failure')
  }

  #over(result: MirrorResult): void {
    if (this.#state === 'over') return
    const pod = this.#pod
    clearTimeout(this.#timer)
    this.#state = 'over'
    this.#parts = []
    this.#pod = undefined
    this.#stats.open -= 1
    this.#stats.count(result)
    // Destroyed unless the answer was whole.
    pod?.release(true, performance.now())
  }
}
