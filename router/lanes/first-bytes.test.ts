import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { firstBytes } from './first-bytes.ts'

const of = (text: string) => firstBytes(Buffer.from(text, 'latin1'))

test('the first bytes tell HTTP/1, HTTP/2, TLS and the rest apart', () => {
  assert.equal(of('GET / HTTP/1.1\r\n'), 'http1')
  assert.equal(of('M-SEARCH * HTTP/1.1\r\n'), 'http1')
  assert.equal(of('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'h2')
  assert.equal(of('PRI * HTTP/1.1\r\n'), 'http1')
  assert.equal(of('PROPFIND / HTTP/1.1\r\n'), 'http1')
  assert.equal(of('\r\nGET / HTTP/1.1\r\n'), 'http1')
  assert.equal(of('\r\n\r\n\r\n'), 'unknown')
  assert.equal(of('\x16\x03\x01\x02\x00'), 'tls')
  assert.equal(of('SSH-2.0-OpenSSH_9.2\r\n'), 'unknown')
  assert.equal(of('*1\r\n$4\r\nPING\r\n'), 'unknown')
  assert.equal(of('get / HTTP/1.1'), 'unknown')
  assert.equal(of(' GET /'), 'unknown')
  assert.equal(of('ABCDEFGHIJKLMNOPQRSTUVWXYZ'), 'unknown')
})

test('too few bytes ask for more, and more bytes never change an answer', () => {
  for (const text of ['', 'G', 'GET', 'PR', 'PRI * HTTP/2.0\r\n']) assert.equal(of(text), 'more', text)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), bytes => {
      let said = 'more'
      for (let end = 1; end <= bytes.length; end++) {
        const now = firstBytes(bytes.subarray(0, end))
        assert.ok(said === 'more' || said === now)
        said = now
      }
      assert.ok(bytes.length < 24 || said !== 'more')
    }),
  )
})
