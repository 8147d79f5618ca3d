/** The controller's client and real sidecars with real apps, each pod at a loopback address of its own. */
import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { after, before, describe, test } from 'node:test'
import type { Pod } from '../../api/kubernetes.ts'
import { CONTROLLER_NAME, sidecarName } from '../../api/names.ts'
import type { RouteSpec } from '../../api/route.ts'
import { SIDECAR_ADMIN_PORT, type SidecarTable } from '../../api/sidecar.ts'
import { makeAuthority, makeRequest, makeServing, type Pair, signRequest } from '../../kube/certificate-pair.ts'
import { systemClock } from '../../kube/clock.ts'
import { silentLogger } from '../../kube/log.ts'
import { DEFAULT_LIMITS } from '../../router/limits.ts'
import { type Sidecar, startSidecar } from '../../router/sidecar/sidecar.ts'
import { makeSidecarClient, type SidecarClient } from './client.ts'

const PORT = { name: 'http', app: 8080, outer: 15_100 }

type Member = {
  readonly ip: string
  readonly hash: string
  readonly pod: Pod
  readonly sidecar: Sidecar
  readonly stop: () => Promise<void>
  readonly stopApp: () => Promise<void>
}

const startApp = async (ip: string, hash: string) => {
  const server = createServer((request, answer) =>
    answer.end(JSON.stringify({ hash, ip, forwarded: request.headers['x-forwarded-for'] ?? '' })),
  )
  await new Promise<void>(resolve => server.listen(PORT.app, ip, resolve))
  return () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}

const startMember = async (ip: string, hash: string, ca: string, waitMs = 0): Promise<Member> => {
  const stopApp = await startApp(ip, hash)
  const uid = `uid-${ip}`
  const sidecar = await startSidecar({
    pod: { namespace: 'shop', name: ip, uid, ip, deployment: 'web', hash, ports: [PORT] },
    ca,
    adminPort: SIDECAR_ADMIN_PORT,
    healthPort: 0,
    waitMs,
    quietMs: 0,
    drainMs: 0,
    limits: DEFAULT_LIMITS,
    clock: systemClock,
    log: silentLogger,
    version: 'test',
  })
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: ip, namespace: 'shop', uid },
    spec: { containers: [] },
    status: { podIP: ip },
  }
  return { ip, hash, pod, sidecar, stopApp, stop: async () => void (await Promise.all([sidecar.stop(), stopApp()])) }
}

type Answer = { readonly hash: string; readonly ip: string; readonly forwarded: string }

const ask = (ip: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    get({ host: ip, port: PORT.outer, agent: false }, async answer => {
      const text = (await answer.toArray()).join('')
      if (answer.statusCode === 200) resolve(JSON.parse(text))
      else reject(new Error(`status ${answer.statusCode}: ${text}`))
    }).on('error', reject)
  })

const specAt = (weight: number, version = 1): RouteSpec => ({
  service: 'web',
  deployment: 'web',
  version,
  endpoints: 'none',
  ports: [{ name: 'http', port: 80, listenPort: 20_001, protocol: 'http' }],
  backends: [
    { role: 'stable', hash: 'v1', service: 'web-v1', weight: 100 - weight },
    { role: 'canary', hash: 'v2', service: 'web-v2', weight },
  ],
})

describe('a sidecar', () => {
  let authority: Pair
  let client: SidecarClient
  let signatures = 0
  let stable: Member
  let canary: Member
  const members: Member[] = []

  const tableOf = (spec: RouteSpec): string => {
    const at = (hash: string) => members.filter(member => member.hash === hash).map(({ ip }) => ({ host: ip, port: PORT.app }))
    const table: SidecarTable = {
      ports: { http: 'http' },
      routes: [{ key: 'shop/web', spec, targets: ['http'] }],
      endpoints: { v1: { http: at('v1') }, v2: { http: at('v2') } },
      ca: authority.cert,
    }
    return JSON.stringify(table)
  }
  const pushAll = (spec: RouteSpec) => Promise.all(members.map(({ pod }) => client.push(pod, tableOf(spec))))

  before(async () => {
    authority = await makeAuthority('sidecars', Date.now())
    const controller = await makeServing(authority, [CONTROLLER_NAME], Date.now(), 'client')
    const signed = new Set<string>()
    client = makeSidecarClient({
      current: () => ({ caBundle: authority.cert, ...controller }),
      sign: (request, { uid, start }) => {
        if (signed.has(`${uid}/${start}`)) return undefined
        signed.add(`${uid}/${start}`)
        signatures += 1
        return signRequest(authority, request, sidecarName(uid), Date.now())
      },
    })
    stable = await startMember('127.77.1.1', 'v1', authority.cert)
    canary = await startMember('127.77.1.2', 'v2', authority.cert, 60_000)
    members.push(stable, canary)
  })
  after(async () => {
    await client.close()
    for (const member of members) await member.stop()
  })

  test('serves its own app before anybody told it anything, and is not ready while it still may be told', async () => {
    assert.equal((await ask(canary.ip)).hash, 'v2')
    assert.match(canary.sidecar.notReady() ?? '', /waits for the controller/)
    assert.equal(stable.sidecar.notReady(), undefined)
  })

  test('is certified once, acknowledges what it was told, and is ready then', async () => {
    const [report] = await pushAll(specAt(20))
    assert.deepEqual([report?.routes['shop/web']?.version, report?.routes['shop/web']?.upstreams], [1, { v1: 1, v2: 1 }])
    await pushAll(specAt(20))
    assert.equal(signatures, 2)
    assert.equal(canary.sidecar.notReady(), undefined)
  })

  test('splits exactly, whichever pod a client came to, and every request once', async () => {
    await pushAll(specAt(20, 2))
    for (const { ip } of members) {
      const answers: Answer[] = []
      for (let i = 0; i < 100; i += 1) answers.push(await ask(ip))
      assert.equal(answers.filter(({ hash }) => hash === 'v2').length, 20)
    }
  })

  test('leaves the client as the only hop that the app sees, also when another pod answers', async () => {
    await pushAll(specAt(50, 3))
    const answers = [await ask(stable.ip), await ask(stable.ip), await ask(canary.ip), await ask(canary.ip)]
    assert.deepEqual(new Set(answers.map(({ hash }) => hash)), new Set(['v1', 'v2']))
    for (const { forwarded } of answers) assert.match(forwarded, /^127\.[\d.]+$/)
  })

  test('counts every request once, where the client came to', async () => {
    const buckets = async ({ pod }: Member) =>
      (await client.buckets(pod, 'shop/web', 60)).buckets.flatMap(({ versions }) => Object.values(versions))
    const total = (await Promise.all(members.map(buckets))).flat().reduce((sum, { requests }) => sum + requests, 0)
    // 1 before the first table, 200, and 4.
    assert.equal(total, 205)
  })

  test('passes requests on when its own app is gone, and serves any version rather than none', async () => {
    await pushAll(specAt(0, 4))
    await canary.stopApp()
    assert.equal((await ask(canary.ip)).hash, 'v1')
    await pushAll(specAt(100, 5))
    assert.equal((await ask(canary.ip)).hash, 'v1')
    assert.equal((await ask(stable.ip)).hash, 'v1')
  })

  const status = (pair: Partial<Pair>, path = '/routes') =>
    new Promise<number>((resolve, reject) => {
      const options = { ...pair, host: stable.ip, port: SIDECAR_ADMIN_PORT, path, agent: false, rejectUnauthorized: false }
      httpsRequest(options, answer => resolve(answer.resume().statusCode ?? 0))
        .on('error', reject)
        .end()
    })

  test('tells nothing to anybody but the controller', async () => {
    const other = await makeAuthority('somebody', Date.now())
    const { key, request } = await makeRequest('x', Date.now())
    const sidecar = { key, cert: signRequest(authority, request, CONTROLLER_NAME, Date.now()) }
    await assert.rejects(status({}))
    await assert.rejects(status(await makeServing(other, [CONTROLLER_NAME], Date.now(), 'client')))
    await assert.rejects(status(sidecar))
    assert.equal(await status(await makeServing(authority, ['other.test'], Date.now(), 'client')), 403)
    assert.equal(await status(await makeServing(authority, [CONTROLLER_NAME], Date.now(), 'client')), 200)
  })

  test('that shows a new key without having been started again is not believed', async () => {
    await stable.sidecar.stop()
    await stable.stopApp()
    const again = await startMember(stable.ip, 'v1', authority.cert)
    members.push(again)
    await assert.rejects(client.push(again.pod, tableOf(specAt(0, 6))), /second certificate/)
    const restarted = { ...again.pod.status, initContainerStatuses: [{ name: 'sluice-router', restartCount: 1 }] }
    const report = await client.push({ ...again.pod, status: restarted }, tableOf(specAt(0, 6)))
    assert.equal(report.routes['shop/web']?.version, 6)
  })
})
