/** How a worker listens: on sockets that the primary has bound, asked for by port. */
import type { Server } from 'node:net'
import type { Binding } from '../port-listener.ts'
import type { BoundSocket } from './bound-ports.ts'
import type { FromWorker } from './protocol.ts'

export type SharedBinding = Binding & {
  /** The answer came: with the socket, or with what is wrong. */
  readonly answered: (port: number, socket: BoundSocket | undefined, problem: string | undefined) => void
}

export const sharedBinding = (send: (message: FromWorker) => void): SharedBinding => {
  const waiting = new Map<number, Server>()
  return {
    listen: (server, port) => {
      waiting.set(port, server)
      send({ says: 'open', port })
    },
    closed: port => {
      waiting.delete(port)
      send({ says: 'closed', port })
    },
    answered: (port, socket, problem = 'the socket did not come with the answer') => {
      const server = waiting.get(port)
      waiting.delete(port)
      if (!server) socket?.close()
      else if (socket) server.listen(socket)
      else server.emit('error', new Error(problem))
    },
  }
}
