/**
 * Carries HTTP/2 with prior knowledge, gRPC among it: every stream goes to the version that is due, over connections to the pods
 * that all clients share.
 */
import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { PROBE_HEADER, PROBE_PATH } from '../../../api/names.ts'
import { chooseVersion } from '../../choose-version.ts'
import { streamCopyFor } from '../../mirror/copy-for.ts'
import { addRequestId } from '../../request-id.ts'
import { asksToLeave, type Connection, type Lane, type LaneContext } from '../connection.ts'
import { StreamExchange } from './exchange.ts'
import { isGrpc, refuseTwoHosts, requestHeaders } from './headers.ts'
import { answerStream } from './own-answer.ts'

/** Streams that one connection may have open. */
const MAX_STREAMS = 1_000
/** A client that resets streams faster than this is cut off (CVE-2023-44487): so many at once, and so many per second. */
const RESET_BURST = 1_000
const RESETS_PER_SECOND = 100
/** Every stream number that there can be: a GOAWAY that refuses nothing yet. */
const LAST_STREAM = 2 ** 31 - 1
/** A client that does not answer the ping after a GOAWAY is taken to have seen it after this. */
const GOODBYE_MS = 2_000
/** For streams that a client had made before it read the GOAWAY. */
const CROSSING_MS = 500
const SHORTEST_LOOK_MS = 20
const LONGEST_LOOK_MS = 1_000

type Client = { readonly connection: Connection; readonly session: ServerHttp2Session }

export const makeH2Lane = (context: LaneContext): Lane => {
  const clients = new Set<Client>()
  let timer: NodeJS.Timeout | undefined
  const { keepAliveMs } = context.limits
  const look = (): void => {
    const before = context.clock.now() - keepAliveMs
    for (const { connection, session } of clients) if (connection.busy === 0 && connection.lastUsed <= before) session.close()
  }
  const forget = (client: Client): void => {
    clients.delete(client)
    if (clients.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  return {
    accept: connection => {
      const session = performServerHandshake(connection.socket, optionsOf(context))
      const client = { connection, session }
      clients.add(client)
      timer ??= setInterval(look, Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, keepAliveMs / 4)))
      connection.leave = sayGoodbye(session)
      // Nobody who speaks HTTP/2 ends one half of a connection and waits on the other: the client has gone.
      connection.socket.once('end', () => session.destroy())
      session.on('goaway', code => {
        if (code === constants.NGHTTP2_NO_ERROR) goOnTakingStreams(session)
      })
      // A client that breaks the rules is cut off by Node; its streams see that themselves.
      session.on('error', () => {})
      session.once('close', () => forget(client))
      session.on('stream', (stream, headers) => serveStream(context, connection, stream, headers))
    },
    stop: () => clearInterval(timer),
  }
}

const optionsOf = ({ limits }: LaneContext) => ({
  settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: limits.maxHeadBytes, enableConnectProtocol: false },
  // In MB. The default of 10 refuses streams when many have something to send; what one stream holds is bounded by its window.
  maxSessionMemory: 64,
  maxHeaderListPairs: 256,
  streamResetBurst: RESET_BURST,
  streamResetRate: RESETS_PER_SECOND,
})

/**
 * A client's goodbye says that we may open no streams; its own may still follow (RFC 9113 6.8), and do when a request crossed our goodbye. Node
 * would refuse them: it closes the session when the event is over.
 */
const goOnTakingStreams = (session: ServerHttp2Session): void => {
  Object.defineProperty(session, 'close', { configurable: true, value: () => {} })
  queueMicrotask(() => Reflect.deleteProperty(session, 'close'))
}

/** Asks the client to make its next requests elsewhere. Streams that it opened before it heard that are still served. */
const sayGoodbye = (session: ServerHttp2Session): (() => void) => {
  let said = false
  return () => {
    if (said || session.destroyed || session.closed) return
    said = true
    session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM)
    const timer = setTimeout(() => session.close(), GOODBYE_MS)
    // The client has read the GOAWAY when it answers the ping. What it had made before may still come after that answer, which jumps the queue.
    session.ping(() => {
      clearTimeout(timer)
      setTimeout(() => session.close(), CROSSING_MS)
    })
  }
}

const serveStream = (
  context: LaneContext,
  connection: Connection,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void => {
  connection.busy += 1
  stream.on('error', () => {})
  stream.once('close', () => {
    connection.busy -= 1
    connection.lastUsed = context.clock.now()
  })
  if (asksToLeave(context, connection)) connection.leave?.()
  serveRequest(context, connection, stream, headers)
}

const serveRequest = (context: LaneContext, connection: Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  const { router, random, cookies } = context
  const { route, peer } = connection
  const grpc = isGrpc(headers)
  const method = headers[':method']
  const url = headers[':path']
  if (method === 'CONNECT') return answerStream(stream, { router, grpc, status: 405, text: 'this is not a forward proxy' })
  const twoHosts = refuseTwoHosts(headers)
  if (twoHosts !== undefined) return answerStream(stream, { router, grpc, status: 400, text: twoHosts })
  if (url === PROBE_PATH && headers[PROBE_HEADER.toLowerCase()] !== undefined) return answerProbe(context, connection, stream)
  const choice = chooseVersion(route, { method, url, headers }, { peer, random, cookies })
  if (!choice) return answerStream(stream, { router, grpc, status: 503, text: 'no version of this Service takes requests' })
  const { version, cookie } = choice
  const beginCopy = streamCopyFor(context, connection, { taker: version, request: { method, url, headers } })
  addRequestId(headers, random)
  const passed = requestHeaders(headers, peer)
  new StreamExchange(context, { stream, headers: passed, connection, version, cookie, copy: beginCopy?.(passed) }).start()
}

const answerProbe = (context: LaneContext, connection: Connection, stream: ServerHttp2Stream): void => {
  const { router } = context
  const { key, plan } = connection.route
  const text = JSON.stringify({ router, route: key, version: plan.version, draining: context.draining() })
  answerStream(stream, { router, status: 200, text, grpc: false })
}
