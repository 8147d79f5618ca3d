/** A stand-in for a router's admin port: real HTTPS on loopback, with whatever answer a test wants. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { makeAuthority, makeServing, type Pair } from '../../kube/certificate-pair.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export type AdminServer = {
  readonly origin: string
  /** PEM of the CA that its certificate is signed by. */
  readonly ca: string
  /** TCP connections made so far. */
  readonly connections: () => number
  /** Replaces what it answers. */
  readonly setAnswer: (answer: Answer) => void
  readonly close: () => Promise<void>
}

export type Identity = { readonly authority: Pair; readonly serving: Pair }

export const makeIdentity = async (dnsName: string): Promise<Identity> => {
  const authority = await makeAuthority('test authority', Date.now())
  return { authority, serving: await makeServing(authority, [dnsName], Date.now()) }
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

export const startAdminServer = async ({ authority, serving }: Identity, first: Answer): Promise<AdminServer> => {
  let answer = first
  let connections = 0
  const sockets = new Set<Duplex>()
  const server = createServer({ cert: serving.cert, key: serving.key }, (request, response) => answer(request, response))
  server.on('connection', socket => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const port = await listen(server)
  return {
    origin: `https://127.0.0.1:${port}`,
    ca: authority.cert,
    connections: () => connections,
    setAnswer: next => {
      answer = next
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

export const json =
  (body: unknown, status = 200): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
