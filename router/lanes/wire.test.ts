/**
 * Whatever legal requests a client sends, in whatever pieces they arrive: the pod sees the same requests, in order, and nothing
 * else.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { startPod } from '../testing/pods.ts'

eachHttpLane(async startTestRouter => {
  type Wire = {
    readonly method: string
    readonly path: string
    readonly body: string
    readonly chunks: readonly number[] | undefined
  }

  const text = fc.stringMatching(/^[a-zA-Z0-9 \r\n:/.-]{0,60}$/)
  const wire: fc.Arbitrary<Wire> = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    path: fc.stringMatching(/^\/[a-z0-9/._~%?=&;,|-]{0,30}$/),
    body: text,
    /** Sizes of chunks; undefined: with a length. */
    chunks: fc.option(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 5 }), { nil: undefined }),
  })

  const render = ({ method, path, body, chunks }: Wire, isLast: boolean): string => {
    const head = [`${method} ${path} HTTP/1.1`, 'Host: shop', ...(isLast ? ['Connection: close'] : [])]
    if (!chunks) return [...head, ...(body ? [`Content-Length: ${body.length}`] : []), '', body].join('\r\n')
    return [...head, 'Transfer-Encoding: chunked', '', chunked(body, chunks)].join('\r\n')
  }

  const chunked = (body: string, sizes: readonly number[]): string => {
    const pieces: string[] = []
    let rest = body
    for (const size of [...sizes, body.length]) {
      const piece = rest.slice(0, size)
      rest = rest.slice(size)
      if (piece) pieces.push(`${piece.length.toString(16)}\r\n${piece}\r\n`)
    }
    return `${pieces.join('')}0\r\n\r\n`
  }

  /** Writes the text in pieces that end at the given places, each in a turn of its own. */
  const sendInPieces = async (port: number, bytes: string, cuts: readonly number[]): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {})
    let got = ''
    socket.on('data', data => {
      got += data.toString('latin1')
    })
    const closed = once(socket, 'close')
    let from = 0
    for (const to of [...cuts.map(cut => cut % bytes.length).sort((a, b) => a - b), bytes.length]) {
      if (to > from) socket.write(bytes.slice(from, to), 'latin1')
      from = Math.max(from, to)
      await turn()
    }
    await closed
    return got
  }

  const opened = closeAfterTests()
  let seen: string[] = []
  const pod = opened(
    await startPod((req, res) => {
      let body = ''
      req.on('data', chunk => {
        body += chunk
      })
      req.on('end', () => {
        seen.push(JSON.stringify([req.method, req.url, body]))
        res.end('ok')
      })
    }),
  )
  const router = opened(await startTestRouter())
  router.split({ v1: [pod.port] })

  test('legal requests arrive as they were sent', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wire, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(2_000), { maxLength: 8 }),
        async (requests, cuts) => {
          seen = []
          const bytes = requests.map((one, i) => render(one, i === requests.length - 1)).join('')
          const answers = await sendInPieces(router.port, bytes, cuts)
          // Pipelined requests may reach different connections of the pod, so only the answers come in order.
          assert.deepEqual(
            seen.toSorted(),
            requests.map(({ method, path, body }) => JSON.stringify([method, path, body])).toSorted(),
          )
          assert.equal(answers.split('HTTP/1.1 200 OK').length - 1, requests.length, answers)
        },
      ),
      { numRuns: 150 },
    )
  })
})
