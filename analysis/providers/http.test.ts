import assert from 'node:assert/strict'
import type { LookupFunction } from 'node:net'
import { describe, test } from 'node:test'
import { makeIdentity } from '../testing/admin-server.ts'
import { type Respond, startWebServer, type WebServer } from '../testing/web-server.ts'
import { type HttpClient, type HttpOptions, makeHttpClient } from './http.ts'

const SECRET = 'correct-horse'

const withServer = async (
  respond: Respond,
  body: (server: WebServer, http: HttpClient) => Promise<void>,
  options: HttpOptions = {},
) => {
  const server = await startWebServer(respond)
  const http = makeHttpClient({ retryAfterMs: 1, ...options })
  try {
    await body(server, http)
  } finally {
    await http.close()
    await server.close()
  }
}

const messageOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return assert.fail('it was answered')
}

describe('a request to a metrics backend', () => {
  test('gets any status as an answer', () =>
    withServer(
      () => ({ status: 418, body: 'teapot' }),
      async ({ origin }, http) => {
        assert.deepEqual(await http.send({ url: origin, timeoutMs: 1000 }), { status: 418, body: 'teapot' })
      },
    ))

  test('that is not answered in time ends with the time and the address, without query, user and header', () =>
    withServer(
      () => undefined,
      async ({ origin }, http) => {
        const url = `${origin.replace('//', `//user:${SECRET}@`)}/path?key=${SECRET}`
        const message = await messageOf(http.send({ url, timeoutMs: 50, headers: { authorization: SECRET } }))
        assert.equal(message, `GET ${origin}/path: no answer within 0.05 s`)
      },
    ))

  test('whose answer is too long ends with the limit', () =>
    withServer(
      () => ({ body: 'x'.repeat(2000) }),
      async ({ origin }, http) => {
        assert.match(await messageOf(http.send({ url: origin, timeoutMs: 1000 })), /the answer is longer than 1000 bytes/)
      },
      { maxBytes: 1000 },
    ))

  test('follows a redirect on the same origin, and none to another, where credentials would go along', async () => {
    const other = await startWebServer(() => ({ body: 'stolen' }))
    await withServer(
      ({ path }) => {
        if (path === '/there') return { body: 'here' }
        return { status: 302, headers: { location: path === '/same' ? '/there' : `${other.origin}/x` } }
      },
      async ({ origin }, http) => {
        const headers = { authorization: SECRET }
        assert.equal((await http.send({ url: `${origin}/same`, timeoutMs: 1000, headers })).body, 'here')
        const message = await messageOf(http.send({ url: `${origin}/other`, timeoutMs: 1000, headers }))
        assert.match(message, /it redirects to another host \(http:\/\/127\.0\.0\.1:\d+\), which is not followed/)
        assert.deepEqual(other.asked, [])
      },
    )
    await other.close()
  })

  test('that redirects for ever ends', () =>
    withServer(
      () => ({ status: 302, headers: { location: '/again' } }),
      async ({ origin }, http) => {
        assert.match(await messageOf(http.send({ url: origin, timeoutMs: 2000 })), /redirects more than 5 times/)
      },
    ))

  test('is sent again when the other side is busy, but not when it asks for a long wait, nor when it is no GET', () =>
    withServer(
      ({ path }) => ({ status: 503, headers: path === '/long' ? { 'retry-after': '3600' } : {} }),
      async ({ origin, asked }, http) => {
        assert.equal((await http.send({ url: `${origin}/short`, timeoutMs: 2000 })).status, 503)
        assert.equal(asked.length, 3)
        assert.equal((await http.send({ url: `${origin}/long`, timeoutMs: 2000 })).status, 503)
        assert.equal(asked.length, 4)
        await http.send({ method: 'POST', url: `${origin}/short`, body: 'x', timeoutMs: 2000 })
        assert.equal(asked.length, 5)
      },
    ))

  test('that cannot be connected says so', async () => {
    const server = await startWebServer(() => ({}))
    await server.close()
    const http = makeHttpClient({ retryAfterMs: 1 })
    assert.equal(
      await messageOf(http.send({ url: `${server.origin}/x`, timeoutMs: 1000 })),
      `GET ${server.origin}/x: the request failed (ECONNREFUSED)`,
    )
    await http.close()
  })

  test('checks the certificate of the other side, unless it is told not to', async () => {
    const { authority, serving } = await makeIdentity('localhost')
    const server = await startWebServer(() => ({ body: 'secure' }), serving)
    const url = server.origin.replace('127.0.0.1', 'localhost')
    const stranger = makeHttpClient({ retryAfterMs: 1 })
    const friend = makeHttpClient({ ca: authority.cert, retryAfterMs: 1 })
    assert.match(await messageOf(stranger.send({ url, timeoutMs: 1000 })), /the request failed \(.*(CERT|VERIFY|ISSUER).*\)/)
    assert.equal((await stranger.send({ url, timeoutMs: 1000, isInsecure: true })).body, 'secure')
    assert.equal((await friend.send({ url, timeoutMs: 1000 })).body, 'secure')
    await Promise.all([stranger.close(), friend.close(), server.close()])
  })

  test('never goes to a link-local address, however that is written', async () => {
    const lookup: LookupFunction = (_, options, done) =>
      options.all ? done(null, [{ address: '169.254.169.254', family: 4 }]) : done(null, '169.254.169.254', 4)
    const http = makeHttpClient({ retryAfterMs: 1, lookup })
    const urls = [
      'http://169.254.169.254/latest/meta-data/',
      'http://2852039166/',
      'http://0xa9fea9fe/',
      'http://[fe80::1]/',
      'http://[::ffff:169.254.169.254]/',
      'http://[fd00:ec2::254]/',
      'http://metadata.example/',
    ]
    for (const url of urls) {
      for (const isInsecure of [false, true]) {
        const message = await messageOf(http.send({ url, timeoutMs: 1000, isInsecure }))
        assert.match(message, /it is a link-local address, where clouds keep credentials, which is never asked/, url)
      }
    }
    await http.close()
  })
})
