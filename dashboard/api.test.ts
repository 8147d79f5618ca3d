import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Deployment } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import { DEPLOYMENTS, ROLLOUTS } from '../kube/resources.ts'
import type { ActionPreview, Overview, Problem, RolloutDetail, SessionAnswer } from './contract.ts'
import { ask, listen, OWN, type Rig, startRig } from './testing/dashboard.ts'
import { putShop } from './testing/shop.ts'

const API = '/api/sluice/v1'
const WEB = { namespace: 'shop', name: 'web' }
let rig: Rig
let cookie: string

before(async () => {
  rig = await startRig()
  await putShop(rig.cluster.client)
  cookie = await rig.signIn()
})

after(() => rig.stop())

const get = (path: string, headers = {}) => ask(rig.port, `${API}${path}`, { headers: { cookie, ...headers } })
const post = (path: string, body: object, headers: { readonly [name: string]: string } = OWN) =>
  ask(rig.port, `${API}${path}`, { method: 'POST', headers: { cookie, ...headers }, body })
const rollout = () => rig.cluster.client.get<Rollout>(ROLLOUTS, WEB)

test('without a session nothing is told but how to sign in', async () => {
  const session = await ask(rig.port, `${API}/session`)
  assert.deepEqual([session.status, (session.body as SessionAnswer).signedIn], [200, false])
  assert.equal((session.body as SessionAnswer).cluster, undefined)
  for (const path of ['/overview', '/rollouts/shop/web', '/stream', '/rollouts/shop/web/actions'])
    assert.equal((await ask(rig.port, `${API}${path}`)).status, 401, path)
})

test('a token that the API server does not know is refused', async () => {
  const { status, body, headers } = await ask(rig.port, `${API}/session`, {
    method: 'POST',
    headers: OWN,
    body: { token: 'nonsense' },
  })
  assert.deepEqual([status, (body as Problem).reason], [401, 'Unauthorized'])
  assert.equal(headers['set-cookie'], undefined)
})

test('the session is a cookie that no script reads and no other site sends', async () => {
  const { headers, body } = await ask(rig.port, `${API}/session`, { method: 'POST', headers: OWN, body: { token: rig.token } })
  const [set = ''] = headers['set-cookie'] ?? []
  assert.match(set, /^__Host-sluice=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
  assert.equal((body as SessionAnswer).user, 'system:serviceaccount:shop:ada')
  assert.ok(!set.includes(rig.token))
})

test('every answer has the headers that keep other pages and scripts out', async () => {
  for (const path of ['/', `${API}/session`, '/api/v1/version', '/nothing.js']) {
    const { headers } = await ask(rig.port, path)
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/)
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['strict-transport-security']), /max-age/)
    assert.equal(headers['x-powered-by'], undefined)
    assert.equal(headers['access-control-allow-origin'], undefined)
  }
})

test('the overview has every rollout with what it waits for', async () => {
  const { rows, missing } = (await get('/overview')).body as Overview
  assert.deepEqual(missing, [])
  assert.deepEqual(
    rows.map(({ key, attention, phase, step }) => [key, attention, phase, step?.text]),
    [['shop/web', 'waiting', 'Paused', 'pause']],
  )
})

test('one rollout has its steps, revisions, containers and split', async () => {
  const { status, body } = await get('/rollouts/shop/web')
  const detail = body as RolloutDetail
  assert.equal(status, 200)
  assert.deepEqual(
    detail.steps.map(({ state }) => state),
    ['done', 'done', 'done', 'running', 'to-come'],
  )
  assert.deepEqual(
    detail.revisions.map(({ revision, roles }) => [revision, roles]),
    [[1, ['stable']]],
  )
  assert.equal(detail.containers[0]?.image, 'registry.example/web:v2')
})

test('a rollout that is not there is a problem in a sentence', async () => {
  const { status, body } = await get('/rollouts/shop/nobody')
  assert.equal(status, 404)
  assert.match((body as Problem).message, /there is no Deployment or Rollout nobody in namespace shop/)
})

test('a revision says what differs from it to the present template', async () => {
  const { body } = await get('/rollouts/shop/web/revisions/1')
  assert.deepEqual(body, {
    revision: 1,
    changes: [{ path: 'spec.containers[web].image', before: '"registry.example/web:v1"', after: '"registry.example/web:v2"' }],
  })
  assert.equal((await get('/rollouts/shop/web/revisions/9')).status, 404)
})

test('each action says what it will do, and changes nothing', async () => {
  const before = (await rollout()).metadata.resourceVersion
  const previews = (await get('/rollouts/shop/web/actions')).body as readonly ActionPreview[]
  const possible = Object.fromEntries(previews.map(one => [one.action, one.possible]))
  assert.deepEqual(possible, {
    ...{ promote: true, skip: true, full: true, abort: true, retry: false, pause: true, resume: false },
    ...{ restart: false, undo: true },
  })
  const image = await get('/rollouts/shop/web/actions/set-image?container=web&image=registry.example/web:v3')
  assert.match(
    (image.body as ActionPreview).sentence,
    /web: registry.example\/web:v2 -> registry.example\/web:v3; that starts an update/,
  )
  assert.equal((await rollout()).metadata.resourceVersion, before)
})

test('a request without the header of the page changes nothing', async () => {
  for (const headers of [
    {},
    { 'x-sluice-request': '1', 'sec-fetch-site': 'cross-site' },
    { 'x-sluice-request': '1', 'sec-fetch-site': 'same-site' },
    { 'x-sluice-request': '1', origin: 'https://elsewhere.example' },
    { 'x-sluice-request': '1', origin: 'null' },
  ] as const)
    assert.equal((await post('/rollouts/shop/web/actions/abort', {}, headers)).status, 403, JSON.stringify(headers))
  assert.equal((await rollout()).status?.abort, undefined)
})

test('a GET takes no action', async () => {
  const { status } = await ask(rig.port, '/api/v1/rollouts/shop/web/abort', { headers: { cookie } })
  assert.equal(status, 404)
  await get('/rollouts/shop/web/actions/abort')
  assert.equal((await rollout()).status?.abort, undefined)
})

test('an action on a state that was not seen is refused', async () => {
  const { status, body } = await post('/rollouts/shop/web/actions/promote', { seen: 'something else' })
  assert.deepEqual([status, (body as Problem).reason], [409, 'Conflict'])
  assert.match((body as Problem).message, /web has changed since you looked/)
  assert.equal((await rollout()).status?.pauseConditions?.length, 1)
})

test('promote ends the pause, and the page is told by the stream', async () => {
  const stream = listen(rig.port, `${API}/stream?rollout=shop/web`, { cookie })
  const first = await stream.until('the overview', ({ type }) => type === 'overview')
  assert.equal(first.type === 'overview' && first.overview.rows[0]?.attention, 'waiting')
  await stream.until('the rollout', ({ type }) => type === 'rollout')
  const { seen } = (await get('/rollouts/shop/web/actions/promote')).body as ActionPreview
  const { status, body } = await post('/rollouts/shop/web/actions/promote', { seen })
  assert.deepEqual([status, body], [200, { action: 'promote', sentence: 'web goes on to its next step' }])
  assert.deepEqual((await rollout()).status?.pauseConditions ?? [], [])
  await stream.until('the change', event => event.type === 'changes' && event.rows[0]?.attention === 'in-flight')
  await stream.until('the detail', event => event.type === 'rollout' && event.detail.row.attention === 'in-flight')
  stream.close()
})

test('a page that comes back gets what it missed, and no more', async () => {
  const stream = listen(rig.port, `${API}/stream`, { cookie })
  await stream.until('the overview', ({ type }) => type === 'overview')
  const id = stream.lastId()
  stream.close()
  await putShop(rig.cluster.client, 'cart')
  const watching = listen(rig.port, `${API}/stream`, { cookie })
  await watching.until(
    'the new row',
    event =>
      (event.type === 'overview' && event.overview.rows.some(({ key }) => key === 'shop/cart')) ||
      (event.type === 'changes' && event.rows.some(({ name }) => name === 'cart')),
  )
  watching.close()
  const again = listen(rig.port, `${API}/stream`, { cookie, 'last-event-id': id })
  const first = await again.until('the first event', () => true)
  assert.deepEqual(first.type === 'changes' && first.rows.map(({ key }) => key), ['shop/cart'])
  again.close()
  const strange = listen(rig.port, `${API}/stream`, { cookie, 'last-event-id': 'another.1' })
  assert.equal((await strange.until('the first event', () => true)).type, 'overview')
  strange.close()
})

test('undo in the middle of an update puts the template of the stable version back', async () => {
  const { status, body } = await post('/rollouts/shop/web/actions/undo', { revision: 1 })
  assert.equal(status, 200, JSON.stringify(body))
  const { spec } = await rig.cluster.client.get<Deployment>(DEPLOYMENTS, WEB)
  assert.equal(spec.template.spec.containers[0]?.image, 'registry.example/web:v1')
})

test('an action that makes no sense is refused with what to do instead', async () => {
  const { status, body } = await post('/rollouts/shop/web/actions/retry', {})
  assert.equal(status, 409)
  assert.match((body as Problem).message, /no update of web was aborted, there is nothing to retry/)
})

test('an action that there is not, a namespace that is none, and a body that is no JSON are problems', async () => {
  assert.equal((await post('/rollouts/shop/web/actions/toString', {})).status, 404)
  assert.equal((await get('/rollouts/shop%2F..%2Fkube-system/web')).status, 404)
  const { status } = await ask(rig.port, `${API}/rollouts/shop/web/actions/abort`, {
    method: 'POST',
    headers: { cookie, ...OWN },
    body: 'no object',
  })
  assert.equal(status, 400)
})

test('whoever signs out is out, and the stream says so', async () => {
  const own = await rig.signIn()
  const stream = listen(rig.port, `${API}/stream`, { cookie: own })
  await stream.until('the overview', ({ type }) => type === 'overview')
  const out = await ask(rig.port, `${API}/session`, { method: 'DELETE', headers: { cookie: own, ...OWN } })
  assert.match(String(out.headers['set-cookie']), /Max-Age=0/)
  await stream.until('the end of the session', ({ type }) => type === 'signed-out')
  stream.close()
  assert.equal((await ask(rig.port, `${API}/overview`, { headers: { cookie: own } })).status, 401)
})

test('without a built page it says how to build it', async () => {
  const { status, body } = await ask(rig.port, '/')
  assert.equal(status, 503)
  assert.match(String(body), /make ui/)
})
