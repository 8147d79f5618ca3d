import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import { PortListener, type ProxyCounters } from './port-listener.ts'
import type { PortRule, Target } from './table.ts'

const CLUSTER_IP = '127.96.200.7'
const servers: Server[] = []
const listeners: PortListener[] = []
after(() => {
  for (const listener of listeners) listener.close(true)
  for (const server of servers) server.close()
})

/** A backend at an address of its own. */
async function backend(ip: string, onSocket: (socket: Socket) => void, port = 0): Promise<Target> {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  servers.push(server)
  server.listen(port, ip)
  await once(server, 'listening')
  return { ip, port: (server.address() as AddressInfo).port }
}

async function freePort(ip: string): Promise<number> {
  const server = createServer().listen(0, ip)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

type Front = {
  readonly port: number
  readonly counters: ProxyCounters
  readonly problems: string[]
  readonly set: (targets: readonly Target[], affinityMs?: number) => void
}

async function front(): Promise<Front> {
  const port = await freePort(CLUSTER_IP)
  const counters: ProxyCounters = { connections: 0, redials: 0, failed: 0, open: 0 }
  const problems: string[] = []
  const listener = new PortListener(CLUSTER_IP, port, {
    counters,
    random: () => 0,
    now: () => 0,
    onProblem: error => problems.push(error.code ?? ''),
  })
  listeners.push(listener)
  const set = (targets: readonly Target[], affinityMs?: number) => {
    const rule: PortRule = {
      address: CLUSTER_IP,
      port,
      portName: 'http',
      targets,
      ...(affinityMs === undefined ? {} : { affinityMs }),
    }
    listener.apply(rule)
  }
  return { port, counters, problems, set }
}

const dial = (port: number, localAddress?: string): Socket =>
  connect({ host: CLUSTER_IP, port, allowHalfOpen: true, ...(localAddress ? { localAddress } : {}) })

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const name = (text: string) => (socket: Socket) => socket.end(text)

async function ask(port: number, localAddress?: string): Promise<string> {
  const socket = dial(port, localAddress)
  const answer = await readAll(socket)
  socket.end()
  return answer
}

async function errorOf(socket: Socket): Promise<string> {
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  return error.code ?? ''
}

describe('a listener of the service proxy', () => {
  it('takes the endpoints in turn', async () => {
    const proxy = await front()
    proxy.set([await backend('127.1.200.1', name('a')), await backend('127.1.200.2', name('b'))])
    const answers = [await ask(proxy.port), await ask(proxy.port), await ask(proxy.port), await ask(proxy.port)]
    assert.deepEqual(answers.toSorted(), ['a', 'a', 'b', 'b'])
  })

  it('keeps a client address on one endpoint under ClientIP affinity', async () => {
    const proxy = await front()
    proxy.set([await backend('127.1.200.1', name('a')), await backend('127.1.200.2', name('b'))], 1000)
    const first = await ask(proxy.port, '127.9.9.1')
    const others = [await ask(proxy.port, '127.9.9.2'), await ask(proxy.port, '127.9.9.3')]
    assert.equal(await ask(proxy.port, '127.9.9.1'), first)
    assert.deepEqual(others.toSorted(), ['a', 'b'])
  })

  it('shows the address of a client that has one of its own', async () => {
    const proxy = await front()
    proxy.set([await backend('127.1.200.1', socket => socket.end(socket.remoteAddress ?? ''))])
    assert.equal(await ask(proxy.port, '127.9.9.1'), '127.9.9.1')
  })

  it('refuses at once while there is no endpoint, and serves again when there is one', async () => {
    const proxy = await front()
    const target = await backend('127.1.200.1', name('a'))
    proxy.set([])
    assert.equal(await errorOf(dial(proxy.port)), 'ECONNREFUSED')
    proxy.set([target])
    assert.equal(await ask(proxy.port), 'a')
    proxy.set([])
    assert.equal(await errorOf(dial(proxy.port)), 'ECONNREFUSED')
    proxy.set([target])
    assert.equal(await ask(proxy.port), 'a')
  })

  it('tries another endpoint when one refuses, and counts it', async () => {
    const proxy = await front()
    const dead = { ip: '127.1.200.3', port: await freePort('127.1.200.3') }
    proxy.set([dead, await backend('127.1.200.1', name('a'))])
    assert.deepEqual([await ask(proxy.port), await ask(proxy.port)], ['a', 'a'])
    assert.ok(proxy.counters.redials >= 1)
    assert.equal(proxy.counters.failed, 0)
  })

  it('resets the client when every endpoint refuses', async () => {
    const proxy = await front()
    proxy.set([{ ip: '127.1.200.3', port: await freePort('127.1.200.3') }])
    assert.equal(await errorOf(dial(proxy.port)), 'ECONNRESET')
    assert.equal(proxy.counters.failed, 1)
  })

  it('passes a half-close on and the answer back', async () => {
    const proxy = await front()
    proxy.set([await backend('127.1.200.1', socket => void readAll(socket).then(text => socket.end(`got ${text.length}`)))])
    const socket = dial(proxy.port)
    socket.end('x'.repeat(300_000))
    assert.equal(await readAll(socket), 'got 300000')
  })

  it('loses no byte of a large answer that ends with a close', async () => {
    const proxy = await front()
    const body = 'y'.repeat(5_000_000)
    proxy.set([await backend('127.1.200.1', name(body))])
    assert.equal((await ask(proxy.port)).length, body.length)
  })

  it('passes an abort of the endpoint on to the client', async () => {
    const proxy = await front()
    proxy.set([await backend('127.1.200.1', socket => socket.once('data', () => socket.resetAndDestroy()))])
    const socket = dial(proxy.port)
    socket.write('x')
    assert.equal(await errorOf(socket), 'ECONNRESET')
  })

  it('passes an abort of the client on to the endpoint', async () => {
    const proxy = await front()
    const seen = Promise.withResolvers<Error>()
    const got = Promise.withResolvers<void>()
    const target = await backend('127.1.200.1', socket => {
      socket.on('error', seen.resolve)
      socket.on('data', () => got.resolve())
    })
    proxy.set([target])
    const socket = dial(proxy.port)
    socket.write('x')
    await got.promise
    socket.resetAndDestroy()
    assert.equal(((await seen.promise) as NodeJS.ErrnoException).code, 'ECONNRESET')
  })

  it('leaves established connections on their endpoint when the endpoints change', async () => {
    const proxy = await front()
    const echo = await backend('127.1.200.1', socket => socket.pipe(socket))
    proxy.set([echo])
    const socket = dial(proxy.port)
    socket.write('1')
    await once(socket, 'data')
    proxy.set([await backend('127.1.200.2', name('b'))])
    socket.write('2')
    assert.equal(String((await once(socket, 'data'))[0]), '2')
    assert.equal(await ask(proxy.port), 'b')
    proxy.set([])
    socket.write('3')
    assert.equal(String((await once(socket, 'data'))[0]), '3')
    socket.destroy()
  })

  it('reports an address that cannot be listened on', async () => {
    const proxy = await front()
    await backend(CLUSTER_IP, name('squatter'), proxy.port)
    proxy.set([{ ip: '127.1.200.1', port: 1 }])
    while (proxy.problems.length === 0) await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(proxy.problems, ['EADDRINUSE'])
  })
})
