/**
 * How long an admission takes over TLS at 200 requests a second: node webhook/admission.bench.ts [SECONDS]
 * The webhook runs in a thread of its own, as another process would; every request is a new template to be held.
 */
import { Agent, request as httpsRequest } from 'node:https'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { aReview, startWebhook } from './testing/client.ts'
import { aDeployment } from './testing/objects.ts'

const RATE = 200

const serve = async (): Promise<void> => {
  const { server, authority } = await startWebhook()
  parentPort?.postMessage({ port: server.port, ca: authority.caBundle })
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
  const oldObject = aDeployment()
  const body = aReview({ operation: 'UPDATE', oldObject, object: { ...aDeployment({ image: 'web:v2' }), padding } })
  const startedAt = performance.now()
  const running: Promise<number>[] = []
  for (let i = 0; i < seconds * RATE; i += 1) {
    const wait = startedAt + (i * 1000) / RATE - performance.now()
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
    running.push(send({ ...target, body }))
  }
  return (await Promise.all(running)).sort((a, b) => a - b)
}

const quantile = (sorted: readonly number[], q: number): number =>
  Number((sorted[Math.floor(q * (sorted.length - 1))] ?? 0).toFixed(2))

const measure = async (): Promise<void> => {
  const worker = new Worker(new URL(import.meta.url))
  const { port, ca } = await new Promise<{ readonly port: number; readonly ca: string }>(resolve =>
    worker.once('message', resolve),
  )
  const agent = new Agent({ keepAlive: true, ca })
  await load({ port, agent }, 1)
  const times = await load({ port, agent }, Number(process.argv[2] ?? 10))
  console.log(
    JSON.stringify({
      requests: times.length,
      perSecond: RATE,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      maxMs: quantile(times, 1),
    }),
  )
  agent.destroy()
  await worker.terminate()
}

await (isMainThread ? measure() : serve())
