/** A stand-in for a metrics backend: real HTTP (or HTTPS) on loopback, which keeps what it was asked. */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

export type Asked = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
export type Reply = { readonly status?: number; readonly headers?: { readonly [name: string]: string }; readonly body?: unknown }
/** Undefined: never answers. */
export type Respond = (asked: Asked) => Reply | undefined

export type WebServer = {
  readonly origin: string
  readonly asked: Asked[]
  readonly setRespond: (respond: Respond) => void
  readonly close: () => Promise<void>
}

const readAll = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

export const startWebServer = async (
  first: Respond,
  tls?: { readonly cert: string; readonly key: string },
): Promise<WebServer> => {
  let respond = first
  const asked: Asked[] = []
  const sockets = new Set<Duplex>()
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: await readAll(request) }
    asked.push(one)
    const reply = respond(one)
    if (!reply) return
    const { status = 200, headers = {}, body = '' } = reply
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch(() => response.destroy())
  }
  const server = tls ? createHttps({ ...tls }, listener) : createHttp(listener)
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    setRespond: next => {
      respond = next
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
