import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judgeResult } from '../conditions.ts'
import type { Measured } from '../measured.ts'
import { describeHttpProvider } from '../testing/http-conformance.ts'
import { FIRST } from '../testing/runs.ts'
import { type Respond, startWebServer, type WebServer } from '../testing/web-server.ts'
import { type AwsSource, makeAuthenticate } from './authentication.ts'
import { makeHttpClient } from './http.ts'
import { makePrometheusProvider } from './prometheus.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SECRET = 'correct-horse'

const success = (resultType: string, result: unknown, more: object = {}) => ({
  body: { status: 'success', data: { resultType, result }, ...more },
})
const vector = (...values: string[]) =>
  success(
    'vector',
    values.map(value => ({ metric: {}, value: [1.5, value] })),
  )

const noAws: AwsSource = () => Promise.reject(new Error('AWS credentials are not configured'))

type Ask = (config: object, now?: number) => Promise<Measured>

const withServer = async (respond: Respond, body: (ask: Ask, server: WebServer) => Promise<void>, aws = noAws): Promise<void> => {
  const server = await startWebServer(respond)
  const http = makeHttpClient({ retryAfterMs: 1 })
  const provider = makePrometheusProvider({ http, authenticate: makeAuthenticate(http, aws) })
  try {
    await body((config, now = NOW) => {
      const whole = { address: server.origin, query: 'up', ...config }
      const metric = { name: 'm', provider: { prometheus: whole } }
      return provider.measure({ namespace: 'default', metric, config: whole, since: 0, ...FIRST, passedBefore: false, now })
    }, server)
  } finally {
    await http.close()
    await server.close()
  }
}

const shownValue = (measured: Measured): string =>
  measured.kind === 'value' ? measured.value : assert.fail(JSON.stringify(measured))
const errorOf = (measured: Measured): string =>
  measured.kind === 'error' ? measured.message : assert.fail(JSON.stringify(measured))

describeHttpProvider('prometheus', {
  lab: { make: ({ http }) => makePrometheusProvider({ http, authenticate: makeAuthenticate(http, noAws) }) },
  respond: () => vector('1'),
  config: address => ({ address, query: 'up', authentication: { basicAuth: { username: 'me', password: SECRET } } }),
  hasInsecure: true,
})

describe('the provider prometheus', () => {
  test('asks by POST at the time of the measurement, with the headers that are given', () =>
    withServer(
      () => vector('0.97'),
      async (ask, { asked }) => {
        await ask({ query: 'rate(x[5m]) > 0', headers: [{ key: 'X-Scope-OrgID', value: 'team-a' }] })
        const [one] = asked
        assert.deepEqual([one?.method, one?.path, one?.headers['x-scope-orgid']], ['POST', '/api/v1/query', 'team-a'])
        assert.equal(one?.body, `query=rate%28x%5B5m%5D%29+%3E+0&time=${NOW / 1000}`)
      },
    ))

  test('asks by GET where a server takes no POST', () =>
    withServer(
      ({ method }) => (method === 'POST' ? { status: 405 } : vector('1')),
      async (ask, { asked }) => {
        assert.equal(shownValue(await ask({})), '[1]')
        assert.deepEqual([asked[1]?.method, asked[1]?.path], ['GET', `/api/v1/query?query=up&time=${NOW / 1000}`])
      },
    ))

  test('computes the times of a range query', () =>
    withServer(
      () =>
        success('matrix', [
          {
            values: [
              [1, '1'],
              [2, '2'],
            ],
          },
          { values: [[1, '3']] },
        ]),
      async (ask, { asked }) => {
        const measured = await ask({ rangeQuery: { start: 'now() - duration("5m")', end: 'now()', step: '1m30s' } })
        assert.equal(shownValue(measured), '[1,2,3]')
        assert.equal(asked[0]?.path, '/api/v1/query_range')
        assert.equal(asked[0]?.body, `query=up&start=${NOW / 1000 - 300}&end=${NOW / 1000}&step=90`)
        assert.equal(
          errorOf(await ask({ rangeQuery: { start: '5', end: 'now()', step: '1m' } })),
          'failed to parse rangeQuery.start as time: expected time.Time, but got int',
        )
      },
    ))

  test('writes numbers in full, and knows those that are none', () =>
    withServer(
      () => vector('1e+21', '0.000001', 'NaN', '+Inf', '-Inf', '-0.5'),
      async ask => assert.equal(shownValue(await ask({})), '[1000000000000000000000,0.000001,NaN,+Inf,-Inf,-0.5]'),
    ))

  test('gives conditions one number for a scalar and a list for a vector', async () => {
    const phase = (measured: Measured, successCondition: string) =>
      measured.kind === 'value' && judgeResult({ successCondition }, measured.result, NOW)
    await withServer(
      () => success('scalar', [1, '0.97']),
      async ask => assert.deepEqual(phase(await ask({}), 'result >= 0.95'), { phase: 'Successful' }),
    )
    await withServer(
      () => vector('0.97', 'NaN'),
      async ask => assert.deepEqual(phase(await ask({}), 'result[0] >= 0.95 && isNaN(result[1])'), { phase: 'Successful' }),
    )
    await withServer(
      () => vector(),
      async ask => assert.deepEqual(phase(await ask({}), 'len(result) == 0'), { phase: 'Successful' }),
    )
  })

  test('tells the warnings and the errors of Prometheus', () =>
    withServer(
      ({ body }) =>
        body.includes('bad')
          ? { status: 400, body: { status: 'error', errorType: 'bad_data', error: 'parse error' } }
          : success('vector', [], { warnings: ['partial response'] }),
      async ask => {
        const measured = await ask({})
        assert.deepEqual(measured.kind === 'value' && measured.metadata, { warnings: '"partial response"' })
        assert.equal(errorOf(await ask({ query: 'bad' })), 'bad_data: parse error')
      },
    ))

  test('does not take another page for an answer', () =>
    withServer(
      () => ({ body: '<html>login</html>' }),
      async ask => assert.equal(errorOf(await ask({})), '/api/v1/query answered 200, not in the form of the Prometheus API'),
    ))

  test('gets a token once for many measurements, and anew when it ends', () =>
    withServer(
      ({ path }) => (path === '/token' ? { body: { access_token: 'abc', expires_in: 60 } } : vector('1')),
      async (ask, { origin, asked }) => {
        const oauth2 = { tokenUrl: `${origin}/token`, clientId: 'me', clientSecret: SECRET, scopes: ['a', 'b'] }
        for (const seconds of [0, 40, 51])
          assert.equal(shownValue(await ask({ authentication: { oauth2 } }, NOW + seconds * 1000)), '[1]')
        assert.deepEqual(
          asked.map(({ path, headers }) => [path, headers.authorization]),
          [
            ['/token', `Basic ${btoa(`me:${SECRET}`)}`],
            ['/api/v1/query', 'Bearer abc'],
            ['/api/v1/query', 'Bearer abc'],
            ['/token', `Basic ${btoa(`me:${SECRET}`)}`],
            ['/api/v1/query', 'Bearer abc'],
          ],
        )
        assert.equal(asked[0]?.body, 'grant_type=client_credentials&scope=a+b')
      },
    ))

  test('says what was wrong with a token without its secret', () =>
    withServer(
      () => ({ status: 401, body: { error: 'invalid_client', error_description: SECRET } }),
      async (ask, { origin }) => {
        const oauth2 = { tokenUrl: `${origin}/token`, clientId: 'me', clientSecret: SECRET }
        assert.equal(
          errorOf(await ask({ authentication: { oauth2 } })),
          `oauth2: ${origin}/token answered 401 instead of a token`,
        )
        assert.doesNotMatch(errorOf(await ask({ authentication: { oauth2: { ...oauth2, clientId: '' } } })), new RegExp(SECRET))
      },
    ))

  test('logs in with a name and a password', () =>
    withServer(
      () => vector('1'),
      async (ask, { asked }) => {
        await ask({ authentication: { basicAuth: { username: 'me', password: SECRET } } })
        assert.equal(asked[0]?.headers.authorization, `Basic ${btoa(`me:${SECRET}`)}`)
      },
    ))

  test("signs requests to Amazon's service, and only those", () =>
    withServer(
      () => vector('1'),
      async (ask, { origin, asked }) => {
        const authentication = { sigv4: { region: 'eu-west-1' } }
        assert.equal(shownValue(await ask({ address: `${origin}/aps-workspaces/ws-1`, authentication })), '[1]')
        assert.match(
          asked[0]?.headers.authorization ?? '',
          /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/aps\/aws4_request, SignedHeaders=.*, Signature=[0-9a-f]{64}$/,
        )
        assert.doesNotMatch(JSON.stringify(asked), new RegExp(SECRET))
        await ask({ authentication })
        assert.equal(asked[1]?.headers.authorization, undefined)
      },
      () => Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: SECRET, region: 'eu-west-1' }),
    ))

  const wrong: readonly (readonly [config: object, message: RegExp])[] = [
    [{ query: '' }, /provider\.prometheus\.query is "", it must be a text that is not empty, e\.g\. up/],
    [{ address: `ftp://u:${SECRET}@x` }, /provider\.prometheus\.address is "no URL", it must be a URL/],
    [{ timeout: -1 }, /provider\.prometheus\.timeout is -1, it must be a whole number of seconds from 1 to 600/],
    [{ insecure: 'yes' }, /provider\.prometheus\.insecure is "yes", it must be true or false/],
    [
      { headers: [{ key: 'A', value: `${SECRET}\r\nB: c` }] },
      /provider\.prometheus\.headers\[0\] must be a header with key and value/,
    ],
    [{ rangeQuery: { start: 'now()', end: 'now()', step: '0s' } }, /provider\.prometheus\.rangeQuery\.step is "0s"/],
    [{ authentication: { oauth2: { tokenUrl: 'x' } } }, /provider\.prometheus\.authentication\.oauth2 must be complete/],
  ]
  for (const [config, message] of wrong) {
    test(`says what is wrong with ${JSON.stringify(config)}`, () =>
      withServer(
        () => vector('1'),
        async ask => {
          const said = errorOf(await ask(config))
          assert.match(said, message)
          assert.doesNotMatch(said, new RegExp(SECRET))
        },
      ))
  }
})
