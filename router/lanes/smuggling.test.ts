/**
 * Requests that two parsers could read differently, as bytes. What counts is what the pod saw: exactly these requests, or
 * nothing.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfterTests } from '../testing/cleanup.ts'
import { eachHttpLane } from '../testing/lanes.ts'
import { exchangeBytes, startPod } from '../testing/pods.ts'

type Case = { readonly name: string; readonly bytes: string; readonly seen: readonly string[]; readonly says: RegExp }

const REFUSED = /^HTTP\/1\.1 (400|501|431) /
const TAKEN = /^HTTP\/1\.1 200 /
const SECRET = 'GET /secret HTTP/1.1\r\nHost: a\r\n\r\n'
const refused = (name: string, bytes: string): Case => ({ name, bytes, seen: [], says: REFUSED })
const taken = (name: string, bytes: string, ...seen: string[]): Case => ({ name, bytes, seen, says: TAKEN })
const post = (headers: string, body: string) => `POST /a HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`
const chunkedBody = `5\r\nhello\r\n0\r\n\r\n`

const CASES: readonly Case[] = [
  // Two lengths.
  refused('Content-Length and Transfer-Encoding', post('Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\nG`)),
  refused('Transfer-Encoding and Content-Length', post('Transfer-Encoding: chunked\r\nContent-Length: 6', `0\r\n\r\nG`)),
  refused('the same Content-Length twice', post('Content-Length: 5\r\nContent-Length: 5', 'hello')),
  refused('two Content-Lengths', post('Content-Length: 5\r\nContent-Length: 0', `hello`)),
  refused('a list of Content-Lengths', post('Content-Length: 5, 5', 'hello')),
  refused('a Content-Length with a plus', post('Content-Length: +5', 'hello')),
  refused('a negative Content-Length', post('Content-Length: -5', 'hello')),
  refused('a hexadecimal Content-Length', post('Content-Length: 0x5', 'hello')),
  refused('a Content-Length with a space inside', post('Content-Length: 1 1', 'hello')),
  refused('a Content-Length with letters', post('Content-Length: 5a', 'hello')),
  refused('a Content-Length beyond 64 bits', post('Content-Length: 99999999999999999999999', 'hello')),
  refused('an empty Content-Length', post('Content-Length: ', SECRET)),
  refused('a decimal Content-Length', post('Content-Length: 5.0', 'hello')),
  taken('a Content-Length with leading zeros', post('Content-Length: 005', 'hello'), 'POST /a hello'),
  taken('a Content-Length of 0 and another request', post('Content-Length: 0', SECRET), 'POST /a ', 'GET /secret '),
  taken('a length behind 2,100 other lines', post(`${'a:b\r\n'.repeat(2_100)}Content-Length: 5`, 'hello'), 'POST /a hello'),
  // Transfer-Encoding in disguise.
  refused('Transfer-Encoding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', chunkedBody)),
  refused(
    'Transfer-Encoding: chunked, then identity',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', chunkedBody),
  ),
  refused('Transfer-Encoding: identity', post('Transfer-Encoding: identity\r\nContent-Length: 5', 'hello')),
  refused('Transfer-Encoding: xchunked', post('Transfer-Encoding: xchunked', chunkedBody)),
  refused('Transfer-Encoding: chunked, identity', post('Transfer-Encoding: chunked, identity', chunkedBody)),
  refused('Transfer-Encoding: gzip, chunked', post('Transfer-Encoding: gzip, chunked', chunkedBody)),
  refused('Transfer-Encoding: chunked in quotes', post('Transfer-Encoding: "chunked"', chunkedBody)),
  refused('a space before the colon', post('Transfer-Encoding : chunked', chunkedBody)),
  refused('a tab before the colon', post('Transfer-Encoding\t: chunked', chunkedBody)),
  refused('a space before the name', post('X: 1\r\n Transfer-Encoding: chunked\r\nContent-Length: 5', 'hello')),
  refused('a vertical tab before the value', post('Transfer-Encoding: \x0bchunked', chunkedBody)),
  refused('a control character in the name', post('Transfer\x01-Encoding: chunked\r\nContent-Length: 5', 'hello')),
  refused('a NUL in a value', post('X-A: a\x00b\r\nContent-Length: 5', 'hello')),
  refused('a bare CR in a value', post('X-A: a\rTransfer-Encoding: chunked\r\nContent-Length: 5', 'hello')),
  refused('a header without a colon', post('Transfer-Encoding chunked\r\nContent-Length: 5', 'hello')),
  refused('an empty header name', post(': chunked\r\nContent-Length: 5', 'hello')),
  refused('a folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked', chunkedBody)),
  refused('chunked in HTTP/1.0', `POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedBody}`),
  taken('Transfer-Encoding: Chunked', post('Transfer-Encoding: Chunked', chunkedBody), 'POST /a hello'),
  // Chunks.
  taken('a chunk extension', post('Transfer-Encoding: chunked', '5;a=b\r\nhello\r\n0\r\n\r\n'), 'POST /a hello'),
  refused('a chunk size with 0x', post('Transfer-Encoding: chunked', '0x5\r\nhello\r\n0\r\n\r\n')),
  refused('a negative chunk size', post('Transfer-Encoding: chunked', '-5\r\nhello\r\n0\r\n\r\n')),
  refused('a chunk size with a space', post('Transfer-Encoding: chunked', ' 5\r\nhello\r\n0\r\n\r\n')),
  refused('a chunk size beyond 64 bits', post('Transfer-Encoding: chunked', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n')),
  refused('a chunk that ends with LF', post('Transfer-Encoding: chunked', '5\r\nhello\n0\r\n\r\n')),
  refused('a chunk size that ends with LF', post('Transfer-Encoding: chunked', '5\nhello\r\n0\r\n\r\n')),
  refused('a chunk that is longer than it says', post('Transfer-Encoding: chunked', '4\r\nhello\r\n0\r\n\r\n')),
  refused('a bare CR in a chunk extension', post('Transfer-Encoding: chunked', `5;\rX\r\nhello\r\n0\r\n\r\n`)),
  refused('a trailer that names a length', post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\nContent-Length: 100\r\n\r\n')),
  taken('a trailer', post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\nX-Sum: 100\r\n\r\n'), 'POST /a hello'),
  // Methods that have no body, with one.
  taken(
    'GET with a length',
    `GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${SECRET.length}\r\n\r\n${SECRET}`,
    `GET /a ${SECRET}`,
  ),
  taken('GET chunked', `GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedBody}`, 'GET /a hello'),
  taken('DELETE chunked', `DELETE /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedBody}`, 'DELETE /a hello'),
  taken(
    'OPTIONS chunked',
    `OPTIONS /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedBody}`,
    'OPTIONS /a hello',
  ),
  taken('HEAD with a length', `HEAD /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`, 'HEAD /a hello'),
  taken('DELETE with a length', `DELETE /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`, 'DELETE /a hello'),
  // Connection that takes framing away.
  refused('Connection: content-length', post('Connection: content-length\r\nContent-Length: 5', 'hello')),
  refused(
    'Connection: Transfer-Encoding',
    post('Connection: close, Transfer-Encoding\r\nTransfer-Encoding: chunked', chunkedBody),
  ),
  refused('Connection: host', 'GET /a HTTP/1.1\r\nHost: a\r\nConnection: host\r\n\r\n'),
  // Host and target.
  refused('no Host', 'GET /a HTTP/1.1\r\n\r\n'),
  refused('two Hosts', 'GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'),
  refused('a space in the target', 'GET /a /b HTTP/1.1\r\nHost: a\r\n\r\n'),
  refused('a NUL in the target', 'GET /a\x00b HTTP/1.1\r\nHost: a\r\n\r\n'),
  refused('HTTP/3.7', 'GET /a HTTP/3.7\r\nHost: a\r\n\r\n'),
  refused('no version', 'GET /a\r\nHost: a\r\n\r\n'),
  refused('an unknown method', 'SMUGGLE /a HTTP/1.1\r\nHost: a\r\n\r\n'),
  refused('line ends of LF only', 'GET /a HTTP/1.1\nHost: a\n\n'),
  refused('a request line that ends with LF', 'GET /a HTTP/1.1\nHost: a\r\n\r\n'),
  taken('a target with ..', 'GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n', 'GET /a/../b '),
  taken('an encoded line end in the target', 'GET /a%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\n\r\n', 'GET /a%0d%0aX:%20y '),
  taken('an absolute target', 'GET http://other/a HTTP/1.1\r\nHost: a\r\n\r\n', 'GET http://other/a '),
  // Upgrades.
  taken(
    'an upgrade to h2c',
    'GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    'GET /a ',
  ),
  refused(
    'an upgrade with a body',
    `GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${SECRET.length}\r\n\r\n${SECRET}`,
  ),
]

eachHttpLane(async startTestRouter => {
  const opened = closeAfterTests()
  let seen: string[] = []
  let raw = ''
  const pod = opened(
    await startPod((req, res) => {
      let body = ''
      req.on('data', chunk => (body += chunk))
      req.on('end', () => {
        seen.push(`${req.method} ${req.url} ${body}`)
        res.end('ok')
      })
    }),
  )
  pod.server.on('connection', socket => socket.on('data', chunk => (raw += chunk.toString('latin1'))))
  const router = opened(await startTestRouter())
  router.split({ v1: [pod.port] })

  for (const { name, bytes, seen: expected, says } of CASES) {
    test(`${expected.length > 0 ? 'read in one way' : 'refused'}: ${name}`, async () => {
      seen = []
      raw = ''
      const answers = await exchangeBytes(router.port, bytes, { quietMs: 150 })
      assert.match(answers.slice(0, 40) || 'closed without an answer', says)
      assert.deepEqual(seen, expected, raw)
      if (expected.length === 0) assert.ok(!raw.includes('secret'), 'not even a part is passed on')
      assert.equal(answers.split(/HTTP\/1\.1 (?=\d{3} )/).length - 1, Math.max(1, expected.length), answers)
    })
  }

  test('a request that is refused behind one that is being answered does not get its answer in first', async () => {
    const slow = opened(await startPod((_, res) => void setTimeout(() => res.end('slow'), 100)))
    const other = opened(await startTestRouter())
    other.split({ v1: [slow.port] })
    const answers = await exchangeBytes(other.port, 'GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/9.9\r\n\r\n', {
      quietMs: 1_000,
    })
    assert.doesNotMatch(answers, /400 .*slow/s)
  })

  test('there are at least 40 of them', () => assert.ok(CASES.length >= 40, String(CASES.length)))
})
