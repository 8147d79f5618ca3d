/** The paths of Argo Rollouts' own dashboard, as its clients ask for them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Deployment } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../kube/resources.ts'
import { waitFor } from '../local/wait.ts'
import { ask, listen, type Rig, startRig } from './testing/dashboard.ts'
import { putShop } from './testing/shop.ts'

const WEB = { namespace: 'shop', name: 'web' }
let rig: Rig
let headers: { readonly authorization: string }

before(async () => {
  rig = await startRig()
  await putShop(rig.cluster.client)
  headers = { authorization: `Bearer ${rig.token}` }
})

after(() => rig.stop())

type Info = {
  readonly objectMeta: { readonly name: string }
  readonly status: string
  readonly step: string
  readonly setWeight: string
  readonly replicaSets: readonly { readonly stable: boolean; readonly revision: number; readonly images: readonly string[] }[]
  readonly containers: readonly { readonly name: string; readonly image: string }[]
}

const get = async <T>(path: string): Promise<T> => (await ask(rig.port, path, { headers })).body as T
const put = (path: string, body: object = {}) =>
  ask(rig.port, `/api/v1/rollouts/shop/web/${path}`, { method: 'PUT', headers, body })
const rollout = () => rig.cluster.client.get<Rollout>(ROLLOUTS, WEB)

test('version and namespaces', async () => {
  assert.match((await get<{ rolloutsVersion: string }>('/api/v1/version')).rolloutsVersion, /^\d/)
  const { namespace, availableNamespaces } = await get<{ namespace: string; availableNamespaces: readonly string[] }>(
    '/rollouts/api/v1/namespace',
  )
  assert.equal(namespace, 'shop')
  assert.ok(availableNamespaces.includes('shop') && availableNamespaces.includes('kube-system'))
})

test('one rollout, with its ReplicaSets', async () => {
  const info = await get<Info>('/rollouts/api/v1/rollouts/shop/web/info')
  assert.deepEqual([info.objectMeta.name, info.status, info.step, info.setWeight], ['web', 'Paused', '3/5', '25'])
  assert.deepEqual(
    info.replicaSets.map(({ stable, revision }) => [stable, revision]),
    [[true, 1]],
  )
  assert.deepEqual(info.containers, [{ name: 'web', image: 'registry.example/web:v2' }])
})

test('all rollouts of a namespace, without ReplicaSets', async () => {
  const { rollouts } = await get<{ rollouts: readonly Info[] }>('/api/v1/rollouts/shop/info')
  assert.deepEqual(
    rollouts.map(({ objectMeta, replicaSets }) => [objectMeta.name, replicaSets.length]),
    [['web', 0]],
  )
})

test('a watch tells one result a line, and what changes', async () => {
  const watching = listen(rig.port, '/api/v1/rollouts/shop/info/watch', { ...headers, accept: 'application/json' })
  const lines = () =>
    watching
      .text()
      .trim()
      .split('\n')
      .filter(line => line !== '')
  await waitFor({ what: 'the first line' }, async () => lines().length > 0)
  assert.equal(JSON.parse(lines()[0] ?? '').result.type, 'Added')
  assert.equal((await put('promote')).status, 200)
  await waitFor({ what: 'the second line' }, async () => lines().length > 1)
  assert.equal(JSON.parse(lines()[1] ?? '').result.type, 'Updated')
  watching.close()
})

test('a watch tells server-sent events to whoever accepts them', async () => {
  const watching = listen(rig.port, '/api/v1/rollouts/shop/web/info/watch', { ...headers, accept: 'text/event-stream' })
  await waitFor({ what: 'the first event' }, async () => /^data: \{"result":.*\n\n/.test(watching.text()))
  watching.close()
})

test('promote in full, abort and retry write what kubectl argo rollouts writes', async () => {
  await put('promote', { full: true })
  assert.equal((await rollout()).status?.promoteFull, true)
  await put('abort')
  assert.equal((await rollout()).status?.abort, true)
  await put('retry')
  assert.equal((await rollout()).status?.abort, false)
})

test('restart writes the time from which on a Rollout has new pods, and is refused in the middle of an update of a Deployment', async () => {
  const own: Rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { namespace: 'shop', name: 'own' },
    spec: {
      selector: { matchLabels: { app: 'own' } },
      template: {
        metadata: { labels: { app: 'own' } },
        spec: { containers: [{ name: 'own', image: 'registry.example/own:v1' }] },
      },
      strategy: { canary: {} },
    },
  }
  await rig.cluster.client.create(ROLLOUTS, own)
  const restart = () => ask(rig.port, '/api/v1/rollouts/shop/own/restart', { method: 'PUT', headers, body: {} })
  await waitFor({ what: 'the Rollout to be known' }, async () => (await restart()).status === 200)
  const { spec } = await rig.cluster.client.get<Rollout>(ROLLOUTS, { namespace: 'shop', name: 'own' })
  assert.match(String(spec.restartAt), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.equal((await put('restart')).status, 409)
})

test('an image with slashes and a tag goes into the container', async () => {
  const { status } = await put('set/web/registry.example/team/web/v3')
  assert.equal(status, 200)
  const { spec } = await rig.cluster.client.get<Deployment>(DEPLOYMENTS, WEB)
  assert.equal(spec.template.spec.containers[0]?.image, 'registry.example/team/web:v3')
})

test('undo goes back to a revision', async () => {
  assert.equal((await put('undo/1')).status, 200)
  const { spec } = await rig.cluster.client.get<Deployment>(DEPLOYMENTS, WEB)
  assert.equal(spec.template.spec.containers[0]?.image, 'registry.example/web:v1')
})
