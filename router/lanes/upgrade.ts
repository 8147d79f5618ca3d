/**
 * Passes a request that asks for another protocol (WebSocket and any other but h2c), and the connection that follows; split per
 * connection.
 */
import { Agent, type ClientRequest, type IncomingMessage, request as makeRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { chooseVersion } from '../choose-version.ts'
import { Dispatch, type Place } from '../dispatch.ts'
import type { Limits } from '../limits.ts'
import { type OwnStatus, renderAnswer } from '../proxy/answer.ts'
import { outcomeOf } from '../proxy/exchange.ts'
import { refuseAmbiguous } from '../proxy/framing.ts'
import { addForwarded, answerHeaders, stripRequest } from '../proxy/headers.ts'
import { addRequestId } from '../request-id.ts'
import type { Connection, LaneContext } from './connection.ts'
import { endWith, letClientLeave } from './last-answer.ts'
import { splice } from './splice.ts'

const UNPOOLED = new Agent({ keepAlive: false })

/**
 * h2c is not passed: behind an upgraded connection nobody would look at requests any more. Such a request is served as
 * HTTP/1.1, as RFC 9110 7.8 allows.
 */
export const isUpgrade = ({ headers }: IncomingMessage): boolean => headers.upgrade?.trim().toLowerCase() !== 'h2c'

const MAX_EARLY = 65_536

type Failure = { readonly status: OwnStatus; readonly text: string }
type Failures = { readonly [how in 'expired' | 'broke']: Failure }

const DIALLED: Failures = {
  expired: { status: 504, text: 'the pod did not accept a connection in time' },
  broke: { status: 502, text: 'the pod refused the connection' },
}
const ASKED: Failures = {
  expired: { status: 504, text: 'the pod did not answer in time' },
  broke: { status: 502, text: 'the pod closed the connection without an answer' },
}

export type UpgradeRequest = {
  readonly req: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly connection: Connection
}

export const passUpgrade = (context: LaneContext, asked: UpgradeRequest) => {
  const { req, socket, connection } = asked
  socket.on('error', () => socket.destroy())
  const refuse = (status: OwnStatus, text: string): void =>
    endWith(socket, renderAnswer({ router: context.router, status, text }))
  const refusal = refuseAmbiguous(req)
  if (refusal) return refuse(refusal.status, refusal.why)
  const length = req.headers['content-length']
  if (req.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0'))
    return refuse(400, 'an upgrade cannot have a body')
  const choice = chooseVersion(connection.route, req, {
    peer: connection.peer,
    random: context.random,
    cookies: context.cookies,
  })
  if (!choice) return refuse(503, 'no version of this Service takes requests')
  const dispatch = new Dispatch(connection.route, {
    port: connection.port.name ?? '',
    version: choice.version,
    now: context.clock.now,
    peer: connection.peer,
    maxEjectedPercent: context.limits.maxEjectedPercent,
    place: context.place,
  })
  new Upgrade(context, { ...asked, dispatch, cookie: choice.cookie }).start()
}

type Passed = UpgradeRequest & { readonly dispatch: Dispatch; readonly cookie: string | undefined }

class Upgrade {
  readonly #context: LaneContext
  readonly #limits: Limits
  readonly #in: Passed
  readonly #headers: { [name: string]: string | string[] | undefined }
  readonly #startedAt = performance.now()
  #request: ClientRequest | undefined
  #failure: Failure = { status: 503, text: 'no pod is ready to take this request' }
  readonly #early: Buffer[] = []
  #earlyBytes = 0
  #over = false

  constructor(context: LaneContext, passed: Passed) {
    this.#context = context
    this.#limits = passed.connection.route.limits(context.limits)
    this.#in = passed
    const { headers } = passed.req
    const { upgrade } = headers
    this.#headers = { ...headers }
    stripRequest(this.#headers)
    addForwarded(this.#headers, passed.connection.peer)
    addRequestId(this.#headers, context.random)
    if (isUpgrade(passed.req)) Object.assign(this.#headers, { connection: 'Upgrade', upgrade })
  }

  start() {
    const { connection, socket, head } = this.#in
    connection.busy += 1
    socket.once('close', this.#abandoned)
    this.#hold(head)
    // Only a connection that is read from tells that it has ended.
    socket.on('data', this.#hold)
    socket.once('end', this.#gone)
    this.#try()
  }

  /** What the client sends before the pod has switched waits; it may be much only by mistake. */
  readonly #hold = (chunk: Buffer) => {
    if (chunk.length > 0) this.#early.push(chunk)
    this.#earlyBytes += chunk.length
    if (this.#earlyBytes > MAX_EARLY) this.#in.socket.pause()
  }

  readonly #gone = () => void this.#in.socket.destroy()

  readonly #abandoned = () => {
    this.#request?.destroy()
    this.#in.dispatch.finish('clientAborts', -1)
    this.#end()
  }

  #try() {
    const place = this.#in.dispatch.next()
    if (!place) return this.#fail()
    const { req } = this.#in
    const { host, port } = place.upstream
    let request: ClientRequest
    try {
      request = makeRequest({
        host,
        port,
        method: req.method ?? 'GET',
        path: req.url ?? '/',
        headers: this.#headers,
        agent: UNPOOLED,
        setHost: false,
      })
    } catch {
      this.#failure = { status: 400, text: 'the request has a header that cannot be passed on' }
      return this.#fail()
    }
    this.#request = request
    this.#watch(request, place)
    request.end()
  }

  #watch(request: ClientRequest, { upstream }: Place) {
    let connected = false
    let expired = false
    const { connectTimeoutMs, answerTimeoutMs } = this.#limits
    const expire = () => {
      expired = true
      request.destroy(new Error('the pod took too long'))
    }
    let timer: NodeJS.Timeout | undefined = setTimeout(expire, connectTimeoutMs)
    request.once('socket', socket =>
      socket.once('connect', () => {
        connected = true
        clearTimeout(timer)
        timer = answerTimeoutMs > 0 ? setTimeout(expire, answerTimeoutMs) : undefined
        upstream.markUp()
      }),
    )
    request.once('close', () => clearTimeout(timer))
    request.once('upgrade', (answer, pod, head) => {
      clearTimeout(timer)
      this.#join(answer, pod, head)
    })
    request.once('response', answer => {
      clearTimeout(timer)
      this.#passAnswer(answer)
    })
    request.on('error', () => {
      if (this.#over || this.#in.socket.destroyed) return
      this.#failure = (connected ? ASKED : DIALLED)[expired ? 'expired' : 'broke']
      if (connected) {
        this.#in.dispatch.fail()
        return this.#fail()
      }
      this.#in.dispatch.unreachable()
      this.#try()
    })
  }

  /** From here on the connection is the two sides' own. */
  #join(answer: IncomingMessage, pod: Duplex, head: Buffer) {
    const { socket, dispatch } = this.#in
    if (this.#over) return void pod.destroy()
    this.#settle()
    // Counted when it was made: the connection may last for hours.
    dispatch.finish('status2xx', performance.now() - this.#startedAt)
    const headers = ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? '', ...answerHeaders(answer.rawHeaders)]
    socket.write(this.#renderHead(answer, headers))
    if (head.length > 0) socket.write(head)
    for (const chunk of this.#early) pod.write(chunk)
    splice(socket, pod, dispatch, {
      idleMs: this.#limits.idleTimeoutMs,
      onClosed: failed => {
        if (failed === 'pod') dispatch.fail()
        this.#end()
      },
    })
  }

  /** The pod did not switch: its answer, and then the connection ends, since the client may already speak the other protocol. */
  #passAnswer(answer: IncomingMessage) {
    const { socket, dispatch } = this.#in
    if (this.#over) return void answer.destroy()
    this.#settle()
    socket.write(this.#renderHead(answer, [...answerHeaders(answer.rawHeaders), 'Connection', 'close']))
    answer.on('error', () => {})
    letClientLeave(socket)
    answer.pipe(socket)
    answer.once('close', () => {
      if (answer.complete) dispatch.finish(outcomeOf(answer.statusCode ?? 0), performance.now() - this.#startedAt)
      else {
        dispatch.fail()
        socket.destroy()
      }
      this.#end()
    })
    socket.once('close', () => answer.destroy())
  }

  #renderHead({ statusCode, statusMessage }: IncomingMessage, headers: readonly string[]): string {
    const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`]
    for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
    if (this.#in.cookie) lines.push(`Set-Cookie: ${this.#in.cookie}`)
    return `${lines.join('\r\n')}\r\n\r\n`
  }

  #settle() {
    const { socket } = this.#in
    this.#over = true
    socket.removeListener('close', this.#abandoned)
    socket.removeListener('data', this.#hold)
    socket.removeListener('end', this.#gone)
  }

  #fail() {
    this.#settle()
    endWith(this.#in.socket, renderAnswer({ router: this.#context.router, ...this.#failure }))
    this.#end()
  }

  #end() {
    this.#over = true
    this.#in.dispatch.done()
    this.#in.connection.busy -= 1
    this.#in.connection.lastUsed = this.#context.clock.now()
  }
}
