import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { ROUTER_SERVER_NAME } from '../../api/names.ts'
import type { BucketReport, RouterReport } from '../../api/router-admin.ts'
import { type AdminServer, type Identity, json, makeIdentity, startAdminServer } from '../testing/admin-server.ts'
import { answers } from '../testing/tallies.ts'
import { makeRouterAdmin, type RouterAdmin, routerOrigin } from './router-admin.ts'

const BUCKETS: BucketReport = {
  router: 'r1',
  now: 1000,
  route: 'default/web',
  buckets: [{ second: 999, versions: { new: { ...answers(3, 1), latency: [0, 4] } } }],
}

const REPORT: RouterReport = {
  router: 'r1',
  draining: false,
  routes: { 'default/web': { version: 3, listening: true, upstreams: { new: 1 }, inFlight: {}, connections: 2 } },
}

describe('a router on its admin port', () => {
  let identity: Identity
  let server: AdminServer
  let admin: RouterAdmin
  const paths: string[] = []

  before(async () => {
    identity = await makeIdentity(ROUTER_SERVER_NAME)
    server = await startAdminServer(identity, json({}))
    admin = makeRouterAdmin({ ca: () => server.ca, timeoutMs: 5000, maxBytes: 100_000 })
  })
  beforeEach(() => {
    paths.length = 0
    server.setAnswer((request, response) => {
      paths.push(request.url ?? '')
      json(request.url?.startsWith('/routes') ? REPORT : BUCKETS)(request, response)
    })
  })
  after(async () => {
    await admin.close()
    await server.close()
  })

  test('says what it runs and what it counted, over kept connections', async () => {
    assert.deepEqual(await admin.report(server.origin), REPORT)
    assert.deepEqual(await admin.buckets(server.origin, 'default/web', 60), BUCKETS)
    assert.deepEqual(paths, ['/routes', '/buckets?route=default%2Fweb&seconds=60'])
    for (let i = 0; i < 10; i += 1) await admin.report(server.origin)
    assert.ok(server.connections() <= 4, `${server.connections()} connections for 12 requests`)
  })

  const failures: readonly (readonly [name: string, answer: Parameters<AdminServer['setAnswer']>[0], message: RegExp])[] = [
    ['an error status', json('no such route\n', 404), /: status 404: no such route$/],
    ['a server error', json({ message: 'starting' }, 503), /: status 503: \{"message":"starting"\}$/],
    ['garbage', json('<html>'), /: the answer is not a report: Unexpected token/],
    ['JSON cut off', json('{"router": "r1", "now": 10'), /: the answer is not a report: /],
    ['a list', json([]), /: the answer is not a report: report is \[\], not an object$/],
    ['a wrong type', json({ ...BUCKETS, now: 'noon' }), /: now is "noon", not a number of 0 or more$/],
    [
      'a negative count',
      json({ ...BUCKETS, buckets: [{ second: 1, versions: { a: answers(-1) } }] }),
      /buckets\[0\]\.versions\.a\.requests is -1/,
    ],
    [
      'a missing histogram',
      json({ ...BUCKETS, buckets: [{ second: 1, versions: { a: { ...answers(1), latency: undefined } } }] }),
      /\.latency is undefined, not a list/,
    ],
    ['an endless answer', json(`["${'x'.repeat(200_000)}"]`), /: the answer is longer than 100000 bytes$/],
    [
      'an answer cut off by a reset',
      (_request, response) => void response.write('{"router":', () => response.socket?.destroy()),
      /^router at /,
    ],
    ['a connection that is closed at once', request => void request.socket.destroy(), /^router at /],
  ]
  for (const [name, answer, message] of failures) {
    test(`${name} is an error that names the router`, async () => {
      server.setAnswer(answer)
      await assert.rejects(admin.buckets(server.origin, 'default/web', 60), error => {
        assert.ok(error instanceof Error)
        assert.ok(error.message.startsWith(`router at ${server.origin}: `), error.message)
        assert.match(error.message, message)
        return true
      })
    })
  }

  test('is asked again after an error', async () => {
    server.setAnswer(request => void request.socket.destroy())
    await assert.rejects(admin.report(server.origin))
    server.setAnswer(json(REPORT))
    assert.deepEqual(await admin.report(server.origin), REPORT)
  })

  test('that is too slow is given up, whether before or within its answer', async () => {
    const hasty = makeRouterAdmin({ ca: () => server.ca, timeoutMs: 300 })
    try {
      server.setAnswer(() => undefined)
      await assert.rejects(hasty.report(server.origin), { message: `router at ${server.origin}: no answer within 300 ms` })
      server.setAnswer((_request, response) => void response.write('{'))
      await assert.rejects(hasty.report(server.origin), { message: `router at ${server.origin}: no answer within 300 ms` })
    } finally {
      await hasty.close()
    }
  })

  test('that does not prove to be a router is not believed', async () => {
    const impostor = await startAdminServer(await makeIdentity(ROUTER_SERVER_NAME), json(REPORT))
    try {
      await assert.rejects(admin.report(impostor.origin), /certificate/)
    } finally {
      await impostor.close()
    }
  })

  test('that has a certificate for another name is not believed', async () => {
    const other = await startAdminServer(await makeIdentity('sluice-webhook.sluice-system.svc'), json(REPORT))
    const trusting = makeRouterAdmin({ ca: () => other.ca, timeoutMs: 5000 })
    try {
      await assert.rejects(trusting.report(other.origin), /altnames|does not match/)
    } finally {
      await trusting.close()
      await other.close()
    }
  })

  test('is not asked before the CA is known', async () => {
    const early = makeRouterAdmin({ ca: () => '' })
    await assert.rejects(early.report(server.origin), {
      message: `router at ${server.origin}: the CA of the routers is not known yet`,
    })
    assert.deepEqual(paths, [])
    await early.close()
  })

  test('is believed under a new CA as soon as it is known', async () => {
    let ca = (await makeIdentity(ROUTER_SERVER_NAME)).authority.cert
    const rotating = makeRouterAdmin({ ca: () => ca, timeoutMs: 5000 })
    try {
      await assert.rejects(rotating.report(server.origin), /certificate/)
      ca = `${ca}\n${server.ca}`
      assert.deepEqual(await rotating.report(server.origin), REPORT)
    } finally {
      await rotating.close()
    }
  })

  test('that is gone is an error', async () => {
    const gone = await startAdminServer(identity, json(REPORT))
    await gone.close()
    await assert.rejects(admin.report(gone.origin), /ECONNREFUSED/)
  })
})

test('a router is asked at its pod address', () => {
  assert.equal(routerOrigin('127.0.0.9'), 'https://127.0.0.9:8444')
  assert.equal(routerOrigin('fd00::9'), 'https://[fd00::9]:8444')
})
