import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRowLog } from './feed/row-log.ts'
import { isLoopbackHost, refusalOf } from './http/same-origin.ts'
import { cookieHeader, readCookie } from './session/cookies.ts'
import { makeSealer } from './session/seal.ts'
import { cannedOverview } from './testing/canned.ts'

const [first, second] = cannedOverview(0, 0).rows
assert.ok(first && second)

test('what did not change is not told', () => {
  const log = makeRowLog()
  assert.deepEqual(log.update([[first.key, first]]), { rows: [first], gone: [] })
  assert.equal(log.update([[first.key, { ...first }]]), undefined)
  assert.equal(log.version(), 1)
})

test('a page gets what changed after the version it has', () => {
  const log = makeRowLog()
  log.update([[first.key, first]])
  log.update([[second.key, second]])
  log.update([[first.key, undefined]])
  assert.deepEqual(log.since(1), { rows: [second], gone: [first.key] })
  assert.deepEqual(log.since(3), { rows: [], gone: [] })
  assert.equal(log.since(4), undefined)
})

test('what is gone for too long is not known any more, and the page begins anew', () => {
  const log = makeRowLog()
  for (let i = 0; i < 1002; i += 1) {
    log.update([[`ns/${i}`, first]])
    log.update([[`ns/${i}`, undefined]])
  }
  assert.equal(log.since(1), undefined)
  assert.notEqual(log.since(2000), undefined)
})

test('a sealed token is not to be seen, opens again, and cannot be altered', () => {
  const { seal, open } = makeSealer()
  const sealed = seal('very-secret-token')
  assert.ok(!sealed.bytes.toString('latin1').includes('secret'))
  assert.equal(open(sealed), 'very-secret-token')
  const altered = Buffer.from(sealed.bytes)
  altered[0] = (altered[0] ?? 0) ^ 1
  assert.throws(() => open({ ...sealed, bytes: altered }))
  assert.throws(() => makeSealer().open(sealed))
})

test('the cookie is found among others, and only by its whole name', () => {
  assert.equal(readCookie('a=1; sluice-80=abc=; x=2', 'sluice-80'), 'abc=')
  assert.equal(readCookie('xsluice-80=abc', 'sluice-80'), undefined)
  assert.equal(readCookie(undefined, 'sluice-80'), undefined)
  assert.equal(cookieHeader('sluice-80', undefined, false), 'sluice-80=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0')
})

test('only our own page and programs with their own token may change something', () => {
  const own = { host: 'sluice.example', 'x-sluice-request': '1' }
  assert.equal(refusalOf({ ...own, origin: 'https://sluice.example', 'sec-fetch-site': 'same-origin' }), undefined)
  assert.equal(refusalOf({ host: 'sluice.example', authorization: 'Bearer x' }), undefined)
  assert.match(refusalOf({ ...own, origin: 'https://sluice.example.evil.example' }) ?? '', /another page/)
  assert.match(refusalOf({ ...own, 'sec-fetch-site': 'none' }) ?? '', /another page/)
  assert.match(refusalOf({ host: 'sluice.example' }) ?? '', /lacks the header/)
  assert.match(refusalOf({ host: 'sluice.example', authorization: 'Bearer x', cookie: 'a=b' }) ?? '', /lacks the header/)
})

test('a name that resolves to loopback is not loopback', () => {
  assert.ok(isLoopbackHost('127.0.0.1:3100') && isLoopbackHost('localhost'))
  for (const host of ['evil.example:3100', '127.0.0.1.evil.example', 'localhost.evil.example', undefined])
    assert.ok(!isLoopbackHost(host))
})
