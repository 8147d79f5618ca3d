import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeHttpProvider } from '../testing/http-conformance.ts'
import { NOW, shown, withLab } from '../testing/provider-lab.ts'
import { FIRST } from '../testing/runs.ts'
import type { Asked, Reply } from '../testing/web-server.ts'
import { makeKayentaProvider } from './kayenta.ts'

const config = (address: string) => ({
  address,
  application: 'web',
  canaryConfigName: 'latency',
  metricsAccountName: 'prom',
  configurationAccountName: 'conf',
  storageAccountName: 'store',
  threshold: { pass: 90, marginal: 75 },
  scopes: [{ name: 'default', controlScope: { scope: 'old', step: 60 }, experimentScope: { scope: 'new', step: 60 } }],
})

const respond =
  (score: unknown = { complete: true, result: { judgeResult: { score: { score: 90.7 } } } }) =>
  ({ method, path }: Asked): Reply => {
    if (path.startsWith('/canaryConfig'))
      return {
        body: [
          { id: 'x', name: 'other' },
          { id: 'c/1', name: 'latency' },
        ],
      }
    return { body: method === 'POST' ? { canaryExecutionId: 'e1' } : score }
  }

const make = { make: makeKayentaProvider }

describeHttpProvider('kayenta', { lab: make, respond: respond(), config })

describe('the provider kayenta', () => {
  test('starts an analysis of the configuration with that name', () =>
    withLab(make, respond(), async ({ ask, server }) => {
      assert.deepEqual(await ask(config(`${server.origin}/`)), {
        kind: 'pending',
        metadata: { canaryExecutionId: 'e1' },
        afterMs: 15_000,
      })
      const [lookup, start] = server.asked
      assert.equal(lookup?.path, '/canaryConfig?application=web&configurationAccountName=store')
      assert.equal(
        start?.path,
        '/canary/c%2F1?application=web&metricsAccountName=prom&configurationAccountName=conf&storageAccountName=store',
      )
      assert.deepEqual(JSON.parse(start?.body ?? ''), {
        scopes: { default: { controlScope: { scope: 'old', step: 60 }, experimentScope: { scope: 'new', step: 60 } } },
        thresholds: { pass: 90, marginal: 75 },
      })
    }))

  const look = async (score: unknown): Promise<string> => {
    let said = ''
    await withLab(make, respond(score), async ({ provider, server }) => {
      const given = config(server.origin)
      const metric = { name: 'm', provider: { kayenta: given } }
      const begun = { canaryExecutionId: 'e1' }
      const request = { namespace: 'default', ...FIRST, metric, config: given, since: 0, passedBefore: false, now: NOW, begun }
      said = shown(await provider.measure(request))
      assert.equal(server.asked[0]?.path, '/canary/e1')
    })
    return said
  }
  const scored = (score: unknown) => ({ complete: true, result: { judgeResult: { score: { score } } } })

  const ROWS: readonly (readonly [what: string, answer: unknown, said: string])[] = [
    ['goes on', { complete: false }, 'pending {"canaryExecutionId":"e1"}'],
    ['a score that passes', scored(90), 'Successful 90'],
    ['one between the two', scored(89.9), 'Inconclusive 89'],
    ['one below both', scored(74.9), 'Failed 74'],
    ['no score', { complete: true }, 'Missing Score'],
    ['no word on whether it is complete', {}, 'Missing Complete Status'],
  ]
  for (const [what, answer, said] of ROWS) test(`${what}: ${said}`, async () => assert.equal(await look(answer), said))

  test('a configuration that Kayenta does not have is named', () =>
    withLab(make, respond(), async ({ ask, server }) => {
      const measured = await ask({ ...config(server.origin), canaryConfigName: 'gone' })
      assert.equal(shown(measured), 'Kayenta has no canary configuration "gone" for web')
    }))
})
