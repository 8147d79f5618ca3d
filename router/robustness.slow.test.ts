/** What takes a process of its own: ten thousand connections, and no file descriptors. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { closeAfterTests } from './testing/cleanup.ts'
import type { Command, Report } from './testing/lone-router.ts'
import { ask, startPod } from './testing/pods.ts'

const opened = closeAfterTests()
const pod = opened(await startPod((_, res) => void res.end('ok')))
/** Each request needs a new connection to it. */
const closing = opened(await startPod((_, res) => void res.setHeader('Connection', 'close').end('ok')))
const SCRIPT = join(import.meta.dirname, 'testing/lone-router.ts')

const hear = async (child: ChildProcess): Promise<Report> => {
  const [report] = (await once(child, 'message')) as [Report]
  return report
}
const tell = (child: ChildProcess, command: Command): Promise<Report> => {
  const heard = hear(child)
  child.send(command)
  return heard
}

/** A connection that has had one answer and stays. */
const keptConnection = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', reject)
    socket.once('data', () => resolve(socket))
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  })

for (const lane of ['on', 'off'] as const) {
  test(`10,000 idle connections cost little memory, and others are served (fast lane ${lane})`, {
    timeout: 300_000,
  }, async () => {
    const child = fork(SCRIPT, [String(pod.port), lane])
    opened({ close: () => child.kill() })
    const { port, rssMiB: before } = await hear(child)
    const kept: Socket[] = []
    // The last one is left for the question at the end: the limit is 10,000.
    while (kept.length < 9_900) kept.push(...(await Promise.all(Array.from({ length: 100 }, () => keptConnection(port)))))
    const { rssMiB, connections } = await tell(child, { do: 'report' })
    assert.equal(connections, 9_900)
    // 50 KiB for each.
    assert.ok(rssMiB - before < 500, `${Math.round(rssMiB - before)} MiB`)
    assert.equal((await ask(port)).body, 'ok')
    for (const socket of kept) socket.destroy()
  })

  test(`out of file descriptors: a clear status, no pod is blamed, and it comes back (fast lane ${lane})`, {
    timeout: 60_000,
  }, async () => {
    const line = ['-c', 'ulimit -n 200; exec "$0" "$@"', process.execPath, SCRIPT, String(closing.port), lane]
    const child = spawn('bash', line, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    opened({ close: () => child.kill() })
    const { port } = await hear(child)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    opened({ close: () => agent.destroy() })
    assert.equal((await ask(port, {}, agent)).body, 'ok')
    await tell(child, { do: 'exhaust' })
    const got = await ask(port, {}, agent)
    assert.deepEqual([got.status, got.body], [503, 'this router has no connection left to make\n'])
    assert.equal((await tell(child, { do: 'release' })).failures, 0)
    assert.equal((await ask(port, {}, agent)).body, 'ok', 'on the same connection, at once')
  })
}
