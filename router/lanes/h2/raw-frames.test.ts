/** Frames that Node would not send: what is let through by nghttp2 and refused by Node must not end the router. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { closeAfterTests } from '../../testing/cleanup.ts'
import { frame, GET, HEADERS, literal, PREFACE, RST_STREAM, SETTINGS } from '../../testing/frames.ts'
import { askH2, startStreamPod } from '../../testing/h2-peers.ts'
import { startRawPod, until } from '../../testing/pods.ts'
import { startTestRouter } from '../../testing/router-under-test.ts'

const opened = closeAfterTests()
const END_STREAM = 1
const END_HEADERS = 4
const ODD = literal('http2-settings', 'AAMAAABk')
/** Stands in the head of every request. */
const ASKED = Buffer.from([0x82])
/** `:status: 200`, `:status: 101` and no status of HTTP at all. */
const OK = Buffer.from([0x88])
const SWITCHING = Buffer.concat([Buffer.from([0x08, 3]), Buffer.from('101')])
const BEYOND = Buffer.concat([Buffer.from([0x08, 3]), Buffer.from('999')])

/** A pod that answers its first stream with these frames. */
const podWith = (...frames: readonly Buffer[]) =>
  startRawPod(socket => {
    let answered = false
    socket.write(frame(SETTINGS, 0, 0))
    socket.on('data', bytes => {
      if (bytes.includes(PREFACE)) socket.write(frame(SETTINGS, 1, 0))
      if (answered || !bytes.includes(ASKED)) return
      answered = true
      socket.write(Buffer.concat(frames))
    })
    socket.on('end', () => socket.end())
  })

const ANSWERS: readonly (readonly [string, readonly Buffer[]])[] = [
  ['a head that Node does not send', [frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.concat([OK, ODD]))]],
  ['trailers that Node does not send', [frame(HEADERS, END_HEADERS, 1, OK), frame(HEADERS, END_HEADERS | END_STREAM, 1, ODD)]],
  ['an interim answer that Node does not send', [frame(HEADERS, END_HEADERS, 1, SWITCHING)]],
  ['a status beyond 599', [frame(HEADERS, END_HEADERS | END_STREAM, 1, BEYOND)]],
]
for (const [what, frames] of ANSWERS)
  test(`a pod that answers with ${what} fails that request only`, async () => {
    const pod = opened(await podWith(...frames))
    const good = opened(
      await startStreamPod(stream => {
        stream.respond({ ':status': 200 })
        stream.end('ok')
      }),
    )
    const router = opened(await startTestRouter({ answerTimeoutMs: 1_000 }))
    router.split({ v1: [pod.port] })
    await askH2(router.port).then(
      ({ status }) => assert.equal(status, 502),
      (error: Error) => assert.match(error.message, /PROTOCOL_ERROR|INTERNAL_ERROR/),
    )
    await until(() => router.counts().inFlight === 0, 'it has ended')
    assert.equal(router.counts().upstreamFailures, 1)
    router.split({ v1: [good.port] })
    assert.equal((await askH2(router.port)).body, 'ok')
  })

test('a client whose trailers Node does not send loses its stream only', async () => {
  const pod = opened(
    await startStreamPod(stream => {
      stream.resume()
      stream.once('end', () => {
        stream.respond({ ':status': 200 })
        stream.end('ok')
      })
    }),
  )
  const router = opened(await startTestRouter())
  router.split({ v1: [pod.port] })
  assert.equal((await askH2(router.port)).body, 'ok')
  const socket = connect({ port: router.port, host: '127.0.0.1' })
  opened({ close: () => socket.destroy() })
  let got: Buffer = Buffer.alloc(0)
  socket.on('data', bytes => {
    got = Buffer.concat([got, bytes])
  })
  socket.write(
    Buffer.concat([
      PREFACE,
      frame(SETTINGS, 0, 0),
      frame(HEADERS, END_HEADERS, 1, GET),
      frame(HEADERS, END_HEADERS | END_STREAM, 1, ODD),
    ]),
  )
  await until(() => got.includes(frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 1])).subarray(0, 9)), 'the stream is reset')
  await until(() => router.counts().inFlight === 0, 'nothing is left of it')
  assert.equal((await askH2(router.port)).body, 'ok')
})
