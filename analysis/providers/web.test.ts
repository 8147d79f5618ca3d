import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judgeResult } from '../conditions.ts'
import type { Measured } from '../measured.ts'
import { describeHttpProvider } from '../testing/http-conformance.ts'
import { FIRST } from '../testing/runs.ts'
import { type Respond, startWebServer, type WebServer } from '../testing/web-server.ts'
import { type AwsSource, makeAuthenticate } from './authentication.ts'
import { makeHttpClient } from './http.ts'
import { makeWebProvider } from './web.ts'

const SECRET = 'correct-horse'

const noAws: AwsSource = () => Promise.reject(new Error('not used'))

type Ask = (config: object) => Promise<Measured>

const setUp = async (respond: Respond) => {
  const server = await startWebServer(respond)
  const http = makeHttpClient({ retryAfterMs: 1 })
  const provider = makeWebProvider({ http, authenticate: makeAuthenticate(http, noAws) })
  const dispose = async () => {
    await http.close()
    await server.close()
  }
  return { server, provider, dispose }
}

const withServer = async (respond: Respond, body: (ask: Ask, server: WebServer) => Promise<void>): Promise<void> => {
  const { server, provider, dispose } = await setUp(respond)
  try {
    await body(config => {
      const whole = { url: server.origin, ...config }
      const metric = { name: 'm', provider: { web: whole } }
      return provider.measure({ namespace: 'default', metric, config: whole, since: 0, ...FIRST, passedBefore: false, now: 0 })
    }, server)
  } finally {
    await dispose()
  }
}

const shown = (measured: Measured): string =>
  measured.kind === 'value' ? measured.value : measured.kind === 'error' ? measured.message : ''

describeHttpProvider('web', {
  lab: { make: ({ http }) => makeWebProvider({ http, authenticate: makeAuthenticate(http, noAws) }) },
  respond: () => ({ body: { ok: true } }),
  config: url => ({ url: `${url}/?key=${SECRET}`, headers: [{ key: 'authorization', value: SECRET }], jsonPath: '{$.ok}' }),
  hasInsecure: true,
  takesText: true,
})

describe('the provider web', () => {
  test('gives what the path finds to the conditions', () =>
    withServer(
      () => ({ body: { data: { ok: true, rate: 0.97, b: '<x>' } } }),
      async ask => {
        const phase = async (jsonPath: string, successCondition: string) => {
          const measured = await ask({ jsonPath })
          return measured.kind === 'value' && judgeResult({ successCondition }, measured.result, 0)
        }
        assert.deepEqual(await phase('{$.data.ok}', 'result'), { phase: 'Successful' })
        assert.deepEqual(await phase('{$.data}', 'result.ok && result.rate >= 0.95'), { phase: 'Successful' })
        assert.deepEqual(await phase('{$.data.rate}', 'result >= 0.99'), { phase: 'Failed' })
        assert.equal(shown(await ask({ jsonPath: '{$.data}' })), '{"b":"\\u003cx\\u003e","ok":true,"rate":0.97}')
      },
    ))

  test('gives a body that is no JSON as a text, which conditions judge', () =>
    withServer(
      () => ({ body: 'all good' }),
      async ask => {
        const measured = await ask({})
        const phase = (successCondition: string) =>
          measured.kind === 'value' && judgeResult({ successCondition }, measured.result, 0)
        assert.deepEqual(phase('result contains "good"'), { phase: 'Successful' })
        assert.deepEqual(phase('result == "bad"'), { phase: 'Failed' })
      },
    ))

  test('sends the method, the headers and the body', () =>
    withServer(
      () => ({ body: 1 }),
      async (ask, { asked }) => {
        await ask({ method: 'POST', headers: [{ key: 'X-A', value: 'b' }], jsonBody: { a: [1] } })
        await ask({ method: 'PUT', body: 'plain' })
        assert.deepEqual(
          asked.map(({ method, headers, body }) => [method, headers['x-a'], headers['content-type'], body]),
          [
            ['POST', 'b', 'application/json', '{"a":[1]}'],
            ['PUT', undefined, undefined, 'plain'],
          ],
        )
      },
    ))

  test('is an error for other answers than 2xx, and for a path that finds nothing', () =>
    withServer(
      ({ path }) => (path === '/bad' ? { status: 500, body: SECRET } : { body: { items: [] } }),
      async (ask, { origin }) => {
        assert.equal(shown(await ask({ url: `${origin}/bad` })), 'received non 2xx response code: 500')
        assert.equal(shown(await ask({ jsonPath: '{.none}' })), 'Could not find JSONPath in body: none is not found')
        assert.equal(shown(await ask({ jsonPath: '{.items[*]}' })), 'result of web metric produced no value')
      },
    ))

  test('logs in with a token', () =>
    withServer(
      ({ path }) => ({ body: path === '/token' ? { access_token: 'abc' } : { ok: 1 } }),
      async (ask, { origin, asked }) => {
        await ask({ authentication: { oauth2: { tokenUrl: `${origin}/token`, clientId: 'me', clientSecret: SECRET } } })
        assert.equal(asked[1]?.headers.authorization, 'Bearer abc')
      },
    ))

  const wrong: readonly (readonly [config: object, message: RegExp])[] = [
    [{ url: `x:${SECRET}` }, /^provider\.web\.url must be a URL/],
    [{ method: 'DELETE' }, /^provider\.web\.method is "DELETE", it must be one of GET, POST, PUT/],
    [{ body: 'x' }, /^provider\.web\.body must be left out with method GET/],
    [{ method: 'POST', body: SECRET, jsonBody: {} }, /^provider\.web\.body must be left out when there is a jsonBody/],
    [{ jsonPath: '{.a' }, /^provider\.web\.jsonPath is "\{\.a", it must be a JSONPath of kubectl/],
  ]
  for (const [config, message] of wrong) {
    test(`says what is wrong with ${JSON.stringify(config)}`, () =>
      withServer(
        () => ({}),
        async ask => {
          const said = shown(await ask(config))
          assert.match(said, message)
          assert.doesNotMatch(said, new RegExp(SECRET))
        },
      ))
  }
})
