import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { connect } from 'node:tls'
import type { KubeObject } from '../api/kubernetes.ts'
import { makeServing, splitBundle } from './certificate-pair.ts'
import { type CertificateOptions, ensureCertificates, nextContent } from './certificates.ts'
import type { KubeClient } from './client.ts'
import { systemClock } from './clock.ts'
import { ApiError } from './errors.ts'
import { makeLogger } from './log.ts'

const DAY = 24 * 60 * 60 * 1000
const T0 = Date.parse('2026-01-01T00:00:00Z')
const rules = {
  dnsNames: ['webhook.sluice.svc', 'webhook.sluice.svc.cluster.local'],
  name: 'test',
  trustMs: 60_000,
  renewAfter: 0.7,
}

/** One Secret with optimistic concurrency, as far as the keeper uses it. */
const secretStore = (logLines: string[] = []) => {
  let stored: (KubeObject & { data?: object }) | undefined
  let version = 0
  const put = (object: KubeObject & { data?: object }) => {
    version += 1
    stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    return stored
  }
  const client = {
    get: async () => {
      if (stored === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: 'not found' })
      return stored
    },
    create: async (_: unknown, object: KubeObject) => {
      if (stored !== undefined) throw new ApiError({ status: 409, reason: 'AlreadyExists', message: 'exists' })
      return put(object)
    },
    patch: async (_: unknown, __: unknown, ___: unknown, body: { metadata: { resourceVersion: string }; data: object }) => {
      if (body.metadata.resourceVersion !== stored?.metadata.resourceVersion)
        throw new ApiError({ status: 409, reason: 'Conflict', message: 'changed' })
      return put({ ...stored, data: { ...stored.data, ...body.data } })
    },
  } as unknown as KubeClient
  const log = makeLogger({ component: 'test', level: 'debug', write: line => void logLines.push(line) })
  const options: CertificateOptions = {
    client,
    log,
    clock: systemClock,
    secret: { namespace: 'sluice', name: 'test' },
    dnsNames: rules.dnsNames,
  }
  return { options, writes: () => version }
}

test('two replicas that start at once end up with the same pair', async () => {
  const { options, writes } = secretStore()
  const keepers = await Promise.all([ensureCertificates(options), ensureCertificates(options)])
  for (const keeper of keepers) keeper.stop()
  assert.deepEqual(keepers[0]?.current(), keepers[1]?.current())
  assert.equal(writes(), 1)
})

test('a TLS client that trusts the bundle accepts the server by its name, and no other name', async () => {
  const keeper = await ensureCertificates(secretStore().options)
  keeper.stop()
  const { caBundle, cert, key } = keeper.current()
  const server = createServer({ cert, key }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const handshake = (servername: string) =>
    new Promise<string>(resolve => {
      const socket = connect({ port, host: '127.0.0.1', ca: caBundle, servername }, () => {
        resolve('accepted')
        socket.destroy()
      })
      socket.on('error', error => resolve(error.message))
    })
  assert.equal(await handshake('webhook.sluice.svc'), 'accepted')
  assert.match(await handshake('other.sluice.svc'), /altnames/)
  server.close()
})

test('nothing changes while the pair is young', async () => {
  const first = await nextContent(undefined, rules, T0)
  assert.equal(await nextContent(first, rules, T0 + 200 * DAY), first)
})

test('a serving certificate past seven tenths of its life is made anew by the same authority', async () => {
  const first = await nextContent(undefined, rules, T0)
  const next = await nextContent(first, rules, T0 + 260 * DAY)
  assert.equal(next.bundle, first.bundle)
  assert.notEqual(next.serving.cert, first.serving.cert)
  assert.ok(new X509Certificate(next.serving.cert).checkHost('webhook.sluice.svc'))
})

test('an authority near its end: the new one joins the bundle first, the certificate follows when it is trusted', async () => {
  const late = T0 + 2600 * DAY
  const first = await nextContent(undefined, rules, T0)
  const young = { ...first, serving: await makeServing({ cert: first.bundle, key: first.authorityKey }, rules.dnsNames, late) }
  const joined = await nextContent(young, rules, late)
  assert.equal(splitBundle(joined.bundle).length, 2)
  assert.equal(joined.serving.cert, young.serving.cert)
  assert.equal(await nextContent(joined, rules, late + 59_000), joined)
  const switched = await nextContent(joined, rules, late + 60_000)
  assert.notEqual(switched.serving.cert, young.serving.cert)
  const newest = new X509Certificate(splitBundle(switched.bundle)[0] ?? '')
  assert.ok(new X509Certificate(switched.serving.cert).verify(newest.publicKey))
  assert.equal(splitBundle(switched.bundle).length, 2)
})

test('a name that was added gets a new certificate', async () => {
  const first = await nextContent(undefined, rules, T0)
  const next = await nextContent(first, { ...rules, dnsNames: [...rules.dnsNames, 'new.sluice.svc'] }, T0)
  assert.ok(new X509Certificate(next.serving.cert).checkHost('new.sluice.svc'))
})

test('a Secret with garbage in it is made anew', async () => {
  const next = await nextContent({ bundle: 'x', authorityKey: 'y', serving: { cert: '', key: '' }, trustedAt: 0 }, rules, T0)
  assert.ok(new X509Certificate(next.serving.cert).checkHost('webhook.sluice.svc'))
})

test('no private key is ever in the log', async () => {
  const lines: string[] = []
  const keeper = await ensureCertificates(secretStore(lines).options)
  keeper.stop()
  assert.ok(!lines.join('\n').includes('PRIVATE KEY'))
})
