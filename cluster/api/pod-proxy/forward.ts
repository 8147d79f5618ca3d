/** One request to a pod, its body and the answer's as streams. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { authorityOf, type Target } from './target.ts'

export type Forwarded = {
  readonly target: Target
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body: Readable | undefined
  /** Ends the exchange, at whatever point it is. */
  readonly signal: AbortSignal
}

/** kube-apiserver's limits. An answer may take as long as it likes, but a process that stands still is noticed where TLS needs it. */
const DIAL = { event: 'connect', ms: 30_000, why: 'dial tcp: i/o timeout' }
const HANDSHAKE = { event: 'secureConnect', ms: 10_000, why: 'net/http: TLS handshake timeout' }

const expect = (request: ClientRequest, socket: Socket, { event, ms, why }: typeof DIAL): void => {
  const timer = setTimeout(() => request.destroy(new Error(why)), ms)
  const done = () => clearTimeout(timer)
  socket.once(event, done).once('close', done)
}

const limitConnecting = (request: ClientRequest, scheme: Target['scheme']): void => {
  request.once('socket', socket => {
    expect(request, socket, DIAL)
    if (scheme === 'https') socket.once('connect', () => expect(request, socket, HANDSHAKE))
  })
}

/** Resolves when the answer begins; rejects when none comes. A pod's certificate is not looked at, as in kube-apiserver. */
export const forward = ({ target, body, ...how }: Forwarded): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const send = target.scheme === 'https' ? httpsRequest : httpRequest
    const { host, port } = target
    // A connection of its own: the next pod at this address must not get what was kept open for this one.
    const request = send({ ...how, headers: { ...how.headers }, host, port, agent: false, rejectUnauthorized: false })
    // A pod may answer before it has read everything; what is left is then read away, so that the client gets to read its answer.
    const letGo = () => {
      body?.unpipe(request)
      body?.resume()
    }
    limitConnecting(request, target.scheme)
    request.once('response', resolve)
    request.once('close', letGo)
    request.on('error', error => {
      letGo()
      reject(error)
    })
    if (body) body.pipe(request)
    else request.end()
  })

const DIAL_ERRORS: { readonly [code: string]: string } = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
}

/** Why no answer came, in kube-apiserver's words where it has some. */
export const whyUnreached = (error: unknown, target: Target): string => {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  const dial = DIAL_ERRORS[code]
  if (dial !== undefined) return `dial tcp ${authorityOf(target)}: ${dial}`
  return code === 'ECONNRESET' && error.message === 'socket hang up' ? 'EOF' : error.message
}
