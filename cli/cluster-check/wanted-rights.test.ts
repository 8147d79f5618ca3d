import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/kubernetes.ts'
import { rightsOf } from './wanted-rights.ts'

const webhookPod = (...args: readonly string[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'webhook-0', namespace: 'platform', labels: { 'app.kubernetes.io/component': 'webhook' } },
  spec: { containers: [{ name: 'webhook', image: 'sluice', args }] },
})

const verbsOn = (resource: string, pod: Pod): readonly string[] =>
  rightsOf('webhook', { namespace: 'platform', configuration: 'rel', pods: [pod] })
    .filter(right => right.resource === resource)
    .map(({ verb }) => verb)

test('a webhook with certificates of its own keeps a Secret and writes its configuration', () => {
  const pod = webhookPod('webhook')
  assert.deepEqual(verbsOn('secrets', pod), ['create', 'get', 'patch'])
  assert.deepEqual(verbsOn('mutatingwebhookconfigurations', pod), ['get', 'patch'])
})

test('a webhook with a mounted certificate is asked for less', () => {
  const pod = webhookPod('webhook', '--certificate-dir=/etc/sluice/tls')
  assert.deepEqual(verbsOn('secrets', pod), [])
  assert.deepEqual(verbsOn('mutatingwebhookconfigurations', pod), ['get'])
})
