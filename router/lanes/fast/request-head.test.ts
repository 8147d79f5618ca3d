import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MORE, ODD } from './bytes.ts'
import { CHUNKED, RequestHead } from './request-head.ts'

const head = new RequestHead()
const read = (text: string): number => {
  const bytes = Buffer.from(text, 'latin1')
  return head.read(bytes, 0, bytes.length)
}
const get = (lines: string) => `GET /a HTTP/1.1\r\nHost: a\r\n${lines}\r\n`
const post = (lines: string) => `POST /a HTTP/1.1\r\nHost: a\r\n${lines}\r\n`

const TAKEN: readonly (readonly [string, { readonly body: number; readonly close: boolean }])[] = [
  [get(''), { body: 0, close: false }],
  [get('Connection: keep-alive\r\n'), { body: 0, close: false }],
  [get('Connection: Close\r\n'), { body: 0, close: true }],
  [get('Content-Length: 0\r\n'), { body: 0, close: false }],
  [post('Content-Length: 12\r\n'), { body: 12, close: false }],
  [post('Transfer-Encoding: Chunked\r\n'), { body: CHUNKED, close: false }],
  [post(`${'A: b\r\n'.repeat(90)}`), { body: 0, close: false }],
  ['OPTIONS /a?b=c&d HTTP/1.1\r\nhost:a\r\n\r\n', { body: 0, close: false }],
]
for (const [text, expected] of TAKEN) {
  test(`beyond doubt: ${JSON.stringify(text.slice(0, 80))}`, () => {
    assert.equal(read(text), text.length)
    assert.deepEqual({ body: head.body, close: head.close }, expected)
  })
}

const LEFT = [
  get('Content-Length: 5\r\n'),
  get('Transfer-Encoding: chunked\r\n'),
  get('Expect: 100-continue\r\n'),
  get('Upgrade: websocket\r\nConnection: Upgrade\r\n'),
  get('Upgrade: h2c\r\n'),
  get('TE: trailers\r\n'),
  get('Trailer: X\r\n'),
  get('HTTP2-Settings: a\r\n'),
  get('Proxy-Authorization: a\r\n'),
  get('Connection: X-A\r\n'),
  get('Connection: close\r\nConnection: close\r\n'),
  get('X-Forwarded-For: a\r\nX-Forwarded-For: b\r\n'),
  get('Host: a\r\n'),
  get('X: a\r\n b\r\n'),
  get('X : a\r\n'),
  get('X: a\nY: b\r\n'),
  get('A: b\r\n'.repeat(101)),
  post('Content-Length: 05\r\n'),
  post('Content-Length: 5\r\nContent-Length: 5\r\n'),
  post('Content-Length: 1234567890123456\r\n'),
  post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
  post('Transfer-Encoding: gzip, chunked\r\n'),
  'GET /a HTTP/1.0\r\nHost: a\r\n\r\n',
  'GET /a HTTP/1.1\r\n\r\n',
  'GET /a HTTP/1.1\r\nHost:\r\n\r\n',
  'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n',
  'PURGE /a HTTP/1.1\r\nHost: a\r\n\r\n',
  '\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n',
]
for (const text of LEFT) {
  test(`left to the general lane: ${JSON.stringify(text.slice(0, 80))}`, () => assert.equal(read(text), ODD))
}

test('a part of a head asks for more, wherever it is cut, and stale bytes behind it change nothing', () => {
  for (const [text] of TAKEN) {
    const bytes = Buffer.from(text, 'latin1')
    for (let to = 0; to < bytes.length; to++) assert.equal(head.read(bytes, 0, to), MORE, `${to} bytes of ${text}`)
  }
})

test('no bytes make it throw, and what it takes ends with an empty line', () => {
  const piece = fc.constantFrom(
    'GET ',
    '/',
    ' HTTP/1.1',
    '\r\n',
    'Host: a',
    'X: y',
    ':',
    '\r',
    '\n',
    '\0',
    'Content-Length: 1',
    'é',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      const text = pieces.join('')
      const end = read(text)
      assert.ok(end < 0 || text.slice(0, end).endsWith('\r\n\r\n'))
    }),
  )
})
