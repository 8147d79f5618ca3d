/** Actions on a Rollout whose pod template is in an object of another name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../api/kubernetes.ts'
import { makeMemoryApi } from '../../cli/testing/memory-api.ts'
import { aDeployment, aReplicaSet, aRollout, healthy, template } from '../../cli/testing/objects.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import { makeDetail } from '../model/detail.ts'
import { act, previewAction } from './act.ts'

const [V1, V2] = ['registry.example/web:v1', 'registry.example/web:v2']
const WEB = { namespace: 'shop', name: 'web' }
const NOW = Date.parse('2026-01-01T12:00:00Z')

const shop = ({ mayPatch = true, withBackend = true } = {}) => {
  const api = makeMemoryApi()
  const noted = aRollout(healthy)
  const { ownerReferences: _, ...metadata } = noted.metadata
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'backend' }
  const rollout = { ...noted, metadata, spec: { ...noted.spec, workloadRef } }
  const ownerReferences = [
    { apiVersion: rollout.apiVersion, kind: rollout.kind, name: 'web', uid: metadata.uid ?? '', controller: true },
  ]
  const version = (hash: string, image: string, revision: number): KubeObject => {
    const set = aReplicaSet({ hash, image, revision, replicas: 0 })
    return { ...set, metadata: { ...set.metadata, ownerReferences } }
  }
  const deployment = aDeployment({ held: false, image: V2 })
  api.put(rollout, version('aaaa', V1, 1), version('bbbb', V2, 2))
  if (withBackend) api.put({ ...deployment, metadata: { ...deployment.metadata, name: 'backend' } })
  const asked: unknown[] = []
  api.answer = (_method, _path, body) => {
    const { resource, name } = (body as { spec: { resourceAttributes: { resource: string; name: string } } }).spec
      .resourceAttributes
    asked.push(`${resource}/${name}`)
    return { status: { allowed: mayPatch } }
  }
  return { api, asked }
}

test('undo and set image write into what the Rollout refers to', async () => {
  const { api } = shop()
  await act(api.client, WEB, { action: 'undo', request: { revision: 1 }, now: NOW })
  await act(api.client, WEB, { action: 'set-image', request: { container: 'web', image: V2 }, now: NOW })
  assert.deepEqual(
    api.writes.map(({ kind, name, body }) => [kind, name, ...(Array.isArray(body) ? body.slice(1) : [body])]),
    [
      ['Deployment', 'backend', { op: 'replace', path: '/spec/template', value: template(V1) }],
      ['Deployment', 'backend', { op: 'replace', path: '/spec/template/spec/containers/0/image', value: V2 }],
    ],
  )
})

test('the right that is asked for is that on the very object', async () => {
  const { api, asked } = shop({ mayPatch: false })
  const preview = await previewAction(api.client, WEB, { action: 'undo', request: { revision: 1 }, now: NOW })
  assert.deepEqual([preview.permitted, asked], [false, ['deployments/backend']])
})

test('an object that is not there is said, in the preview as in the action', async () => {
  const { api } = shop({ withBackend: false })
  const wish = { action: 'undo', request: {}, now: NOW } as const
  const preview = await previewAction(api.client, WEB, wish)
  assert.deepEqual(
    [preview.possible, preview.sentence],
    [false, 'the pod template of Rollout web is in Deployment backend, which is not there'],
  )
  await assert.rejects(act(api.client, WEB, wish), /which is not there/)
})

test('its containers are those of the newest version, which is the present one', async () => {
  const { api } = shop()
  const view = await readRolloutView(api.client, 'shop', 'web')
  const detail = makeDetail({ view, events: [], numbers: undefined, missing: [], now: NOW })
  assert.deepEqual(detail.containers, [{ name: 'web', image: V2, init: false }])
  assert.deepEqual(
    detail.revisions.map(({ revision, present }) => [revision, present]),
    [
      [2, true],
      [1, false],
    ],
  )
})
