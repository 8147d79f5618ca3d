/** Whoever may not do a thing with kubectl may not do it here, by whatever way it is asked for. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Deployment } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../kube/resources.ts'
import type { ActionPreview, Overview, Problem, SessionAnswer } from './contract.ts'
import { ask, OWN, type Rig, startRig } from './testing/dashboard.ts'
import { putShop } from './testing/shop.ts'

const API = '/api/sluice/v1'
const WEB = { namespace: 'shop', name: 'web' }
let rig: Rig
let reader: string
let readerToken: string

before(async () => {
  rig = await startRig()
  await putShop(rig.cluster.client)
  readerToken = rig.cluster.api.tokenFor('shop', 'reader')
  rig.gate.readers.add(readerToken)
  reader = await rig.signIn(readerToken)
})

after(() => rig.stop())

const versions = async () => {
  const rollout = await rig.cluster.client.get<Rollout>(ROLLOUTS, WEB)
  const deployment = await rig.cluster.client.get<Deployment>(DEPLOYMENTS, WEB)
  return [rollout.metadata.resourceVersion, deployment.metadata.resourceVersion]
}

test('a reader sees, and every action says that it is not permitted', async () => {
  const { rows } = (await ask(rig.port, `${API}/overview`, { headers: { cookie: reader } })).body as Overview
  assert.equal(rows.length, 1)
  const { body } = await ask(rig.port, `${API}/rollouts/shop/web/actions`, { headers: { cookie: reader } })
  const promote = (body as readonly ActionPreview[]).find(({ action }) => action === 'promote')
  assert.deepEqual([promote?.possible, promote?.permitted], [false, false])
  assert.match(promote?.sentence ?? '', /You may not patch rollouts\/status in namespace shop/)
})

test('a reader can change nothing by any path, with the cookie or with the token', async () => {
  const before = await versions()
  const own = ['promote', 'skip', 'full', 'abort', 'pause', 'undo'].map(action => [
    'POST',
    `${API}/rollouts/shop/web/actions/${action}`,
    {},
  ])
  const image = ['POST', `${API}/rollouts/shop/web/actions/set-image`, { container: 'web', image: 'registry.example/web:v9' }]
  const argo = ['promote', 'abort', 'undo/1', 'set/web/registry.example/web/v9'].map(path => [
    'PUT',
    `/api/v1/rollouts/shop/web/${path}`,
    {},
  ])
  for (const [method, path, body] of [...own, image, ...argo] as [string, string, object][])
    for (const headers of [{ cookie: reader, ...OWN }, { authorization: `Bearer ${readerToken}` }]) {
      const { status, body: problem } = await ask(rig.port, path, { method, headers, body })
      assert.deepEqual([status, (problem as Problem).reason], [403, 'Forbidden'], `${method} ${path}`)
    }
  assert.deepEqual(await versions(), before)
})

test('every call is made with the token of whoever asks, and with no other', async () => {
  rig.gate.seen.length = 0
  await ask(rig.port, `${API}/rollouts/shop/web`, { headers: { cookie: reader } })
  assert.ok(rig.gate.seen.length > 0)
  for (const line of rig.gate.seen) assert.ok(line.startsWith(`${readerToken} `), line.slice(-80))
})

test('two people who are signed in at once are two people', async () => {
  const other = await rig.signIn()
  const userOf = async (cookie: string) =>
    ((await ask(rig.port, `${API}/session`, { headers: { cookie } })).body as SessionAnswer).user
  assert.deepEqual(
    [await userOf(reader), await userOf(other)],
    ['system:serviceaccount:shop:reader', 'system:serviceaccount:shop:ada'],
  )
})

test('whoever may look into one namespace only sees that one, and is told so', async () => {
  const token = rig.cluster.api.tokenFor('shop', 'narrow')
  rig.gate.shopOnly.add(token)
  const cookie = await rig.signIn(token)
  const overview = (await ask(rig.port, `${API}/overview`, { headers: { cookie } })).body as Overview
  assert.deepEqual(overview.namespaces, ['shop'])
  assert.equal(overview.rows.length, 1)
  assert.match(overview.missing.join(' '), /may not list Rollouts in all namespaces/)
})

test('a token in a header does not make a request of a browser its own: that needs the cookie', async () => {
  const headers = { authorization: `Bearer ${rig.token}`, ...OWN }
  assert.equal((await ask(rig.port, `${API}/overview`, { headers })).status, 401)
})

test('a cookie that nobody was given is nobody', async () => {
  assert.equal((await ask(rig.port, `${API}/overview`, { headers: { cookie: `__Host-sluice=${'a'.repeat(43)}` } })).status, 401)
})

test('behind a proxy the token of each request says who asks, and the form is off', async () => {
  const behind = await startRig('proxy')
  try {
    const form = await ask(behind.port, `${API}/session`, { method: 'POST', headers: OWN, body: { token: behind.token } })
    assert.equal(form.status, 404)
    const headers = { authorization: `Bearer ${behind.token}`, cookie: 'proxy=1', 'sec-fetch-site': 'same-origin' }
    const { body } = await ask(behind.port, `${API}/session`, { headers })
    assert.deepEqual([(body as SessionAnswer).login, (body as SessionAnswer).user], ['proxy', 'system:serviceaccount:shop:ada'])
    const forged = { ...headers, 'sec-fetch-site': 'cross-site' }
    const { status } = await ask(behind.port, '/api/v1/rollouts/shop/web/abort', { method: 'PUT', headers: forged, body: {} })
    assert.equal(status, 403)
  } finally {
    await behind.stop()
  }
})
