import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplicaSet } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import { makeRolloutView, namesOfRoles } from './rollout-view.ts'

const strategy = { blueGreen: { activeService: 'web', previewService: 'web-preview' } }

const rolloutOf = (more: Pick<Rollout, 'spec' | 'status'>): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop', uid: 'r' },
  ...more,
})

const replicaSetOf = (revision: number, labels: { readonly [key: string]: string }): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: `web-${revision}`,
    labels,
    annotations: { 'rollout.argoproj.io/revision': String(revision) },
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'r', controller: true }],
  },
  spec: { selector: {}, template: { spec: { containers: [] } } },
})

const rolesIn = (rollout: Rollout, replicaSets: readonly ReplicaSet[]) =>
  makeRolloutView({
    name: 'web',
    rollout,
    replicaSets,
    pods: [],
    analysisRuns: [],
    experiments: [],
    services: [],
    routes: [],
  })?.versions.map(version => [version.hash, ...namesOfRoles(version)])

const NEW = replicaSetOf(2, { 'rollouts-pod-template-hash': 'new' })
const OLD = replicaSetOf(1, { 'rollouts-pod-template-hash': 'old' })

test('the versions of a Rollout go by the hash that the Rollout gave them, also one taken over from a Deployment', () => {
  const rollout = rolloutOf({ spec: { strategy: { canary: {} } }, status: { stableRS: 'old', currentPodHash: 'new' } })
  const takenOver = replicaSetOf(1, { 'pod-template-hash': 'native', 'rollouts-pod-template-hash': 'old' })
  assert.deepEqual(rolesIn(rollout, [takenOver, NEW]), [
    ['new', 'canary'],
    ['old', 'stable'],
  ])
})

test('a blue-green Rollout has an active and a preview version, and no canary', () => {
  const blueGreen = { activeSelector: 'old', previewSelector: 'new' }
  const status = { stableRS: 'old', currentPodHash: 'new', blueGreen }
  assert.deepEqual(rolesIn(rolloutOf({ spec: { strategy }, status }), [OLD, NEW]), [
    ['new', 'preview'],
    ['old', 'stable', 'active'],
  ])
})

test('of two Services that take turns, the version behind each is named by it', () => {
  const spec = { strategy: { canary: { pingPong: { pingService: 'a', pongService: 'b' } } } }
  const status = { stableRS: 'old', currentPodHash: 'new', canary: { stablePingPong: 'pong' as const } }
  assert.deepEqual(rolesIn(rolloutOf({ spec, status }), [OLD, NEW]), [
    ['new', 'canary', 'ping'],
    ['old', 'stable', 'pong'],
  ])
})
