import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseAmbiguous } from './framing.ts'
import { addForwarded, answerHeaders, plainAddress, stripRequest } from './headers.ts'

test('hop-by-hop headers of a request and those that Connection names are taken out', () => {
  const headers = {
    connection: 'close, X-Hop',
    'x-hop': '1',
    'keep-alive': 'timeout=5',
    te: 'trailers',
    trailer: 'x',
    upgrade: 'h2c',
    'http2-settings': 'AAA',
    'proxy-authorization': 'Basic x',
    'proxy-connection': 'keep-alive',
    expect: '100-continue',
    host: 'web',
    accept: '*/*',
    'content-length': '3',
  }
  stripRequest(headers)
  assert.deepEqual(headers, { host: 'web', accept: '*/*', 'content-length': '3' })
})

test('hop-by-hop headers of an answer are taken out, the others keep order, case and repetition', () => {
  const raw = [
    'Set-Cookie',
    'a=1',
    'Connection',
    'Keep-Alive, x-hop',
    'Keep-Alive',
    'timeout=5',
    'X-Hop',
    '1',
    'Set-Cookie',
    'b=2',
    'Transfer-Encoding',
    'chunked',
    'ETag',
    '"x"',
  ]
  assert.deepEqual(answerHeaders(raw), ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'ETag', '"x"'])
})

test('an answer keeps its length even when Connection names it', () => {
  assert.deepEqual(answerHeaders(['Connection', 'content-length', 'Content-Length', '5']), ['Content-Length', '5'])
})

test('the client is appended to X-Forwarded-For, Proto and Host are kept when they are there', () => {
  const fresh = { host: 'web:80' }
  addForwarded(fresh, '10.0.0.1')
  assert.deepEqual(fresh, {
    host: 'web:80',
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'web:80',
  })
  const behind = { host: 'web', 'x-forwarded-for': '1.1.1.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example' }
  addForwarded(behind, '10.0.0.1')
  assert.deepEqual(behind, {
    host: 'web',
    'x-forwarded-for': '1.1.1.1, 10.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
  })
})

test('an address is plain IPv4 where it is one', () => {
  assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(plainAddress('fd00::1'), 'fd00::1')
})

const head = (...rawHeaders: string[]) => ({ httpVersion: '1.1', rawHeaders })

test('framing that can be read in two ways is refused', () => {
  const refused: readonly (readonly [string, ...string[]])[] = [
    ['Host', 'a', 'host', 'b'],
    ['Content-Length', '5', 'Content-Length', '5'],
    ['Content-Length', '5', 'Transfer-Encoding', 'chunked'],
    ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'],
    ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'identity'],
    ['Connection', 'content-length'],
    ['Connection', 'close, Transfer-Encoding'],
    ['Connection', 'HOST ,close'],
  ]
  for (const raw of refused) assert.equal(refuseAmbiguous(head(...raw))?.status, 400, raw.join(' '))
  assert.equal(refuseAmbiguous({ httpVersion: '1.0', rawHeaders: ['Transfer-Encoding', 'chunked'] })?.status, 400)
  for (const coding of ['gzip, chunked', 'identity', 'chunked, chunked', 'xchunked', 'chunked;a=b', '']) {
    assert.equal(refuseAmbiguous(head('Transfer-Encoding', coding))?.status, 501, coding)
  }
})

test('ordinary framing passes', () => {
  for (const raw of [
    ['Host', 'a'],
    ['Content-Length', '5'],
    ['Transfer-Encoding', 'Chunked'],
    ['Connection', 'close, x-content-length'],
    ['X-Host', 'a', 'Host', 'b'],
  ]) {
    assert.equal(refuseAmbiguous(head(...raw)), undefined, raw.join(' '))
  }
})
