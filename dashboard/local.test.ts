/** `sluice dashboard`: on loopback, for whoever has the key. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { request } from 'undici'
import { type Cluster, startCluster } from '../cluster/start.ts'
import { systemClock } from '../kube/clock.ts'
import { silentLogger } from '../kube/log.ts'
import { apply, readCrds } from '../local/apply.ts'
import type { Overview, SessionAnswer } from './contract.ts'
import { type LocalDashboard, startLocalDashboard } from './run-local.ts'
import { putShop } from './testing/shop.ts'

let stateDir: string
let cluster: Cluster
let dashboard: LocalDashboard

before(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'sluice-dashboard-'))
  cluster = await startCluster({ stateDir, log: silentLogger, node: false, proxy: false })
  await apply(cluster.client, readCrds(join(import.meta.dirname, '..')))
  await putShop(cluster.client)
  const { client, url } = cluster
  const common = { namespace: 'shop', sluiceNamespace: 'sluice-system', port: 0, clock: systemClock }
  dashboard = await startLocalDashboard({ client, cluster: url, ...common })
})

after(async () => {
  await dashboard.stop()
  await cluster.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

const get = async (path: string, headers: { readonly [name: string]: string } = {}) => {
  const answer = await request(new URL(path, dashboard.url), { headers })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

test('the printed address signs in and leaves the key out of the address bar', async () => {
  assert.match(dashboard.url, /^http:\/\/127\.0\.0\.1:\d+\/\?key=[\w-]{32}$/)
  const { status, headers } = await get(dashboard.url)
  assert.deepEqual([status, headers['location']], [303, '/'])
  const set = String(headers['set-cookie'])
  assert.match(set, /^sluice-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const cookie = set.split(';')[0] ?? ''
  const session = JSON.parse((await get('/api/sluice/v1/session', { cookie })).text) as SessionAnswer
  assert.deepEqual([session.login, session.signedIn, session.cluster], ['local', true, cluster.url])
  const { rows } = JSON.parse((await get('/api/sluice/v1/overview', { cookie })).text) as Overview
  assert.deepEqual(
    rows.map(({ key }) => key),
    ['shop/web'],
  )
})

test('another user of the machine who does not have the key gets nothing', async () => {
  assert.equal((await get('/?key=guess')).status, 401)
  assert.equal((await get(`/?key=${'a'.repeat(32)}`)).status, 401)
  const { status, text } = await get('/api/sluice/v1/overview')
  assert.equal(status, 401)
  assert.match(text, /Open the address that sluice dashboard printed/)
  assert.equal((await get('/api/sluice/v1/overview', { authorization: 'Bearer x' })).status, 401)
})

test('a page of another site that reaches it under a name of its own is sent away', async () => {
  assert.equal((await get('/api/sluice/v1/session', { host: 'evil.example' })).status, 421)
})
