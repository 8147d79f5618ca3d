/** One of two router processes is killed under load: what it was working on is lost, and nothing else. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { closeAfterTests } from './testing/cleanup.ts'
import type { Report } from './testing/lone-router.ts'
import { ask, startPod, until } from './testing/pods.ts'

const opened = closeAfterTests()
/** Long enough that some requests are under way at any time. */
const ANSWER_MS = 30
const WORKERS = 16
const pod = opened(await startPod((_, res) => void setTimeout(() => res.end('ok'), ANSWER_MS)))

type Lone = { readonly child: ChildProcess; readonly port: number }

const startRouter = async (lane: 'on' | 'off'): Promise<Lone> => {
  const child = fork(join(import.meta.dirname, 'testing/lone-router.ts'), [String(pod.port), lane])
  opened({ close: () => child.kill('SIGKILL') })
  const [{ port }] = (await once(child, 'message')) as [Report]
  return { child, port }
}

/** Each worker has one request under way, at the routers in turn; when one takes no connection it asks the other one. */
const startClients = (routers: readonly Lone[]) => {
  const underWay = new Map(routers.map(({ port }) => [port, 0]))
  const answered = new Map(routers.map(({ port }) => [port, 0]))
  const lost: { readonly port: number; readonly error: string }[] = []
  let refused = 0
  let ending = false
  const count = (counts: Map<number, number>, port: number, by: number): void =>
    void counts.set(port, (counts.get(port) ?? 0) + by)
  const askOne = async (port: number, agent: Agent): Promise<void> => {
    count(underWay, port, 1)
    try {
      const { status } = await ask(port, {}, agent)
      if (status === 200) count(answered, port, 1)
      else lost.push({ port, error: String(status) })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') refused += 1
      else lost.push({ port, error: String(error) })
    } finally {
      count(underWay, port, -1)
    }
  }
  const work = async (worker: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let turn = worker; !ending; turn++) await askOne(routers[turn % routers.length]?.port ?? 0, agent)
    agent.destroy()
  }
  const working = Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)))
  const stop = async () => {
    ending = true
    await working
  }
  return { underWay, answered, lost, refused: () => refused, stop }
}

for (const lane of ['on', 'off'] as const) {
  test(`one of two routers is killed under load: its requests under way are lost, all others are answered (fast lane ${lane})`, {
    timeout: 120_000,
  }, async () => {
    const routers = [await startRouter(lane), await startRouter(lane)]
    const [killed, other] = routers
    assert.ok(killed && other)
    const clients = startClients(routers)
    const answered = (port: number): number => clients.answered.get(port) ?? 0
    await until(() => answered(killed.port) > 100 && answered(other.port) > 100, 'both of them answer')
    const exited = once(killed.child, 'exit')
    const atRisk = clients.underWay.get(killed.port) ?? 0
    assert.ok(atRisk > 0, 'there is something to lose')
    killed.child.kill('SIGKILL')
    await exited
    const before = answered(other.port)
    await until(() => answered(other.port) > before + 200, 'the other one goes on')
    await clients.stop()
    // A worker may have had its answer and asked again between the count and the kill: one request for each worker at most.
    assert.ok(clients.lost.length <= WORKERS, JSON.stringify(clients.lost))
    assert.deepEqual(
      clients.lost.filter(({ port }) => port !== killed.port),
      [],
      'nothing of the other one is lost',
    )
    assert.ok(clients.refused() > 0, 'the killed one takes no connection any more, which loses nothing')
  })
}
