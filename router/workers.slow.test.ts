/** A router with worker processes: to clients and to the controller it is one router. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Clock, systemClock } from '../kube/clock.ts'
import { makeKey } from '../kube/shared-keys.ts'
import { startLoad } from './testing/load.ts'
import { ask, startPod, until } from './testing/pods.ts'
import { isGone, patiently, startRouterWithWorkers, type WorkersUnderTest } from './testing/router-with-workers.ts'

const NONE: readonly string[] = []

const podThatSays = async (t: TestContext, text: string) => {
  const pod = await startPod((req, res) => void req.resume().on('end', () => res.end(text)))
  t.after(() => pod.close())
  return pod
}

const aSplit = async (t: TestContext, workers: number, weight: number): Promise<WorkersUnderTest> => {
  const [v1, v2] = [await podThatSays(t, 'v1'), await podThatSays(t, 'v2')]
  const running = await startRouterWithWorkers(t, workers)
  running.split({ v1: [v1.port], v2: [v2.port], weight })
  await patiently(() => running.router.notReady() === undefined, 'it is ready')
  return running
}

test('the workers split exactly, each by itself, and their counts are one sum', { timeout: 300_000 }, async t => {
  const running = await aSplit(t, 2, 7)
  const load = startLoad({ port: () => running.port, workers: 16 })
  await patiently(() => load.requests() >= 2_000, '2,000 requests')
  await load.stop()
  assert.deepEqual(load.failures, NONE)
  const canary = load.bodies.get('v2') ?? 0
  assert.ok(
    Math.abs(canary - load.requests() * 0.07) <= 2,
    `${canary} of ${load.requests()}: more than one request for each worker`,
  )
  const metrics = await running.metrics()
  const count = (version: string) =>
    Number(new RegExp(`requests_total\\{[^}]*version="${version}",code_class="2xx"\\} (\\d+)`).exec(metrics)?.[1])
  assert.deepEqual([count('v1'), count('v2')], [load.bodies.get('v1'), canary])
  assert.match(metrics, /^sluice_router_workers\{state="serving"\} 2$/m)
  assert.equal(new Set([1, 2].map(running.pid)).size, 2)
  for (const worker of [1, 2])
    assert.match(metrics, new RegExp(`^sluice_router_worker_cpu_seconds_total\\{worker="${worker}"\\} \\d+\\.\\d`, 'm'))
})

test('a worker that is killed costs only what was under way in it, nobody is refused, and it is replaced', {
  timeout: 300_000,
}, async t => {
  for (const workers of [2, 1]) {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const pod = await startPod((req, res) => {
      if (req.url === '/held') void released.then(() => res.end('held'))
      else res.end('pod')
    })
    t.after(() => pod.close())
    const running = await startRouterWithWorkers(t, workers)
    running.split({ v1: [pod.port] })
    await patiently(() => running.router.notReady() === undefined, 'it is ready')
    const load = startLoad({ port: () => running.port, withBodies: false })
    await patiently(() => load.requests() > 500, '500 requests')
    const { requests, failures } = load
    const pid = running.pid(1)
    process.kill(pid, 'SIGKILL')
    await patiently(() => running.pid(1) !== pid, 'another one has its place')
    const then = requests()
    await patiently(() => requests() > then + 500, '500 requests after it')
    assert.equal(running.router.notReady(), undefined)
    await load.stop()
    // Each client has at most one request under way; those on kept connections send again what was cut off without an answer.
    assert.ok(failures.length <= 12, failures.join('\n'))
    assert.deepEqual(
      failures.filter(failure => /REFUSED|503|502/.test(failure)),
      NONE,
    )
    const [death] = running.log.filter(({ message }) => message.startsWith('a worker died'))
    assert.deepEqual([death?.['worker'], death?.['pid'], death?.['signal'], death?.['replacedInMs']], [1, pid, 'SIGKILL', 0])
    const metrics = await running.metrics()
    assert.match(metrics, /^sluice_router_worker_deaths_total 1$/m)
    // What the dead one counted before its last tenth of a second is still there.
    const counted = Number(/requests_total\{[^}]*code_class="2xx"\} (\d+)/.exec(metrics)?.[1])
    assert.ok(counted > requests() / 2 && counted <= requests() + failures.length, `${counted} of ${requests()}`)
    release()
  }
})

test('what a dead worker counted stays counted, and what was open in it is open no more', { timeout: 300_000 }, async t => {
  const held = await startPod((req, res) => {
    if (req.url !== '/held') res.end('pod')
  })
  t.after(() => held.close())
  const running = await startRouterWithWorkers(t, 1)
  running.split({ v1: [held.port] })
  await patiently(() => running.router.notReady() === undefined, 'it is ready')
  for (let i = 0; i < 30; i++) assert.equal((await ask(running.port)).body, 'pod')
  const cut = ask(running.port, { path: '/held' }).then(
    () => 'answered',
    () => 'cut',
  )
  const report = () => running.router.serving.report()['shop/web']
  await until(() => report()?.inFlight['v1'] === 1, 'it is in flight')
  await running.metrics()
  const pid = running.pid(1)
  process.kill(pid, 'SIGKILL')
  assert.equal(await cut, 'cut')
  await until(() => report()?.inFlight['v1'] === 0 && report()?.connections === 0, 'nothing is open')
  await patiently(() => running.pid(1) !== pid, 'it is replaced')
  assert.equal((await ask(running.port)).body, 'pod')
  const metrics = await running.metrics()
  assert.match(metrics, /requests_total\{[^}]*code_class="2xx"\} 31$/m)
  const stats = running.router.serving.routes.get('shop/web')?.stats.get('v1')
  assert.equal(
    stats?.ring.read(Date.now(), 600).reduce((sum, { tally }) => sum + tally.status2xx, 0),
    31,
  )
})

test('a version is acknowledged when the last worker runs it, and never taken back by a new worker', {
  timeout: 300_000,
}, async t => {
  const running = await aSplit(t, 2, 0)
  const v1 = await podThatSays(t, 'v1')
  const version = () => running.router.serving.report()['shop/web']?.version
  assert.equal(version(), 1)
  const slow = running.pid(2)
  process.kill(slow, 'SIGSTOP')
  t.after(() => isGone(slow) || process.kill(slow, 'SIGCONT'))
  running.split({ v1: [v1.port], weight: 50 })
  await until(() => running.router.serving.routes.get('shop/web')?.plan.version === 2, 'the router knows it')
  // The other worker answers once more, so it has heard.
  await running.metrics()
  assert.equal(version(), 1)
  assert.match(await running.metrics(), /^sluice_router_route_version\{[^}]*\} 1$/m)
  process.kill(slow, 'SIGCONT')
  await until(() => version() === 2, 'both run it')
  const seen = new Set<number | undefined>()
  const watch = setInterval(() => seen.add(version()), 1)
  const pid = running.pid(1)
  process.kill(pid, 'SIGKILL')
  await patiently(() => running.pid(1) !== pid, 'it is replaced')
  clearInterval(watch)
  assert.deepEqual([...seen, version()], [2, 2])
})

test('without any worker the router is not ready, and a connection waits for the next one', {
  timeout: 300_000,
}, async t => {
  const running = await startRouterWithWorkers(t, 2)
  running.split({ v1: [(await podThatSays(t, 'v1')).port] })
  await patiently(() => Number.isInteger(running.pid(1)) && Number.isInteger(running.pid(2)), 'both serve')
  for (const worker of [1, 2]) process.kill(running.pid(worker), 'SIGKILL')
  await until(() => running.router.notReady() === '0 of 2 workers serve', 'none serves')
  assert.equal(running.router.serving.report()['shop/web']?.listening, false)
  // The socket is held meanwhile: a connection waits.
  assert.equal((await ask(running.port)).body, 'v1')
  await patiently(() => running.router.notReady() === undefined, 'both are back')
})

test('a Route that is removed is let go of by all workers, and its port is closed', { timeout: 300_000 }, async t => {
  const running = await aSplit(t, 2, 0)
  running.remove()
  await until(() => running.router.serving.routes.size === 0, 'it is forgotten')
  await assert.rejects(ask(running.port), /ECONNREFUSED/)
})

test('the workers end with the router', { timeout: 300_000 }, async t => {
  const running = await aSplit(t, 2, 0)
  const pids = [1, 2].map(running.pid)
  await running.router.drain()
  await until(() => pids.every(isGone), 'they are gone')
  await assert.rejects(ask(running.port), /ECONNREFUSED/)
  assert.deepEqual(
    running.log.filter(({ message }) => message.startsWith('a worker died')),
    [],
  )
})

test('a worker that ends by an error tells first what it has counted', { timeout: 300_000 }, async t => {
  const pod = await podThatSays(t, 'pod')
  const script = new URL('testing/failing-worker.ts', import.meta.url).pathname
  const running = await startRouterWithWorkers(t, 1, { workers: { workers: 1, script, args: [], logLevel: 'error' } })
  running.split({ v1: [pod.port] })
  await patiently(() => running.router.notReady() === undefined, 'it is ready')
  for (let i = 0; i < 10; i++) assert.equal((await ask(running.port)).body, 'pod')
  process.kill(running.pid(1), 'SIGHUP')
  await patiently(() => running.log.some(({ message }) => message.startsWith('a worker died')), 'it is gone')
  const death = running.log.find(({ message }) => message.startsWith('a worker died'))
  assert.deepEqual([death?.['code'], death?.['signal']], [1, undefined])
  const stats = running.router.serving.routes.get('shop/web')?.stats.get('v1')
  assert.equal(stats?.ring.totals().status2xx, 10)
})

test('a worker that hangs is killed and replaced', { timeout: 300_000 }, async t => {
  const pod = await podThatSays(t, 'pod')
  // Half a minute passes at once while it hangs.
  let hangs = false
  const clock: Clock = {
    now: systemClock.now,
    setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms === 5_000 ? (hangs ? 20 : 200) : ms),
  }
  const running = await startRouterWithWorkers(t, 1, { clock })
  running.split({ v1: [pod.port] })
  await patiently(() => running.router.notReady() === undefined, 'it is ready')
  const pid = running.pid(1)
  hangs = true
  process.kill(pid, 'SIGSTOP')
  await patiently(() => running.log.some(({ message }) => message === 'a worker hangs, it is killed'), 'it is found')
  hangs = false
  await patiently(() => running.pid(1) !== pid, 'it is replaced')
  assert.equal((await ask(running.port)).body, 'pod')
})

test('a user who is kept by cookie is kept by all workers', { timeout: 300_000 }, async t => {
  const [v1, v2] = [await podThatSays(t, 'v1'), await podThatSays(t, 'v2')]
  const running = await startRouterWithWorkers(t, 2)
  running.router.serving.useKeys([makeKey()])
  running.split({ v1: [v1.port], v2: [v2.port], weight: 50, spec: { sticky: { by: 'cookie' } } })
  await patiently(() => running.router.notReady() === undefined, 'it is ready')
  for (let user = 0; user < 10; user++) {
    const first = await ask(running.port)
    const [cookie = ''] = first.headers['set-cookie']?.[0]?.split(';') ?? []
    assert.match(cookie, /=\d+\./)
    // Each on a connection of its own, and so with whichever worker is first.
    const later = await Promise.all(Array.from({ length: 8 }, () => ask(running.port, { headers: { cookie } })))
    assert.deepEqual([...new Set(later.map(({ body }) => body))], [first.body])
  }
})
