/** Many pages, one watch: what the API server is asked does not grow with the browsers that look. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ROLLOUTS } from '../kube/resources.ts'
import { waitFor } from '../local/wait.ts'
import { ask, listen, OWN, type Rig, startRig } from './testing/dashboard.ts'
import { putShop } from './testing/shop.ts'

let rig: Rig

before(async () => {
  rig = await startRig()
  await putShop(rig.cluster.client)
})
after(() => rig.stop())

const STREAM = '/api/sluice/v1/stream'
const watches = () => rig.gate.seen.filter(line => /\/rollouts\?.*watch=/.test(line)).length
const lists = () => rig.gate.seen.filter(line => /\/rollouts\?(?!.*watch=)/.test(line) && !line.includes('limit=1&')).length

test('ten pages of one person, signed in three times, are one watch, and each is told only what changed', async () => {
  const cookies = [await rig.signIn(), await rig.signIn(), await rig.signIn()]
  const pages = Array.from({ length: 10 }, (_, i) => listen(rig.port, STREAM, { cookie: cookies[i % 3] ?? '' }))
  try {
    await Promise.all(pages.map(page => page.until('the overview', ({ type }) => type === 'overview')))
    assert.equal(watches(), 1)
    await rig.cluster.client.patch(ROLLOUTS, { namespace: 'shop', name: 'web' }, 'merge', { status: { abort: true } }, 'status')
    await Promise.all(pages.map(page => page.until('the abort', event => event.type === 'changes' && event.rows.length === 1)))
    const ids = new Set(pages.map(page => page.lastId()))
    assert.equal(ids.size, 1, 'a page may go on from what any other of them has')
    assert.equal(watches(), 1)
    assert.ok(lists() <= 2, `${lists()} lists`)
  } finally {
    for (const page of pages) page.close()
  }
})

test('signing out in one browser leaves the others told', async () => {
  const [leaving, staying] = [await rig.signIn(), await rig.signIn()]
  const page = listen(rig.port, STREAM, { cookie: staying })
  const other = listen(rig.port, STREAM, { cookie: leaving })
  try {
    await Promise.all([page, other].map(one => one.until('the overview', ({ type }) => type === 'overview')))
    await ask(rig.port, '/api/sluice/v1/session', { method: 'DELETE', headers: { cookie: leaving, ...OWN } })
    await other.until('the end', ({ type }) => type === 'signed-out')
    await rig.cluster.client.patch(ROLLOUTS, { namespace: 'shop', name: 'web' }, 'merge', { status: { message: 'x' } }, 'status')
    await rig.cluster.client.patch(ROLLOUTS, { namespace: 'shop', name: 'web' }, 'merge', { status: { abort: null } }, 'status')
    await page.until('the change', ({ type }) => type === 'changes')
  } finally {
    page.close()
    other.close()
  }
})

test('two people are two watches: each sees with their own rights', async () => {
  const before = watches()
  const cookie = await rig.signIn(rig.cluster.api.tokenFor('shop', 'grace'))
  const page = listen(rig.port, STREAM, { cookie })
  try {
    await page.until('the overview', ({ type }) => type === 'overview')
    await waitFor({ what: 'a watch of their own', everyMs: 20 }, async () => watches() === before + 1)
  } finally {
    page.close()
  }
})
