import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFieldPath } from './field-path.ts'

const rollout = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u1',
    labels: { 'app.kubernetes.io/part-of': 'till', region: 'eu' },
    annotations: { note: 'a "b"' },
  },
  spec: { replicas: 3, template: { spec: { containers: [{ name: 'app', image: 'web:v2' }] } } },
  status: { currentPodHash: '6cf78c66c5' },
}

const ROWS: readonly (readonly [path: string, value: string])[] = [
  ['metadata.name', 'web'],
  ['metadata.namespace', 'shop'],
  ['metadata.uid', 'u1'],
  ["metadata.labels['app.kubernetes.io/part-of']", 'till'],
  ["metadata.labels['not-there']", ''],
  ["metadata.annotations['note']", 'a "b"'],
  ['metadata.labels', 'app.kubernetes.io/part-of="till"\nregion="eu"'],
  ['spec.replicas', '3'],
  ['spec.template.spec.containers[0].image', 'web:v2'],
  ['status.currentPodHash', '6cf78c66c5'],
]
for (const [path, value] of ROWS) {
  test(`${path} is ${JSON.stringify(value)}`, () => assert.deepEqual(readFieldPath(rollout, path, 'rollout'), { value }))
}

const WRONG: readonly (readonly [path: string, problem: string])[] = [
  ['spec.paused', 'invalid path spec.paused in rollout'],
  ['spec.template', 'invalid path spec.template in rollout'],
  ['metadata.name.first', 'invalid path metadata.name.first in rollout'],
  ['spec.constructor', 'invalid path spec.constructor in rollout'],
  ['spec.template.spec.containers[x]', "invalid index 'x'"],
  ['spec.template.spec.containers[4]', 'index 4 out of range'],
]
for (const [path, problem] of WRONG) {
  test(`${path} is refused: ${problem}`, () => assert.deepEqual(readFieldPath(rollout, path, 'rollout'), { problem }))
}
