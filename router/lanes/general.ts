/** Carries HTTP/1: Node's parser in front, http-proxy behind, every request to the version that is due. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { PROBE_HEADER, PROBE_PATH } from '../../api/names.ts'
import { chooseVersion } from '../choose-version.ts'
import { copyFor } from '../mirror/copy-for.ts'
import { copyRequest } from '../mirror/request-copy.ts'
import { answerItself, type OwnStatus, renderAnswer } from '../proxy/answer.ts'
import { Exchange } from '../proxy/exchange.ts'
import { refuseAmbiguous } from '../proxy/framing.ts'
import { addForwarded, stripRequest } from '../proxy/headers.ts'
import { addRequestId } from '../request-id.ts'
import { asksToLeave, type Connection, type Lane, type LaneContext } from './connection.ts'
import { endWith } from './last-answer.ts'
import { isUpgrade, passUpgrade } from './upgrade.ts'

export const makeGeneralLane = (context: LaneContext): Lane => {
  const connections = new WeakMap<Duplex, Connection>()
  const server = makeServer(context)
  const serve = (req: IncomingMessage, res: ServerResponse, expectsContinue: boolean) => {
    const connection = connections.get(req.socket)
    if (!connection) return void req.socket.destroy()
    connection.busy += 1
    res.once('close', () => {
      connection.busy -= 1
      connection.lastUsed = context.clock.now()
    })
    serveRequest(context, { req, res, connection, expectsContinue })
  }
  server.on('request', (req, res) => serve(req, res, false))
  server.on('checkContinue', (req, res) => serve(req, res, true))
  server.on('upgrade', (req, socket, head) => {
    const connection = connections.get(socket)
    if (!connection) return void socket.destroy()
    passUpgrade(context, { req, socket, head, connection })
  })
  server.on('connect', (_, socket) =>
    endWith(socket, renderAnswer({ router: context.router, status: 405, text: 'this is not a forward proxy' })),
  )
  server.on('clientError', (error, socket) => refuseClient(context, error, socket))
  return {
    accept: connection => {
      connections.set(connection.socket, connection)
      server.emit('connection', connection.socket)
      connection.socket.resume()
    },
    stop: () => void server.close(),
  }
}

const makeServer = ({ limits }: LaneContext): Server => {
  const server = createServer({
    maxHeaderSize: limits.maxHeadBytes,
    headersTimeout: limits.headTimeoutMs,
    // Bodies may take as long as they like, as long as they move: see stopStalledBody().
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5_000, limits.headTimeoutMs),
    insecureHTTPParser: false,
    requireHostHeader: true,
    shouldUpgradeCallback: isUpgrade,
  })
  // No limit but that of the bytes: Node leaves out what is beyond, which may be what frames the message.
  server.maxHeadersCount = 0
  // It never listens itself, it is handed connections; but this is what starts its watch over slow heads.
  server.emit('listening')
  return server
}

type Asked = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly connection: Connection
  readonly expectsContinue: boolean
}

const serveRequest = (context: LaneContext, { req, res, connection, expectsContinue }: Asked) => {
  const { router, random, cookies } = context
  const { route, peer } = connection
  const refusal = refuseAmbiguous(req)
  if (refusal) return answerItself(res, { router, status: refusal.status, text: refusal.why, close: true })
  if (req.url === PROBE_PATH && req.headers[PROBE_HEADER] !== undefined) return answerProbe(context, res, connection)
  const choice = chooseVersion(route, req, { peer, random, cookies })
  if (!choice)
    return answerItself(res, { router, status: 503, text: 'no version of this Service takes requests', close: !req.complete })
  if (!expectsContinue) stopStalledBody(context, req, res)
  stripRequest(req.headers)
  addForwarded(req.headers, peer)
  addRequestId(req.headers, random)
  const { version, cookie } = choice
  const copy = copyFor(context, connection, { taker: version, request: req, isHead: req.method === 'HEAD' })
  const onBody = copy && copyRequest(req, copy)
  if (copy) res.once('close', () => copy.abort())
  new Exchange(context, { req, res, connection, version, cookie, expectsContinue, onBody }).start()
}

const answerProbe = (context: LaneContext, res: ServerResponse, connection: Connection) => {
  const { key, plan } = connection.route
  const text = JSON.stringify({ router: context.router, route: key, version: plan.version, draining: context.draining() })
  answerItself(res, { router: context.router, status: 200, text, close: asksToLeave(context, connection) })
}

/** A body that does not move is cut off, unless it is the pod that does not read it (then the request is paused). */
const stopStalledBody = ({ limits }: LaneContext, req: IncomingMessage, res: ServerResponse): void => {
  if (req.complete) return
  const { socket } = req
  socket.setTimeout(limits.bodyStallMs)
  req.on('timeout', () => {
    if (req.readableFlowing) socket.destroy()
  })
  // Node closes a connection whose time is up unless somebody listens; the time of the answer is not limited.
  res.on('timeout', () => {})
}

type ClientError = Error & { readonly code?: string }

const CLIENT_ERRORS: { readonly [code: string]: { readonly status: OwnStatus; readonly text: string } } = {
  HPE_HEADER_OVERFLOW: { status: 431, text: 'the request head is too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, text: 'the request head took too long' },
}

/**
 * What Node's parser refused. It is answered only when the answer cannot be taken for that of another request, or for a part of
 * one.
 */
const refuseClient = ({ router }: LaneContext, error: ClientError, socket: Duplex) => {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) return void socket.destroy()
  const { status, text } = CLIENT_ERRORS[error.code ?? ''] ?? {
    status: 400,
    text: 'this is not a request that can be read without doubt',
  }
  socket.end(renderAnswer({ router, status, text }), () => socket.destroy())
}

/**
 * Node keeps the answer that is due on the socket. It is in the way once it has begun, or when its request was whole: then it
 * is a later one that was refused.
 */
const isAnswering = (socket: Duplex): boolean => {
  const answer: unknown = Reflect.get(socket, '_httpMessage')
  return answer instanceof ServerResponse && (answer.headersSent || answer.req.complete)
}
