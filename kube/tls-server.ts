/** A TLS server in front of an app: certificates change under it, and it goes down without dropping a request. */
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** What the server needs of kube/certificates: the pair to serve with, now and whenever it changes. */
export type ServingPair = { readonly cert: string; readonly key: string }
export type PairSource = {
  readonly current: () => ServingPair
  /** Calls back after each change. */
  readonly onChange: (callback: () => void) => unknown
}

export type TlsServer = {
  readonly port: number
  /** Asks every client to close its connection with its next answer; requests are served as before. */
  readonly releaseClients: () => void
  /** Stops accepting, lets what is running finish, at most for so long. */
  readonly close: (deadlineMs: number) => Promise<void>
}

/** How long a request may take to arrive. Shorter than the shortest timeoutSeconds of our webhooks, so that a stuck client costs nobody a wait. */
const REQUEST_TIMEOUT_MS = 10_000

export const startServer = async (options: {
  readonly app: RequestListener
  readonly pair: PairSource
  readonly host: string
  readonly port: number
}): Promise<TlsServer> => {
  const { app, pair, host, port } = options
  let releasing = false
  const server = createServer({ ...pair.current(), minVersion: 'TLSv1.2' }, (request, response) => {
    if (releasing) response.setHeader('Connection', 'close')
    app(request, response)
  })
  server.requestTimeout = REQUEST_TIMEOUT_MS
  server.headersTimeout = REQUEST_TIMEOUT_MS
  server.on('clientError', refuseUnreadable)
  pair.onChange(() => server.setSecureContext({ ...pair.current(), minVersion: 'TLSv1.2' }))
  server.listen({ port, host })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    releaseClients: () => {
      releasing = true
    },
    close: async deadlineMs => {
      releasing = true
      const closed = once(server, 'close')
      server.close()
      const timer = setTimeout(() => server.closeAllConnections(), deadlineMs)
      await closed
      clearTimeout(timer)
    },
  }
}

/** Bytes that are no HTTP request get a plain refusal and the end of the connection. */
const refuseUnreadable = (error: Error & { readonly code?: string }, socket: Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
