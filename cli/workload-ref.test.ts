/** undo, set image and restart of a Rollout whose template is in an object of another name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, aReplicaSet, aRollout, healthy, template } from './testing/objects.ts'
import { run } from './testing/run.ts'

const V1 = 'registry.example/web:v1'
const V2 = 'registry.example/web:v2'

/** A Rollout that a person wrote: not owned by a Deployment. */
const referring = (workloadRef: NonNullable<Rollout['spec']['workloadRef']>): Rollout => {
  const rollout = aRollout(healthy)
  const { ownerReferences: _, ...metadata } = rollout.metadata
  return { ...rollout, metadata, spec: { ...rollout.spec, workloadRef } }
}

const named = <T extends KubeObject>(object: T, name: string): T => ({ ...object, metadata: { ...object.metadata, name } })

const backend = () => named(aDeployment({ held: false, image: V2 }), 'backend')
const podTemplate = {
  apiVersion: 'v1',
  kind: 'PodTemplate',
  metadata: { name: 'shape', namespace: 'shop' },
  template: template(V2),
}
const toDeployment = referring({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'backend' })
const toPodTemplate = referring({ apiVersion: 'v1', kind: 'PodTemplate', name: 'shape' })

/** A version of the Rollout, not of a Deployment. */
const oldVersion = (): KubeObject => {
  const { metadata, ...rest } = aReplicaSet({ hash: 'aaaa', image: V1, revision: 1, replicas: 0 })
  const { apiVersion, kind, metadata: owner } = toDeployment
  const ownerReferences = [{ apiVersion, kind, name: owner.name, uid: owner.uid ?? '', controller: true }]
  return { ...rest, metadata: { ...metadata, ownerReferences } }
}

const shop = (...objects: readonly KubeObject[]): MemoryApi => {
  const api = makeMemoryApi()
  api.put(...objects, oldVersion())
  return api
}

const sent = async (api: MemoryApi, line: string) => {
  const { code, err, out } = await run(api, line)
  const writes = api.writes.map(({ kind, name, body }) => [kind, name, ...(Array.isArray(body) ? body.slice(1) : [body])])
  return { code, said: `${err}${out}`, writes }
}

test('undo writes the older template into the Deployment that the Rollout refers to', async () => {
  const { code, writes, said } = await sent(shop(toDeployment, backend()), 'undo web --to-revision 1')
  assert.deepEqual([code, said], [0, 'web goes back to revision 1 (web-aaaa)\n'])
  assert.deepEqual(writes, [['Deployment', 'backend', { op: 'replace', path: '/spec/template', value: template(V1) }]])
})

test('set image writes into what the Rollout refers to, also where a Deployment has the Rollout’s own name', async () => {
  const other = aDeployment({ held: false, image: V1 })
  assert.deepEqual((await sent(shop(toDeployment, backend(), other), `set image web web=${V1}`)).writes, [
    ['Deployment', 'backend', { op: 'replace', path: '/spec/template/spec/containers/0/image', value: V1 }],
  ])
  assert.deepEqual((await sent(shop(toPodTemplate, podTemplate), `set image web web=${V1}`)).writes, [
    ['PodTemplate', 'shape', { op: 'replace', path: '/template/spec/containers/0/image', value: V1 }],
  ])
})

test('restart asks the Rollout itself for new pods, and leaves the template alone', async () => {
  assert.deepEqual((await sent(shop(toDeployment, backend()), 'restart web')).writes, [
    ['Rollout', 'web', { spec: { restartAt: '2026-01-01T12:00:00Z' } }],
  ])
})

test('a workload that is not there is named', async () => {
  const { code, said, writes } = await sent(shop(toDeployment), 'undo web')
  assert.deepEqual([code, writes], [1, []])
  assert.equal(said, 'error: the pod template of Rollout web is in Deployment backend, which is not there\n')
})
