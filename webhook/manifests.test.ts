import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DEFAULT_TARGET,
  makeGuardBinding,
  makeGuardPolicy,
  makeMutatingWebhookConfiguration,
  makeWebhookManifests,
} from './manifests.ts'

test('the configuration asks about opted-in Deployments of other namespaces and fails closed, about Services and fails open', () => {
  const { webhooks = [] } = makeMutatingWebhookConfiguration({ ...DEFAULT_TARGET, caBundle: 'PEM' })
  assert.deepEqual(
    webhooks.map(one => [one.name, one.failurePolicy, one.timeoutSeconds, one.sideEffects, one.reinvocationPolicy]),
    [
      ['deployments.sluice.dev', 'Fail', 3, 'None', 'IfNeeded'],
      ['services.sluice.dev', 'Ignore', 2, 'None', 'IfNeeded'],
      ['pods.sluice.dev', 'Fail', 3, 'None', 'IfNeeded'],
    ],
  )
  for (const one of webhooks) {
    assert.deepEqual(one.clientConfig, {
      service: { namespace: 'sluice-system', name: 'sluice-webhook', path: '/mutate', port: 443 },
      caBundle: Buffer.from('PEM').toString('base64'),
    })
    assert.deepEqual(one.namespaceSelector.matchExpressions, [
      { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'sluice-system'] },
    ])
  }
})

test('the conditions are these expressions', () => {
  const [deployments] = makeMutatingWebhookConfiguration(DEFAULT_TARGET).webhooks ?? []
  assert.deepEqual(
    deployments?.matchConditions.map(one => [one.name, one.expression]),
    [
      [
        'opted-in',
        "(has(object.metadata.annotations) && 'sluice.dev/strategy' in object.metadata.annotations) || (oldObject != null && ((has(oldObject.metadata.annotations) && 'sluice.dev/strategy' in oldObject.metadata.annotations) || (has(oldObject.metadata.annotations) && 'sluice.dev/saved' in oldObject.metadata.annotations))) || (has(object.spec.template.metadata) && has(object.spec.template.metadata.labels) && 'sluice.dev/sidecar' in object.spec.template.metadata.labels)",
      ],
      [
        'not-a-controller',
        "!(request.userInfo.username in ['system:serviceaccount:sluice-system:sluice-controller', 'system:serviceaccount:kube-system:deployment-controller'])",
      ],
      [
        'not-bypassed',
        "!(has(object.metadata.annotations) && 'sluice.dev/bypass' in object.metadata.annotations && object.metadata.annotations['sluice.dev/bypass'] == 'true')",
      ],
    ],
  )
})

test('the guard stands for everyone but the controller and the bypass, on held Deployments only', () => {
  const spec = makeGuardPolicy().spec as {
    readonly matchConditions: readonly { readonly name: string }[]
    readonly validations: readonly { readonly message: string }[]
  }
  assert.deepEqual(
    spec.matchConditions.map(one => one.name),
    ['held', 'not-the-controller', 'not-bypassed'],
  )
  assert.deepEqual(
    spec.validations.map(one => one.message.split(':')[0]),
    ['spec.paused', 'spec.strategy', 'metadata.annotations[sluice.dev/saved]'],
  )
  assert.equal(makeGuardPolicy().metadata.name, (makeGuardBinding().spec as { readonly policyName: string }).policyName)
})

test('the guard is applied before anything can be held', () => {
  assert.deepEqual(
    makeWebhookManifests().map(one => one.kind),
    ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'MutatingWebhookConfiguration'],
  )
})
