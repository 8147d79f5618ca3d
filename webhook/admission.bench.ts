/**
 * How long an admission takes over TLS at 200 requests a second: node webhook/admission.bench.ts [SECONDS]
 * The webhook runs in a thread of its own, as another process would; every request is a new template to be held. Beside it, in the
 * same run and at the same rate, stands a bare TLS server that reads the same body and answers a constant: what the machine costs.
 */
import { Agent, createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { aReview, startWebhook } from './testing/client.ts'
import { aDeployment } from './testing/objects.ts'

const RATE = 200

type Started = { readonly webhook: number; readonly bare: number; readonly ca: string }
type Used = { readonly cpuMs: number }

const startBare = (pair: { readonly cert: string; readonly key: string }): Promise<number> => {
  const server = createServer(pair, (request, response) => {
    request.on('data', () => {})
    request.on('end', () => response.end('{"response":{"allowed":true}}'))
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

/** The thread of the servers: says where they are, then on each message how much processor time the thread has used. */
const serve = async (): Promise<void> => {
  const { server, authority, pair } = await startWebhook()
  const bare = await startBare(pair.current())
  parentPort?.postMessage({ webhook: server.port, bare, ca: authority.caBundle } satisfies Started)
  parentPort?.on('message', () => {
    const { user, system } = process.threadCpuUsage()
    parentPort?.postMessage({ cpuMs: (user + system) / 1000 } satisfies Used)
  })
}

const send = (options: { readonly port: number; readonly agent: Agent; readonly body: string }): Promise<number> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(options.body) }
    const request = httpsRequest({ ...options, host: '127.0.0.1', path: '/mutate', method: 'POST', headers }, response => {
      response.resume()
      response.on('end', () =>
        response.statusCode === 200 ? resolve(performance.now() - startedAt) : reject(new Error(`${response.statusCode}`)),
      )
    })
    request.on('error', reject)
    request.end(options.body)
  })

/** One request every 5 ms by the clock, whether the earlier ones were answered or not. */
const load = async (target: { readonly port: number; readonly agent: Agent }, seconds: number): Promise<readonly number[]> => {
  const padding = 'x'.repeat(6000)
  const body = aReview({
    operation: 'UPDATE',
    oldObject: aDeployment(),
    object: { ...aDeployment({ image: 'web:v2' }), padding },
  })
  const startedAt = performance.now()
  const running: Promise<number>[] = []
  for (let i = 0; i < seconds * RATE; i += 1) {
    const wait = startedAt + (i * 1000) / RATE - performance.now()
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
    running.push(send({ ...target, body }))
  }
  return (await Promise.all(running)).sort((a, b) => a - b)
}

const round = (value: number): number => Number(value.toFixed(2))
const quantile = (sorted: readonly number[], q: number): number => round(sorted[Math.floor(q * (sorted.length - 1))] ?? 0)

const measure = async (): Promise<void> => {
  const worker = new Worker(new URL(import.meta.url))
  const next = <T>(): Promise<T> => new Promise(resolve => worker.once('message', resolve))
  const { webhook, bare, ca } = await next<Started>()
  const agent = new Agent({ keepAlive: true, ca })
  const seconds = Number(process.argv[2] ?? 10)
  const cpu = async (): Promise<number> => {
    const used = next<Used>()
    worker.postMessage('used')
    return (await used).cpuMs
  }
  const run = async (port: number) => {
    await load({ port, agent }, 1)
    const before = await cpu()
    const times = await load({ port, agent }, seconds)
    const cpuUs = Math.round((1000 * ((await cpu()) - before)) / times.length)
    return { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), maxMs: quantile(times, 1), cpuUs }
  }
  const own = await run(webhook)
  const base = await run(bare)
  const ratio = { p99: round(own.p99Ms / base.p99Ms), cpu: round(own.cpuUs / base.cpuUs) }
  console.log(JSON.stringify({ requests: seconds * RATE, perSecond: RATE, webhook: own, bareTlsServer: base, ratio }))
  agent.destroy()
  await worker.terminate()
}

await (isMainThread ? measure() : serve())
