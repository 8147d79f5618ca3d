/** Pods and clients on loopback for tests of the data path. */

import { once } from 'node:events'
import { type Agent, createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net'
import { settled } from './settled.ts'

export type TestPod = {
  readonly port: number
  /** Connections that were ever made to it. */
  readonly connections: () => number
  readonly open: () => number
  readonly close: () => Promise<void>
}

/** An HTTP server in the place of a pod. */
export const startPod = async (handler: RequestListener, { port = 0 } = {}): Promise<TestPod & { readonly server: Server }> => {
  const server = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 131_072 }, handler)
  return { server, ...(await listen(server, port)) }
}

/** A server that does with its connections what the test wants. */
export const startRawPod = async (handler: (socket: Socket) => void): Promise<TestPod> => {
  const server = createNetServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    handler(socket)
  })
  return listen(server, 0)
}

const listen = async (server: Server | ReturnType<typeof createNetServer>, port: number): Promise<TestPod> => {
  let made = 0
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    made += 1
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => made,
    open: () => open.size,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A port on which nothing listens. */
export const deadPort = async (): Promise<number> => {
  const pod = await startRawPod(() => {})
  await pod.close()
  return pod.port
}

export type Got = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly message: IncomingMessage
}

export type Ask = {
  readonly method?: string
  readonly path?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Buffer
}

/** One request on a connection of its own, unless `agent` is given. Rejects when the answer is cut. */
export const ask = async (
  port: number,
  { method = 'GET', path = '/', headers = {}, body }: Ask = {},
  agent: Agent | false = false,
  host = '127.0.0.1',
): Promise<Got> => {
  await settled()
  const req = request({ host, port, method, path, headers, agent })
  req.end(body)
  const [message] = (await once(req, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  await settled()
  return { status: message.statusCode ?? 0, headers: message.headers, body: Buffer.concat(chunks).toString(), message }
}

/** How long the first byte of an answer may take. */
const FIRST_BYTE_MS = 3000

/** Sends bytes as they are and gives back all that comes until the other side closes or nothing has come for a while. */
export const exchangeBytes = async (port: number, bytes: string | readonly string[], { quietMs = 300 } = {}): Promise<string> => {
  await settled()
  const got = await sendAndRead(port, bytes, quietMs)
  await settled()
  return got
}

const sendAndRead = (port: number, bytes: string | readonly string[], quietMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let got = ''
    let timer: NodeJS.Timeout | undefined
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(got)
    }
    const quiet = (ms = quietMs): void => {
      clearTimeout(timer)
      timer = setTimeout(finish, ms)
    }
    socket.on('connect', () => {
      for (const part of typeof bytes === 'string' ? [bytes] : bytes) socket.write(part, 'latin1')
      // A busy machine may take its time for the first byte; after it, silence means that all is said.
      quiet(Math.max(quietMs, FIRST_BYTE_MS))
    })
    socket.on('data', chunk => {
      got += chunk.toString('latin1')
      quiet()
    })
    socket.on('close', finish)
    socket.on('error', error => (got === '' && 'code' in error && error.code === 'ECONNREFUSED' ? reject(error) : finish()))
  })

/** Waits until `holds()`; the test fails with `what` after 10 s, or when it has waited for as long as is said. */
export const until = async (holds: () => boolean, what: string, patienceMs = 10_000): Promise<void> => {
  const deadline = Date.now() + patienceMs
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`still not true: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
