import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnalysisRun, Argument } from '../api/analysis-run.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import { makeLogger } from '../kube/log.ts'
import { readArgumentValues } from './analysis-arguments.ts'
import { makeAnalysisController } from './analysis-controller.ts'
import { isMadeInScope } from './scope.ts'

const runWith = (args: readonly Argument[], url = args.map(({ name }) => `{{args.${name}}}`).join('/')): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'web-1', namespace: 'shop', labels: { region: 'eu' } },
  spec: { args, metrics: [{ name: 'm', provider: { web: { url } } }] },
})

const asked: unknown[] = []
const client = (answer: () => unknown): Pick<KubeClient, 'get'> => ({
  get: async (_, ref) => {
    asked.push(ref)
    return answer() as never
  },
})
const refusing = (status: number) =>
  client(() => {
    throw new ApiError({ status, reason: 'Any', message: 'no' })
  })

const TOKEN: Argument = { name: 'token', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } }
const METRICS = [{ name: 'm' }]

test('a key of a Secret is read in the namespace of the run, and is secret; a field of the run is not', async () => {
  const region: Argument = { name: 'region', valueFrom: { fieldRef: { fieldPath: "metadata.labels['region']" } } }
  const secret = client(() => ({ data: { token: btoa('hunter2') } }))
  assert.deepEqual(await readArgumentValues(secret, runWith([TOKEN, region, { name: 'x', value: '1' }]), METRICS), {
    values: new Map([
      ['token', 'hunter2'],
      ['region', 'eu'],
    ]),
    secrets: ['hunter2'],
  })
  assert.deepEqual(asked.at(-1), { namespace: 'shop', name: 'keys' })
})

test('a Secret that no metric to be measured uses is not read', async () => {
  asked.length = 0
  await readArgumentValues(refusing(500), runWith([TOKEN], 'http://web'), METRICS)
  await readArgumentValues(refusing(500), runWith([TOKEN]), [])
  assert.deepEqual(asked, [])
})

const problemOf = async (from: Pick<KubeClient, 'get'>, argument: Argument): Promise<string> => {
  const read = await readArgumentValues(from, runWith([argument]), METRICS)
  return 'problem' in read ? read.problem : assert.fail('no problem')
}

test('what is missing is said, and where the right to read can be given', async () => {
  assert.equal(await problemOf(refusing(404), TOKEN), 'secrets "keys" not found')
  assert.match(await problemOf(refusing(403), TOKEN), /secrets "keys" cannot be read: .*analysis\.readSecrets/)
  const other = client(() => ({ data: { password: 'aHVudGVyMg==' } }))
  assert.equal(await problemOf(other, TOKEN), "key 'token' does not exist in secret 'keys'")
  const hash: Argument = { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } }
  assert.match(await problemOf(other, hash), /argument "hash": podTemplateHashValue is known only where a Rollout/)
  assert.match(await problemOf(other, { name: 'x', valueFrom: {} }), /argument "x": valueFrom is empty/)
  const field: Argument = { name: 'x', valueFrom: { fieldRef: { fieldPath: 'spec.paused' } } }
  assert.equal(await problemOf(other, field), 'invalid path spec.paused in analysisrun')
})

test('an API server that does not answer is not the end of the run: the pass is tried again', async () => {
  await assert.rejects(readArgumentValues(refusing(500), runWith([TOKEN]), METRICS))
})

test('a value of a Secret that a provider repeats does not get into the status of the run', async () => {
  const run: AnalysisRun = {
    ...runWith([TOKEN], 'http://web/{{args.token}}'),
    metadata: { name: 'web-1', namespace: 'shop', resourceVersion: '1', labels: { [INSTANCE_ID_LABEL]: INSTANCE_ID } },
  }
  const urls: unknown[] = []
  const writes: string[] = []
  const step = makeAnalysisController({
    isOurs: run => isMadeInScope(run, { userRollouts: false }),
    client: {
      ...client(() => ({ data: { token: btoa('hunter2') } })),
      patch: async (_resource: unknown, _ref: unknown, _type: unknown, body: unknown) => {
        writes.push(JSON.stringify(body))
        return run as never
      },
    } as unknown as KubeClient,
    runs: { get: () => run },
    measure: {
      measure: async ({ metric }) => {
        urls.push(metric.provider['web'])
        return { kind: 'error', message: 'GET http://web/hunter2: the request failed' }
      },
      end: async () => assert.fail('nothing is to be ended'),
      describe: () => ({ ResolvedPrometheusQuery: 'rate(hunter2)' }),
    },
    events: { record: () => undefined },
    clock: { now: () => Date.parse('2026-03-01T12:00:00Z') },
    log: makeLogger({ component: 'test', level: 'error' }),
  })
  await step('shop/web-1')
  assert.deepEqual(urls, [{ url: 'http://web/hunter2' }])
  assert.match(writes.join(), /http:\/\/web\/\*{5}: the request failed/)
  assert.doesNotMatch(writes.join(), /hunter2/)
})
