import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import { ApiError } from '../kube/errors.ts'
import { makeProviderSecrets } from './provider-secrets.ts'

const secretsWith = (answer: (ref: { readonly name: string; readonly namespace?: string }) => object) =>
  makeProviderSecrets({
    client: {
      get: async <T extends KubeObject>(_: unknown, ref: { readonly name: string; readonly namespace?: string }) =>
        answer(ref) as T,
    },
    systemNamespace: 'sluice-system',
  })

test('the credentials of a provider are read from the own namespace or from that of the analysis', async () => {
  const secrets = secretsWith(({ name, namespace }) => ({ data: { 'api-key': btoa(`${namespace}/${name}\n`) } }))
  assert.deepEqual(await secrets.own('datadog'), { 'api-key': 'sluice-system/datadog' })
  assert.deepEqual(await secrets.ofNamespace('shop', 'mine'), { 'api-key': 'shop/mine' })
})

test('a Secret that cannot be read is named with the reason', async () => {
  const refusing = (status: number) =>
    secretsWith(() => {
      throw new ApiError({ status, reason: '', message: 'secret details' })
    })
  const wanted: readonly (readonly [number, string])[] = [
    [404, 'it is not there'],
    [403, 'the controller has no right to get it'],
    [500, 'the API server answered 500'],
  ]
  for (const [status, why] of wanted) {
    await assert.rejects(refusing(status).own('datadog'), { message: `Secret sluice-system/datadog cannot be read: ${why}` })
  }
})
