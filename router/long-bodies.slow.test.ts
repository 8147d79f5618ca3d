/** Bodies far larger than memory should ever see, through every lane: their bytes are right and the process does not grow. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { closeAfterTests } from './testing/cleanup.ts'
import { dialH2, startH2Pod } from './testing/h2-peers.ts'
import type { Command, Report } from './testing/lone-router.ts'
import { startPod, startRawPod } from './testing/pods.ts'

const opened = closeAfterTests()
const SCRIPT = join(import.meta.dirname, 'testing/lone-router.ts')
const MIB = 1024 * 1024
/** Set it to 1024 for a whole gigabyte each way. */
const SIZE_MIB = Number(process.env['LONG_BODY_MIB'] ?? 256)
const MAY_GROW_MIB = 96

const hear = async (child: ChildProcess): Promise<Report> => ((await once(child, 'message')) as [Report])[0]
const reportOf = (child: ChildProcess): Promise<Report> => {
  const heard = hear(child)
  const command: Command = { do: 'report' }
  child.send(command)
  return heard
}

/** So many MiB, each byte of one its number. */
const body = () =>
  Readable.from(
    (function* () {
      for (let i = 0; i < SIZE_MIB; i++) yield Buffer.alloc(MIB, i)
    })(),
  )

/** Fails when a byte is not the one that was sent in that place. */
const read = async (stream: AsyncIterable<unknown>): Promise<void> => {
  let at = 0
  for await (const chunk of stream) {
    const bytes = chunk as Buffer
    for (const offset of [0, bytes.length - 1])
      assert.equal(bytes[offset], Math.floor((at + offset) / MIB) & 0xff, `byte ${at + offset}`)
    at += bytes.length
  }
  assert.equal(at, SIZE_MIB * MIB)
}

/** Sends one body there and has it back, with the router between; the most that the router's process had, in MiB. */
const there = async (podPort: number, lane: 'on' | 'off', send: (port: number) => Promise<void>): Promise<void> => {
  const child = fork(SCRIPT, [String(podPort), lane])
  opened({ close: () => child.kill() })
  const { port } = await hear(child)
  // Twice: what the first one leaves behind is what a running router has.
  await send(port)
  const { rssMiB: before } = await reportOf(child)
  let most = before
  const timer = setInterval(() => void reportOf(child).then(({ rssMiB }) => (most = Math.max(most, rssMiB))), 100)
  await send(port)
  clearInterval(timer)
  assert.ok(most - before < MAY_GROW_MIB, `from ${Math.round(before)} to ${Math.round(most)} MiB`)
}

const echo = opened(await startPod((req, res) => void req.pipe(res)))
const overHttp = async (port: number): Promise<void> => {
  const req = request({ host: '127.0.0.1', port, method: 'POST', agent: false })
  body().pipe(req)
  const [answer] = await once(req, 'response')
  await read(answer)
}

for (const lane of ['on', 'off'] as const)
  test(`${SIZE_MIB} MiB there and back over HTTP/1.1 (fast lane ${lane})`, { timeout: 600_000 }, () =>
    there(echo.port, lane, overHttp),
  )

test(`${SIZE_MIB} MiB there and back over HTTP/2`, { timeout: 600_000 }, async () => {
  const pod = opened(await startH2Pod((req, res) => void req.pipe(res)))
  await there(pod.port, 'on', async port => {
    const session = dialH2(port)
    const stream = session.request({ ':method': 'POST' })
    body().pipe(stream)
    await read(stream)
    session.close()
  })
})

test(`${SIZE_MIB} MiB there and back on a connection that is passed through`, { timeout: 600_000 }, async () => {
  const pod = opened(await startRawPod((socket: Socket) => void socket.pipe(socket)))
  await there(pod.port, 'on', async port => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    // The first byte is 0, which is neither HTTP nor TLS.
    body().pipe(socket)
    await read(socket)
  })
})
