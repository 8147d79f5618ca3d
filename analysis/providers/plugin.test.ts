import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeProvider } from '../testing/conformance.ts'
import { describeHttpProvider } from '../testing/http-conformance.ts'
import { NOW, shown, startLab, TOKEN, withLab } from '../testing/provider-lab.ts'
import { FIRST } from '../testing/runs.ts'
import { startWebServer } from '../testing/web-server.ts'
import { makeHttpClient } from './http.ts'
import { makePluginProvider, type RunProgram } from './plugin.ts'

const request = (more: object = {}) => {
  const config = { query: 'errors' }
  const metric = { name: 'm', provider: { plugin: { 'acme/errors': config } } }
  return { namespace: 'shop', ...FIRST, metric, config, since: NOW - 60_000, passedBefore: false, now: NOW, ...more }
}

const noProgram: RunProgram = () => Promise.reject(new Error('no program is to be run'))

/** A plugin on loopback that answers so. */
const withPlugin = async (
  answer: unknown,
  body: (plugin: ReturnType<typeof makePluginProvider>, asked: readonly { readonly body: string }[]) => Promise<void>,
  status = 200,
): Promise<void> => {
  const server = await startWebServer(() => ({ status, body: answer }))
  const http = makeHttpClient()
  try {
    await body(makePluginProvider('acme/errors', server.origin, { http, run: noProgram }), server.asked)
  } finally {
    await http.close()
    await server.close()
  }
}

const TOLD = {
  apiVersion: 'sluice.dev/metric-plugin/v1',
  namespace: 'shop',
  analysisRun: { name: 'web-1', uid: 'u1' },
  metric: 'm',
  number: 1,
  config: { query: 'errors' },
  since: '2026-03-01T11:59:30.000Z',
  now: '2026-03-01T12:00:30.000Z',
}

describeHttpProvider('acme/errors', {
  lab: { make: ({ http, origin }) => makePluginProvider('acme/errors', origin, { http, run: noProgram }) },
  respond: () => ({ body: { value: 1 } }),
  config: () => ({ query: TOKEN }),
  asksOnce: true,
  takesAnything: true,
})

describeProvider('acme/program', async () => {
  const stage = { isBroken: false }
  const run: RunProgram = async () => (stage.isBroken ? noProgram('', '', 0) : '{"value": 1}')
  const http = makeHttpClient()
  return {
    provider: makePluginProvider('acme/program', 'exec:/plugins/errors', { http, run }),
    config: {},
    breakBackend: () => {
      stage.isBroken = true
    },
    dispose: http.close,
    takesAnything: true,
  }
})

describe('a plugin over HTTP', () => {
  test('is told of the measurement, and its value is for the conditions', () =>
    withPlugin({ value: { rate: 0.5 }, metadata: { source: 'a' } }, async (plugin, asked) => {
      const measured = await plugin.measure(request())
      assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), { ...TOLD, action: 'measure' })
      assert.deepEqual(measured.kind === 'value' && [measured.value, measured.metadata], ['{"rate":0.5}', { source: 'a' }])
    }))

  test('is told to end what it began', () =>
    withPlugin({ phase: 'Successful', message: 'stopped' }, async (plugin, asked) => {
      const begun = { id: '7' }
      assert.equal(shown((await plugin.end?.(request({ begun }))) ?? assert.fail()), 'Successful  stopped')
      assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), { ...TOLD, action: 'end', begun })
    }))

  const ROWS: readonly (readonly [what: string, answer: unknown, said: RegExp, status?: number])[] = [
    ['a verdict of its own', { phase: 'Failed', value: 3, message: 'too many' }, /^Failed 3 too many$/],
    ['one that takes its time', { pending: { afterSeconds: 15 }, metadata: { id: '7' } }, /^pending {"id":"7"}$/],
    ['an error', { error: 'no data for shop' }, /^no data for shop$/],
    ['nothing', {}, /^plugin acme\/errors: its answer has none of value, phase, pending and error$/],
    ['a phase that is none', { phase: 'Good' }, /its phase is "Good", it must be one of Successful, Failed, Inconclusive$/],
    [
      'a wait that is none',
      { pending: { afterSeconds: 0 } },
      /its pending\.afterSeconds is 0, it must be a number from 1 to 3600/,
    ],
    [
      'more metadata than a status holds',
      { value: 1, metadata: { a: 'x'.repeat(20_000) } },
      /its metadata has 20001 characters, it must have at most 16384$/,
    ],
    ['what is no JSON', 'oops', /^plugin acme\/errors: the answer of the plugin is no JSON$/],
    ['another status', { value: 1 }, /^plugin acme\/errors: received non 2xx response code: 500 from the plugin$/, 500],
  ]
  for (const [what, answer, said, status] of ROWS) {
    test(`answers ${what}`, () =>
      withPlugin(answer, async plugin => assert.match(shown(await plugin.measure(request())), said), status))
  }

  test('that does not answer is an error', async () => {
    const lab = await startLab(
      {
        make: () =>
          makePluginProvider('a/b', 'http://127.0.0.1:1/', { http: makeHttpClient({ retryAfterMs: 1 }), run: noProgram }),
      },
      () => undefined,
    )
    try {
      assert.match(shown(await lab.ask({})), /^plugin a\/b: POST http:\/\/127\.0\.0\.1:1\/: the request failed \(ECONNREFUSED\)$/)
    } finally {
      await lab.dispose()
    }
  })
})

describe('a plugin that is a program', () => {
  const over = (run: RunProgram) => withLabOf(run, async plugin => shown(await plugin.measure(request())))
  const withLabOf = async (run: RunProgram, body: (plugin: ReturnType<typeof makePluginProvider>) => Promise<string>) => {
    let said = ''
    await withLab(
      { make: ({ http }) => makePluginProvider('acme/errors', 'exec:/plugins/errors', { http, run }) },
      () => undefined,
      async ({ provider }) => {
        said = await body(provider)
      },
    )
    return said
  }

  test('gets the request as its input and says the answer', async () => {
    const said = await over(async (program, input) =>
      JSON.stringify({ phase: 'Successful', message: `${program} ${JSON.parse(input).metric}` }),
    )
    assert.equal(said, 'Successful  /plugins/errors m')
  })

  test('that fails, or says no JSON, is an error', async () => {
    assert.equal(await over(() => Promise.reject(new Error('it ended with 3'))), 'plugin acme/errors: it ended with 3')
    assert.equal(await over(async () => 'fine'), 'plugin acme/errors: its output is no JSON')
  })
})
