import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { ask, deadPort, startPod } from '../testing/pods.ts'
import { type Bind, BoundPorts, bindOn } from './bound-ports.ts'

/** Sockets that say whether they are open. */
const noted = () => {
  const open = new Set<number>()
  const bind: Bind = port => {
    if (port === 1) return { problem: 'taken' }
    open.add(port)
    return { close: () => void open.delete(port) }
  }
  return { open, ports: new BoundPorts(bind) }
}
const [a, b] = [{}, {}]

test('a port is bound once, whoever opens it', () => {
  const { open, ports } = noted()
  ports.want(new Set([80]))
  assert.equal(ports.open(a, 80), ports.open(b, 80))
  assert.deepEqual([...open], [80])
})

test('a wanted port stays when all its workers die, another one goes with the last', () => {
  const { open, ports } = noted()
  ports.want(new Set([80]))
  for (const user of [a, b]) for (const port of [80, 81]) ports.open(user, port)
  ports.left(a)
  assert.deepEqual([...open], [80, 81])
  ports.left(b)
  assert.deepEqual([...open], [80])
})

test('a port that nobody wants any more is closed when the last worker has closed it', () => {
  const { open, ports } = noted()
  ports.want(new Set([80]))
  for (const user of [a, b]) ports.open(user, 80)
  ports.want(new Set())
  ports.closed(a, 80)
  assert.deepEqual([...open], [80])
  ports.closed(b, 80)
  assert.deepEqual([...open], [])
})

test('a port that cannot be bound is tried anew each time', () => {
  const { ports } = noted()
  for (let i = 0; i < 2; i++) assert.deepEqual(ports.open(a, 1), { problem: 'taken' })
})

test('a bound socket is for a server to listen on', async () => {
  const port = await deadPort()
  const socket = bindOn('127.0.0.1')(port)
  assert.ok(!('problem' in socket))
  const server = createServer((_, res) => void res.end('ok'))
  server.listen(socket)
  await once(server, 'listening')
  assert.equal((await ask(port)).body, 'ok')
  await new Promise(resolve => server.close(resolve))
})

test('a port in use is told, and none is taken in its stead', async t => {
  const pod = await startPod((_, res) => void res.end())
  t.after(() => pod.close())
  const found = bindOn('127.0.0.1')(pod.port)
  assert.match('problem' in found ? found.problem : 'bound', new RegExp(`EADDRINUSE.*127\\.0\\.0\\.1:${pod.port}`))
})

test('an address that this machine has not is told', () => {
  const found = bindOn('192.0.2.1')(20_001)
  assert.match('problem' in found ? found.problem : 'bound', /^bind 192\.0\.2\.1:20001: EADDRNOTAVAIL/)
})
