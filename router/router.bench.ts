/**
 * CPU per request of this router against bare http-proxy, side by side in one run: node router/router.bench.ts [seconds per
 * turn] [turns]. Each proxy is a process of its own; the pod and the clients are in this one. Turns alternate, so that a busy
 * machine hits both alike.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const KINDS = ['http-proxy', 'sluice'] as const
type Kind = (typeof KINDS)[number]
const CONNECTIONS = 64

const serveBare = (podPort: number): Promise<number> => {
  const require = createRequire(import.meta.url)
  const util: { _extend?: unknown } = require('node:util')
  util._extend = Object.assign
  const httpProxy: typeof import('http-proxy') = require('http-proxy')
  const agent = new Agent({ keepAlive: true, maxFreeSockets: CONNECTIONS, scheduling: 'lifo' })
  const proxy = httpProxy.createProxyServer({
    target: { host: '127.0.0.1', port: podPort, protocol: 'http:' },
    agent,
    xfwd: true,
  })
  const server = createServer((req, res) => proxy.web(req, res))
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

const serveSluice = async (podPort: number): Promise<number> => {
  const { startTestRouter } = await import('./testing/router-under-test.ts')
  const router = await startTestRouter()
  router.split({ v1: [podPort], v2: [podPort], weight: 20 })
  return router.port
}

/** In the child: serves, and answers every message with the CPU time used since the last one, in microseconds. */
const runChild = async (kind: Kind, podPort: number): Promise<void> => {
  const port = await (kind === 'sluice' ? serveSluice(podPort) : serveBare(podPort))
  let before = process.cpuUsage()
  process.on('message', () => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    process.send?.({ cpu: user + system })
  })
  process.send?.({ port })
}

const hear = async (child: ChildProcess): Promise<{ readonly port: number; readonly cpu: number }> => {
  const [message] = (await once(child, 'message')) as [{ readonly port: number; readonly cpu: number }]
  return message
}

const cpuSinceLast = (child: ChildProcess): Promise<number> => {
  const heard = hear(child)
  child.send('cpu')
  return heard.then(({ cpu }) => cpu)
}

const get = (port: number, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent }, answer => answer.resume().once('end', resolve))
      .once('error', reject)
      .end()
  })

/** Asks over 64 kept connections for so long; the number of answers. */
const load = async (port: number, seconds: number): Promise<number> => {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const end = performance.now() + seconds * 1000
  let answers = 0
  const work = async (): Promise<void> => {
    while (performance.now() < end) {
      await get(port, agent)
      answers += 1
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  agent.destroy()
  return answers
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const runBench = async (seconds: number, turns: number): Promise<void> => {
  const pod = createServer({ keepAliveTimeout: 60_000 }, (_, res) => res.end('hello'))
  pod.listen(0, '127.0.0.1')
  await once(pod, 'listening')
  const podPort = String((pod.address() as AddressInfo).port)
  const proxies = await Promise.all(
    KINDS.map(async kind => {
      const child = fork(fileURLToPath(import.meta.url), ['--child', kind, podPort])
      return { kind, child, port: (await hear(child)).port, perRequest: [] as number[] }
    }),
  )
  for (const { port, child } of proxies) {
    await load(port, Math.min(1, seconds))
    await cpuSinceLast(child)
  }
  for (let turn = 0; turn < turns; turn++) {
    for (const { kind, port, child, perRequest } of proxies) {
      const answers = await load(port, seconds)
      perRequest.push((await cpuSinceLast(child)) / answers)
      console.log(
        `turn ${turn + 1}: ${kind.padEnd(10)} ${perRequest.at(-1)?.toFixed(1)} us of CPU per request (${Math.round(answers / seconds)} requests/s)`,
      )
    }
  }
  for (const { child } of proxies) child.kill()
  pod.close()
  pod.closeAllConnections()
  const [bare = 0, sluice = 0] = proxies.map(({ perRequest }) => median(perRequest))
  console.log(
    JSON.stringify({
      httpProxyUs: Number(bare.toFixed(1)),
      sluiceUs: Number(sluice.toFixed(1)),
      ratio: Number((sluice / bare).toFixed(3)),
    }),
  )
}

const [first, kind, podPort] = process.argv.slice(2)
if (first === '--child') await runChild(kind === 'sluice' ? 'sluice' : 'http-proxy', Number(podPort))
else await runBench(Number(first ?? 2), Number(kind ?? 3))
