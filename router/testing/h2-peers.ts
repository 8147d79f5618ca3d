/** HTTP/2 pods and clients on loopback, with the same handlers and questions as those of HTTP/1. */
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Ask } from './pods.ts'
import { settled } from './settled.ts'

export type H2Pod = {
  readonly port: number
  readonly server: Http2Server
  /** Connections that were ever made to it. */
  readonly connections: () => number
  readonly open: () => number
  readonly sessions: ReadonlySet<ServerHttp2Session>
  readonly close: () => Promise<void>
}

/** In MB: by default Node refuses streams when 10 wait to be sent, which is not what is tested here. */
const ROOMY = { maxSessionMemory: 1_000 } as const

export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void | Promise<void>

/** A pod that is told of streams. */
export const startStreamPod = (handler: StreamHandler, options: ServerOptions = {}): Promise<H2Pod> => {
  const server = createServer({ ...ROOMY, ...options })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    void handler(stream, headers)
  })
  return listen(server)
}

/** A pod with a handler as HTTP/1 servers have it. */
export const startH2Pod = (handler: RequestListener): Promise<H2Pod> => {
  const server = createServer(ROOMY)
  // Node's HTTP/2 requests and answers are made to be used like those of HTTP/1.
  server.on('request', handler as never)
  return listen(server)
}

const listen = async (server: Http2Server): Promise<H2Pod> => {
  let made = 0
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    made += 1
    sessions.add(session)
    session.on('error', () => {})
    session.once('close', () => sessions.delete(session))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    sessions,
    port: (server.address() as AddressInfo).port,
    connections: () => made,
    open: () => sessions.size,
    close: async () => {
      for (const session of sessions) session.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export type StreamGot = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: IncomingHttpHeaders
}

/** A client's connection that the caller closes. */
export const dialH2 = (port: number): ClientHttp2Session => {
  const session = connect(`http://127.0.0.1:${port}`, ROOMY)
  session.on('error', () => {})
  return session
}

/** One request on `session`. Rejects when the stream is reset, with the code in the message. */
export const askOn = async (
  session: ClientHttp2Session,
  { method = 'GET', path = '/', headers = {}, body }: Ask = {},
): Promise<StreamGot> => {
  const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined })
  let answer: IncomingHttpHeaders & { readonly ':status'?: number | undefined } = {}
  let trailers: IncomingHttpHeaders = {}
  const chunks: Buffer[] = []
  let failed: unknown
  stream.on('response', got => {
    answer = got
  })
  stream.on('trailers', got => {
    trailers = got
  })
  stream.on('data', chunk => chunks.push(chunk))
  stream.on('error', error => {
    failed = error
  })
  if (body !== undefined) stream.end(body)
  await new Promise(resolve => stream.once('close', resolve))
  await settled()
  if (failed !== undefined || stream.rstCode !== 0) throw failed ?? new Error(`the stream was reset with ${stream.rstCode}`)
  return { status: answer[':status'] ?? 0, headers: answer, body: Buffer.concat(chunks).toString(), trailers }
}

/** One request on a connection of its own. */
export const askH2 = async (port: number, request?: Ask): Promise<StreamGot> => {
  await settled()
  const session = dialH2(port)
  try {
    return await askOn(session, request)
  } finally {
    session.close()
    await settled()
  }
}
