/** Routers with workers as the processes that they are in pods: what they say of themselves, and how they leave. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import type { BucketReport, RouterReport } from '../api/router-admin.ts'
import { waitFor } from '../local/wait.ts'
import { ask, startPod } from './testing/pods.ts'
import { type RouterProcess, startRouterProcess, startWorld } from './testing/router-process.ts'
import { isGone } from './testing/router-with-workers.ts'

const isReady = (router: RouterProcess) =>
  waitFor({ what: 'the router to be ready' }, async () => (await router.health('/readyz')).status === 200)

const workersOf = ({ log }: RouterProcess): readonly number[] =>
  log.filter(({ message }) => message === 'a worker serves').map(({ pid }) => Number(pid))

/** Clients of addresses that may change; each stays on its connection as long as its address is the same. */
const startClients = (port: number, addresses: () => readonly string[]) => {
  const failures: string[] = []
  let [answers, turn, ending] = [0, 0, false]
  const work = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!ending) {
      const all = addresses()
      const host = all[turn++ % all.length] ?? ''
      await ask(port, {}, turn % 3 === 0 ? false : agent, host).then(
        ({ status }) => {
          answers += 1
          if (status !== 200) failures.push(`${host}: ${status}`)
        },
        (error: unknown) => failures.push(`${host}: ${String(error)}`),
      )
    }
    agent.destroy()
  }
  const working = Promise.all(Array.from({ length: 8 }, work))
  const stop = async (): Promise<void> => {
    ending = true
    await working
  }
  return { failures, answers: () => answers, stop }
}

test('routers with workers that end one after another lose no request, and leave no process', { timeout: 300_000 }, async t => {
  const pods = await Promise.all(['v1', 'v2'].map(text => startPod((_, res) => void setTimeout(() => res.end(text), 5))))
  for (const pod of pods) t.after(() => pod.close())
  const [v1, v2] = pods.map(({ port }) => port)
  const world = await startWorld(t, { v1: v1 ?? 0, v2: v2 ?? 0, weight: 20 })
  const start = (ip: string) => startRouterProcess(t, world, { ip, args: ['--workers', '2', '--quiet-seconds', '1'] })
  const routers = { '127.0.0.2': await start('127.0.0.2'), '127.0.0.3': await start('127.0.0.3') }
  for (const router of Object.values(routers)) await isReady(router)
  // In the place of kube-proxy.
  let published: readonly string[] = Object.keys(routers)
  const clients = startClients(world.port, () => published)
  await waitFor({ what: '500 answers' }, async () => clients.answers() > 500)
  const leaving = routers['127.0.0.2']
  const pids = workersOf(leaving)
  assert.equal(pids.length, 2)
  leaving.signal('SIGTERM')
  await waitFor({ what: 'it to be not ready', everyMs: 10 }, async () => (await leaving.health('/readyz')).status === 503)
  published = ['127.0.0.3']
  assert.equal(await leaving.ended, 0)
  const then = clients.answers()
  await waitFor({ what: '200 more answers' }, async () => clients.answers() > then + 200)
  await clients.stop()
  assert.deepEqual(clients.failures, [])
  await waitFor({ what: 'its workers to be gone' }, async () => pids.every(isGone))
  assert.deepEqual(
    leaving.log.filter(({ level, message }) => level === 'error' && message.includes('worker')),
    [],
  )
})

test('the controller and Prometheus see one router', { timeout: 300_000 }, async t => {
  const pods = await Promise.all(['v1', 'v2'].map(text => startPod((_, res) => void res.end(text))))
  for (const pod of pods) t.after(() => pod.close())
  const [v1, v2] = pods.map(({ port }) => port)
  const world = await startWorld(t, { v1: v1 ?? 0, v2: v2 ?? 0, weight: 25 })
  const router = await startRouterProcess(t, world, { ip: '127.0.0.1', args: ['--workers', '3'] })
  await isReady(router)
  for (let i = 0; i < 120; i++) await ask(world.port)
  const routes = (await waitFor({ what: 'the admin port' }, () => router.admin('/routes'))) as RouterReport
  assert.deepEqual(routes.routes['shop/web'], {
    version: 1,
    listening: true,
    upstreams: { v1: 1, v2: 1 },
    inFlight: { v1: 0, v2: 0 },
    connections: routes.routes['shop/web']?.connections,
  })
  const { buckets } = (await router.admin('/buckets?route=shop/web&seconds=600')) as BucketReport
  const counted = (hash: string) => buckets.reduce((sum, { versions }) => sum + (versions[hash]?.status2xx ?? 0), 0)
  const measured = (hash: string) =>
    buckets.reduce((sum, { versions }) => sum + (versions[hash]?.latency.reduce((a, b) => a + b) ?? 0), 0)
  assert.equal(counted('v1') + counted('v2'), 120)
  assert.ok(Math.abs(counted('v2') - 30) <= 3, `${counted('v2')} of 120: more than one request for each worker`)
  assert.deepEqual([measured('v1'), measured('v2')], [counted('v1'), counted('v2')])
  const { body: metrics } = await router.health('/metrics')
  for (const hash of ['v1', 'v2']) {
    const labels = `\\{[^}]*version="${hash}"`
    assert.match(metrics, new RegExp(`sluice_router_requests_total${labels},code_class="2xx"\\} ${counted(hash)}\\n`))
    assert.match(metrics, new RegExp(`sluice_router_request_duration_seconds_count${labels}\\} ${counted(hash)}\\n`))
  }
})

test('workers do not outlive a router that is killed', { timeout: 300_000 }, async t => {
  const pod = await startPod((_, res) => void res.end('pod'))
  t.after(() => pod.close())
  const world = await startWorld(t, { v1: pod.port, v2: pod.port, weight: 0 })
  const router = await startRouterProcess(t, world, { ip: '127.0.0.1', args: ['--workers', '2'] })
  await isReady(router)
  const pids = workersOf(router)
  // Signals are for the primary to act on.
  for (const pid of pids) process.kill(pid, 'SIGTERM')
  assert.equal((await ask(world.port)).body, 'pod')
  assert.deepEqual(pids.map(isGone), [false, false])
  router.signal('SIGKILL')
  await waitFor({ what: 'the workers to be gone' }, async () => pids.every(isGone))
})
