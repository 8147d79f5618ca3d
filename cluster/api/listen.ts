/** The server on a socket: HTTP or HTTPS, bearer tokens, bodies up to the limit. */
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Api } from './api.ts'
import { BODY_LIMIT, mediaType } from './body.ts'
import { ANONYMOUS, type Answer, failureAnswer, type Incoming } from './call.ts'
import { Failure, tooLarge } from './failure.ts'
import { handle } from './handle.ts'
import { handlePodProxy, isPodProxy, type RawRequest } from './pod-proxy/pod-proxy.ts'
import { decodeProtobuf, PROTOBUF } from './protobuf/decode.ts'
import type { Certificate } from './tls.ts'
import type { Tokens } from './tokens.ts'

export type ListenOptions = {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Default true: HTTPS with a certificate made for the occasion. */
  readonly tls?: boolean
}

export type Listening = {
  readonly url: string
  readonly port: number
  /** PEM of the certificate authority to trust; undefined over plain HTTP. */
  readonly ca?: string
  readonly close: () => Promise<void>
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) throw tooLarge(BODY_LIMIT)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const unauthorized = () => new Failure(401, 'Unauthorized', 'Unauthorized')

const OPEN_PATHS = ['/healthz', '/readyz', '/livez', '/version']

const waitForDrain = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })

const send = async (response: ServerResponse, answer: Answer): Promise<void> => {
  // Node's own type wants lists that may be written to.
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]])
  response.writeHead(answer.status, Object.fromEntries(headers) as OutgoingHttpHeaders)
  if (typeof answer.body === 'string') {
    response.end(answer.body)
    return
  }
  response.flushHeaders()
  try {
    for await (const chunk of answer.body) {
      if (response.destroyed) return
      if (!response.write(chunk)) await waitForDrain(response)
    }
    response.end()
  } catch {
    // The stream broke off: so does the connection, in the middle of the body.
    response.destroy()
  }
}

type Head = Omit<Incoming, 'body'> & Pick<RawRequest, 'search'>

const headOf = (request: IncomingMessage, tokens: Tokens, signal: AbortSignal): Head => {
  const url = new URL(request.url ?? '/', 'http://loopback')
  const user = tokens.userOf(request.headers.authorization)
  if (!user && (request.headers.authorization || !OPEN_PATHS.some(path => url.pathname.startsWith(path)))) throw unauthorized()
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    search: url.search,
    headers,
    user: user ?? ANONYMOUS,
    signal,
  }
}

const answerRequest = async (api: Api, tokens: Tokens, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const head = headOf(request, tokens, gone.signal)
    await send(
      response,
      isPodProxy(head.path) ? await proxied(api, head, { request, response }) : await answered(api, head, request),
    )
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    if (error instanceof Failure) {
      // A body that is too large is not read to its end: the connection cannot be used again.
      if (error.code === 413) response.setHeader('connection', 'close')
      await send(response, failureAnswer(error))
    } else response.destroy()
  }
}

const answered = async (api: Api, head: Head, request: IncomingMessage): Promise<Answer> =>
  handle(api, withBody(head, await readBody(request)))

const lengthOf = ({ headers }: IncomingMessage): number | undefined =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : undefined

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

const proxied = async (api: Api, head: Head, { request, response }: Exchange): Promise<Answer> => {
  const answer = await handlePodProxy(api, { ...head, body: request, length: lengthOf(request) })
  // The pod did not wait for the whole body, so nobody may: the connection cannot be used again.
  if (!request.complete) response.setHeader('connection', 'close')
  return answer
}

/** From here on every body is text: protobuf becomes JSON. */
const withBody = (incoming: Omit<Incoming, 'body'>, body: Buffer): Incoming => {
  if (mediaType(incoming.headers['content-type']) !== PROTOBUF || body.length === 0)
    return { ...incoming, body: body.toString('utf8') }
  return {
    ...incoming,
    headers: { ...incoming.headers, 'content-type': 'application/json' },
    body: JSON.stringify(decodeProtobuf(body)),
  }
}

const hostInUrl = (host: string) => (host.includes(':') ? `[${host}]` : host)

/** Starts to listen; the answer says where. */
export const listenOn = async (
  api: Api,
  tokens: Tokens,
  certificateFor: (host: string) => Promise<Certificate>,
  { host = '127.0.0.1', port = 0, tls = true }: ListenOptions,
): Promise<Listening> => {
  const certificate: Certificate | undefined = tls ? await certificateFor(host) : undefined
  const onRequest = (request: IncomingMessage, response: ServerResponse) => void answerRequest(api, tokens, request, response)
  const server = certificate
    ? createTlsServer({ cert: certificate.cert, key: certificate.key }, onRequest)
    : createServer(onRequest)
  server.keepAliveTimeout = 65_000
  server.requestTimeout = 0
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    url: `${tls ? 'https' : 'http'}://${hostInUrl(host)}:${bound}`,
    port: bound,
    ...(certificate ? { ca: certificate.ca } : {}),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
