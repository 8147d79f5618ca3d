import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judgeResult } from '../conditions.ts'
import type { Measured } from '../measured.ts'
import { describeHttpProvider } from '../testing/http-conformance.ts'
import { type LabOptions, NOW, shown, TOKEN, withLab } from '../testing/provider-lab.ts'
import type { Respond } from '../testing/web-server.ts'
import { makeDatadogProvider, readDatadogSettings } from './datadog.ts'
import { makeGraphiteProvider } from './graphite.ts'
import { makeInfluxProvider } from './influxdb.ts'
import { makeNewRelicProvider } from './new-relic.ts'
import { makeSkyWalkingProvider } from './skywalking.ts'
import { makeWavefrontProvider } from './wavefront.ts'

const holds = (measured: Measured, successCondition: string) =>
  measured.kind === 'value' ? judgeResult({ successCondition }, measured.result, NOW) : measured
const SUCCESSFUL = { phase: 'Successful' }

const conform = (name: string, lab: LabOptions, respond: Respond, config: (origin: string) => object): void =>
  describeHttpProvider(name, { lab, respond, config })

const graphite: LabOptions = { make: makeGraphiteProvider }
const series: Respond = () => ({
  body: [
    {
      target: 'x',
      datapoints: [
        [1.5, 1],
        [null, 2],
        ['2', 3],
      ],
    },
  ],
})
conform('graphite', graphite, series, address => ({ address, query: 'target=x' }))

describe('the provider graphite', () => {
  test('gives the points of the first series that have a value', () =>
    withLab(graphite, series, async ({ ask, server }) => {
      const measured = await ask({ address: `${server.origin}/base/`, query: 'target=a.b\n  &from=-2min' })
      assert.equal(shown(measured), '[1.500000,2.000000]')
      assert.deepEqual(holds(measured, 'all(result, # < 3)'), SUCCESSFUL)
      assert.equal(server.asked[0]?.path, '/base/render?target=a.b&from=-2min&format=json')
    }))

  test('is an error without points, and when Graphite says no', () =>
    withLab(
      graphite,
      ({ path }) => (path.includes('bad') ? { status: 400, body: TOKEN } : { body: [] }),
      async ({ ask, server }) => {
        assert.equal(shown(await ask({ address: server.origin, query: 'target=x' })), 'no values found')
        const said = shown(await ask({ address: server.origin, query: 'target=bad' }))
        assert.equal(said, 'received non 2xx response code: 400 from Graphite')
      },
    ))
})

const skywalking: LabOptions = { make: makeSkyWalkingProvider }
const graphql: Respond = () => ({ body: { data: { service_apdex: { values: { values: [{ value: 9900 }] } } } } })
conform('skywalking', skywalking, graphql, address => ({ address, query: '{x}' }))

describe('the provider skywalking', () => {
  test('asks about the last minutes and gives the answer to conditions', () =>
    withLab(skywalking, graphql, async ({ ask, server }) => {
      const measured = await ask({ address: server.origin, query: 'query q($duration: Duration!) {x}', interval: '3m' })
      assert.deepEqual(holds(measured, 'all(result.service_apdex.values.values, {asFloat(.value) >= 9900})'), SUCCESSFUL)
      const [one] = server.asked
      assert.equal(one?.path, '/graphql')
      assert.deepEqual(JSON.parse(one?.body ?? '').variables.duration, {
        start: '2026-03-01 1157',
        end: '2026-03-01 1200',
        step: 'MINUTE',
      })
    }))

  test('tells what is wrong with a query', () =>
    withLab(
      skywalking,
      () => ({ body: { errors: [{ message: 'no such field' }] } }),
      async ({ ask, server }) => {
        assert.equal(shown(await ask({ address: server.origin, query: '{x}' })), 'graphql: no such field')
      },
    ))
})

const datadog: LabOptions = {
  make: makeDatadogProvider,
  secrets: ({ origin }) => ({
    'sluice/datadog': { 'api-key': TOKEN, 'app-key': 'app', address: origin },
    'default/mine': { 'api-key': 'my-key', 'app-key': 'my-app', address: origin },
    'sluice/empty': {},
  }),
}
const points: Respond = ({ path }) =>
  path.startsWith('/api/v1')
    ? {
        body: {
          series: [
            {
              pointlist: [
                [1, 0.5],
                [2, 0.0001],
              ],
            },
          ],
        },
      }
    : { body: { data: { attributes: { columns: [{ values: [0.25] }] } } } }
conform('datadog', datadog, points, () => ({ query: 'sum:x{*}' }))

describe('the provider datadog', () => {
  test('asks v1 for the last point of a query', () =>
    withLab(datadog, points, async ({ ask, server }) => {
      assert.equal(shown(await ask({ query: 'sum:x{*}', interval: '10m' })), '0.0001')
      const [one] = server.asked
      const second = NOW / 1000
      assert.equal(one?.path, `/api/v1/query?query=sum%3Ax%7B*%7D&from=${second - 600}&to=${second}`)
      assert.deepEqual([one?.headers['dd-api-key'], one?.headers['dd-application-key']], [TOKEN, 'app'])
    }))

  test("asks v2 for a formula, with the namespace's own keys", () =>
    withLab(datadog, points, async ({ ask, server }) => {
      const secretRef = { name: 'mine', namespaced: true }
      assert.equal(shown(await ask({ apiVersion: 'v2', queries: { a: 'x', b: 'y' }, formula: 'a / b', secretRef })), '0.25')
      const [one] = server.asked
      assert.deepEqual([one?.method, one?.path, one?.headers['dd-api-key']], ['POST', '/api/v2/query/scalar', 'my-key'])
      assert.deepEqual(JSON.parse(one?.body ?? '').data.attributes, {
        from: NOW - 300_000,
        to: NOW,
        queries: [
          { aggregator: 'last', data_source: 'metrics', name: 'a', query: 'x' },
          { aggregator: 'last', data_source: 'metrics', name: 'b', query: 'y' },
        ],
        formulas: [{ formula: 'a / b' }],
      })
    }))

  test("takes the controller's own keys for a metric that names no Secret", () => {
    const env = { DD_API_KEY: 'env-key', DD_APP_KEY: 'env-app' }
    assert.equal(readDatadogSettings({ DD_API_KEY: 'env-key' }), undefined)
    const make: LabOptions['make'] = ({ http, secrets, origin }) => {
      const own = readDatadogSettings({ ...env, DD_ADDRESS: origin })
      return makeDatadogProvider({ http, secrets, ...(own && { own }) })
    }
    return withLab({ ...datadog, make }, points, async ({ ask, server }) => {
      await ask({ query: 'x' })
      await ask({ query: 'x', secretRef: { name: 'datadog' } })
      assert.deepEqual(
        server.asked.map(({ headers }) => [headers['dd-api-key'], headers['dd-application-key']]),
        [
          ['env-key', 'env-app'],
          [TOKEN, 'app'],
        ],
      )
    })
  })

  test('gives nil where there is no point', () =>
    withLab(
      datadog,
      () => ({ body: { series: [] } }),
      async ({ ask }) => {
        assert.deepEqual(holds(await ask({ query: 'x' }), 'default(result, 0) == 0'), SUCCESSFUL)
      },
    ))

  test('tells a refusal without its keys, and a Secret without any', () =>
    withLab(
      datadog,
      () => ({ status: 403, body: { errors: [TOKEN] } }),
      async ({ ask }) => {
        assert.equal(shown(await ask({ query: 'x' })), 'received authentication error response code: 403 from Datadog')
        assert.equal(shown(await ask({ query: 'x', secretRef: { name: 'empty' } })), 'API or App token not found')
        assert.equal(shown(await ask({ query: 'x', secretRef: { name: 'none' } })), 'Secret sluice/none is not found')
      },
    ))

  const wrong: readonly (readonly [config: object, message: RegExp])[] = [
    [{ query: 'x', queries: { a: 'y' } }, /provider\.datadog\.query must be left out when there are queries/],
    [{ queries: { a: 'y' } }, /provider\.datadog\.query must be there with apiVersion v1/],
    [
      { apiVersion: 'v2', queries: { a: 'x', b: 'y' } },
      /provider\.datadog\.formula must be there when there are several queries/,
    ],
    [{ query: 'x', interval: 'soon' }, /provider\.datadog\.interval is "soon", it must be a duration above 0/],
    [{ query: 'x', apiVersion: 'v3' }, /provider\.datadog\.apiVersion is "v3", it must be v1 or v2/],
  ]
  for (const [config, message] of wrong) {
    test(`says what is wrong with ${JSON.stringify(config)}`, () =>
      withLab(datadog, points, async ({ ask }) => assert.match(shown(await ask(config)), message)))
  }
})

const newRelic: LabOptions = {
  make: makeNewRelicProvider,
  secrets: ({ origin }) => ({
    'sluice/newrelic': { 'personal-api-key': TOKEN, 'account-id': '7', 'base-url-nerdgraph': `${origin}/graphql` },
    'sluice/wrong': { 'personal-api-key': TOKEN, 'account-id': '7', region: 'mars' },
  }),
}
const nrql =
  (results: unknown): Respond =>
  () => ({ body: { data: { actor: { account: { nrql: { results } } } } } })
conform('newRelic', newRelic, nrql([{ successRate: 99.5 }]), () => ({ query: 'FROM x' }))

describe('the provider newRelic', () => {
  test('gives one result as a map and several as a list', async () => {
    await withLab(newRelic, nrql([{ successRate: 99.5 }]), async ({ ask, server }) => {
      assert.deepEqual(holds(await ask({ query: 'FROM x', timeout: 10 }), 'result.successRate > 99'), SUCCESSFUL)
      const [one] = server.asked
      assert.equal(one?.headers['api-key'], TOKEN)
      assert.deepEqual(JSON.parse(one?.body ?? '').variables, { accountId: 7, query: 'FROM x', timeout: 10 })
    })
    await withLab(newRelic, nrql([{ c: 1 }, { c: 2 }]), async ({ ask }) => {
      assert.deepEqual(holds(await ask({ query: 'FROM x' }), 'sum(result, .c) == 3'), SUCCESSFUL)
    })
  })

  test('is an error without results, with a wrong query, and with a wrong Secret', async () => {
    await withLab(newRelic, nrql([]), async ({ ask }) => {
      assert.equal(shown(await ask({ query: 'FROM x' })), 'no results returned from NRQL query')
      const said = shown(await ask({ query: 'FROM x', profile: 'wrong' }))
      assert.equal(said, 'the region in Secret wrong must be us or eu, or its base-url-nerdgraph a URL')
    })
    await withLab(
      newRelic,
      () => ({ body: { errors: [{ message: 'NRQL Syntax Error' }] } }),
      async ({ ask }) => {
        assert.equal(shown(await ask({ query: 'FROM' })), 'New Relic: NRQL Syntax Error')
      },
    )
  })
})

const hostOf = (origin: string): string => origin.replace('https://', '')
const wavefront: LabOptions = {
  make: makeWavefrontProvider,
  secrets: ({ origin }) => ({ 'sluice/wavefront-api-tokens': { [hostOf(origin)]: TOKEN } }),
  isTls: true,
}
const charts =
  (...data: readonly (readonly number[])[][]): Respond =>
  () => ({
    body: { timeseries: data.map(one => ({ data: one })), warnings: 'slow' },
  })
const second = NOW / 1000
conform('wavefront', wavefront, charts([[second, 1]]), origin => ({ address: hostOf(origin), query: 'ts(x)' }))

describe('the provider wavefront', () => {
  test('gives the point that is nearest to now, with how far it is away', () =>
    withLab(
      wavefront,
      charts([
        [second - 60, 1],
        [second - 5, 2],
        [second + 30, 3],
      ]),
      async ({ ask, server }) => {
        const measured = await ask({ address: hostOf(server.origin), query: 'ts(x)' })
        assert.equal(shown(measured), '2.00')
        assert.deepEqual(holds(measured, 'result == 2'), SUCCESSFUL)
        assert.deepEqual(measured.kind === 'value' && measured.metadata, {
          warnings: 'slow',
          timestamps: String(second - 5),
          drift: '-5',
        })
        assert.equal(server.asked[0]?.headers.authorization, `Bearer ${TOKEN}`)
        assert.equal(server.asked[0]?.path, `/api/v2/chart/api?q=ts%28x%29&s=${NOW}&e=${NOW}&p=1&g=s&i=true`)
      },
    ))

  test('gives a list for several series, and an error for none or for a host without a token', async () => {
    await withLab(wavefront, charts([[second, 1]], [[second, 2]]), async ({ ask, server }) => {
      const measured = await ask({ address: hostOf(server.origin), query: 'ts(x)' })
      assert.equal(shown(measured), '[1.00,2.00]')
      assert.deepEqual(holds(measured, 'max(result) == 2'), SUCCESSFUL)
      assert.equal(shown(await ask({ address: 'other.wavefront.com', query: 'ts(x)' })), 'API token not found')
    })
    await withLab(wavefront, charts(), async ({ ask, server }) => {
      const said = shown(await ask({ address: hostOf(server.origin), query: 'ts(x)' }))
      assert.equal(said, 'No TimeSeries found in response from Wavefront')
    })
  })
})

const influx: LabOptions = {
  make: makeInfluxProvider,
  secrets: ({ origin }) => ({
    'sluice/influxdb': { authToken: TOKEN, org: 'my org', address: origin },
    'sluice/half': { org: 'x' },
  }),
}
const csv =
  (...lines: readonly string[]): Respond =>
  () => ({ headers: { 'content-type': 'text/csv' }, body: `${lines.join('\r\n')}\r\n\r\n` })
const doubles = [
  '#datatype,string,long,double',
  '#group,false,false,false',
  '#default,_result,,',
  ',result,table,_value',
  ',,0,0.5',
  ',,0,2',
]
conform('influxdb', influx, csv(...doubles), () => ({ query: 'from()' }))

describe('the provider influxdb', () => {
  test('gives the values of all tables, each with its type', () =>
    withLab(
      influx,
      csv(
        ...doubles,
        '',
        '#datatype,string,long,string,long',
        '#group,,,,',
        '#default,,,,',
        ',result,table,note,_value',
        ',,1,"a, ""b""\n",7',
      ),
      async ({ ask, server }) => {
        const measured = await ask({ query: 'from()' })
        assert.equal(shown(measured), '[0.5 2 7]')
        assert.deepEqual(holds(measured, 'result[0] == 0.5 && type(result[2]) == "int"'), SUCCESSFUL)
        const [one] = server.asked
        assert.deepEqual([one?.path, one?.headers.authorization], ['/api/v2/query?org=my+org', `Token ${TOKEN}`])
        assert.equal(JSON.parse(one?.body ?? '').query, 'from()')
      },
    ))

  test('is an error without values, with an error in the table, and without credentials', async () => {
    await withLab(influx, csv(), async ({ ask }) => {
      assert.equal(shown(await ask({ query: 'from()' })), 'no results returned from flux query')
      assert.equal(shown(await ask({ query: 'from()', profile: 'half' })), 'authToken, org, or address not found')
    })
    await withLab(influx, csv('#datatype,string,string', ',error,reference', ',failed to plan,897'), async ({ ask }) => {
      assert.equal(shown(await ask({ query: 'from()' })), 'InfluxDB: failed to plan')
    })
  })
})
