/** What a Secret holds goes to the provider and nowhere else: with the real providers, against a server that repeats all it is told. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeExternalProviders } from '../analysis/providers/external.ts'
import { measureWith } from '../analysis/providers/registry.ts'
import { startWebServer, type WebServer } from '../analysis/testing/web-server.ts'
import type { AnalysisRun, Metric } from '../api/analysis-run.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { makeLogger } from '../kube/log.ts'
import { makeAnalysisController } from './analysis-controller.ts'
import { isMadeInScope } from './scope.ts'

/** With a space, a quote and a sign that URLs escape, so that it stands there in several forms. */
const SECRET = 'correct horse"&battery'
const FORMS = [
  SECRET,
  encodeURIComponent(SECRET),
  JSON.stringify(SECRET).slice(1, -1),
  JSON.stringify(SECRET).slice(1, -1).replace('&', '\\u0026'),
  btoa(`me:${SECRET}`).slice(8, -8),
  btoa(SECRET),
  new URLSearchParams({ SECRET }).toString().slice(7),
]

const NOW = Date.parse('2026-03-01T12:00:00Z')

/** All that leaves the controller but for requests to providers: patches, events, log. */
const passOver = async (metric: Partial<Metric>): Promise<{ readonly told: string; readonly phase: string }> => {
  const run: AnalysisRun = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name: 'web-1', namespace: 'shop', resourceVersion: '1', labels: { [INSTANCE_ID_LABEL]: INSTANCE_ID } },
    spec: {
      args: [{ name: 'key', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } }],
      metrics: [{ name: 'm', consecutiveErrorLimit: 0, provider: {}, ...metric }],
    },
  }
  const told: string[] = []
  let phase = ''
  const { providers, close } = makeExternalProviders({
    own: () => Promise.reject(new Error('not used')),
    ofNamespace: () => Promise.reject(new Error('not used')),
  })
  const step = makeAnalysisController({
    isOurs: one => isMadeInScope(one, { userRollouts: false }),
    client: {
      get: async () => ({ data: { key: Buffer.from(SECRET).toString('base64') } }),
      patch: async (_resource: unknown, _ref: unknown, _type: unknown, body: { readonly status: { readonly phase: string } }) => {
        told.push(JSON.stringify(body))
        phase = body.status.phase
        return run
      },
    } as unknown as KubeClient,
    runs: { get: () => run },
    measure: measureWith(providers),
    events: { record: (_, event) => void told.push(JSON.stringify(event)) },
    clock: { now: () => NOW },
    log: makeLogger({ component: 'test', level: 'debug', write: line => void told.push(line) }),
  })
  try {
    await step('shop/web-1')
  } finally {
    await close()
  }
  return { told: told.join('\n'), phase }
}

describe('a value of a Secret', () => {
  let server: WebServer
  before(async () => {
    server = await startWebServer(({ method, path, headers, body }) => {
      const echo = [method, path, decodeURIComponent(path), headers, body, headers.authorization]
      if (path.startsWith('/fail')) return { status: 500, body: { echo } }
      if (path.startsWith('/api'))
        return { status: 400, body: { status: 'error', errorType: 'bad_data', error: JSON.stringify(echo) } }
      return { body: { echo } }
    })
  })
  after(() => server.close())

  const headers = [{ key: 'x-key', value: '{{args.key}}' }]
  const ROWS: readonly (readonly [what: string, phase: string, metric: (origin: string) => Partial<Metric>])[] = [
    ['in a header that is answered', 'Successful', origin => ({ provider: { web: { url: origin, headers } } })],
    [
      'in a body that fails the version',
      'Failed',
      origin => ({
        successCondition: 'false',
        provider: { web: { url: origin, method: 'POST', jsonBody: { key: '{{args.key}}' } } },
      }),
    ],
    ['in an address that answers 500', 'Error', origin => ({ provider: { web: { url: `${origin}/fail?key={{args.key}}` } } })],
    ['in an address where nobody is', 'Error', () => ({ provider: { web: { url: 'http://127.0.0.1:1/{{args.key}}' } } })],
    [
      'in the query of a Prometheus',
      'Error',
      address => ({ provider: { prometheus: { address, query: 'up{a="{{args.key}}"}' } } }),
    ],
    [
      'as a password',
      'Error',
      address => ({
        provider: {
          prometheus: { address, query: 'up', authentication: { basicAuth: { username: 'me', password: '{{args.key}}' } } },
        },
      }),
    ],
    [
      'in a condition that is none',
      'Error',
      origin => ({ successCondition: 'result == "{{args.key}}', provider: { web: { url: origin } } }),
    ],
    ['where a number should be', 'Error', origin => ({ interval: '{{args.key}}', count: 2, provider: { web: { url: origin } } })],
    ['where a setting should be', 'Error', origin => ({ provider: { web: { url: origin, method: '{{args.key}}' } } })],
  ]
  for (const [what, phase, metric] of ROWS) {
    test(`is in no status, event or log: ${what}`, async () => {
      const { told, phase: ended } = await passOver(metric(server.origin))
      assert.equal(ended, phase, told)
      for (const form of FORMS) assert.ok(!told.includes(form), told)
    })
  }

  test('does get to the provider', async () => {
    server.asked.length = 0
    await passOver({ provider: { web: { url: server.origin, headers } } })
    assert.equal(server.asked[0]?.headers['x-key'], SECRET)
  })
})
