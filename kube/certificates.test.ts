import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../api/kubernetes.ts'
import { makeServing, splitBundle } from './certificate-pair.ts'
import { type CertificateOptions, ensureCertificates, nextContent } from './certificates.ts'
import type { KubeClient } from './client.ts'
import { systemClock } from './clock.ts'
import { ApiError } from './errors.ts'
import { makeLogger } from './log.ts'
import { makeFakeClock } from './testing/fake-clock.ts'

const DAY = 24 * 60 * 60 * 1000
const T0 = Date.parse('2026-01-01T00:00:00Z')
const rules = {
  dnsNames: ['webhook.sluice.svc', 'webhook.sluice.svc.cluster.local'],
  name: 'test',
  trustMs: 60_000,
  retireMs: DAY,
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

test('the old authority leaves the bundle a day after its last pair was replaced', async () => {
  const late = T0 + 2600 * DAY
  const first = await nextContent(undefined, rules, T0)
  const joined = await nextContent(first, rules, late)
  const switched = await nextContent(joined, rules, late + 60_000)
  assert.equal(await nextContent(switched, rules, late + DAY), switched)
  const retired = await nextContent(switched, rules, late + DAY + 60_000)
  assert.deepEqual(splitBundle(retired.bundle), splitBundle(joined.bundle).slice(0, 1))
  assert.equal(retired.serving.cert, switched.serving.cert)
})

test('a pair that is old or lacks a name waits until the newest authority is trusted, one that has ended does not', async () => {
  const late = T0 + 2600 * DAY
  const first = await nextContent(undefined, rules, T0)
  const authority = { cert: first.bundle, key: first.authorityKey }
  const more = { ...rules, dnsNames: [...rules.dnsNames, 'new.sluice.svc'] }
  const old = { ...first, serving: await makeServing(authority, rules.dnsNames, late - 300 * DAY) }
  const joined = await nextContent(old, more, late)
  assert.equal(await nextContent(joined, more, late + 59_000), joined)
  assert.ok(new X509Certificate((await nextContent(joined, more, late + 60_000)).serving.cert).checkHost('new.sluice.svc'))
  const ended = await nextContent({ ...first, serving: await makeServing(authority, rules.dnsNames, T0) }, rules, late)
  assert.notEqual((await nextContent(ended, rules, late)).serving.cert, ended.serving.cert)
})

test('an address among the names is one that a client may ask for', async () => {
  const content = await nextContent(undefined, { ...rules, dnsNames: ['a.svc', '127.0.0.9'] }, T0)
  assert.equal(new X509Certificate(content.serving.cert).checkIP('127.0.0.9'), '127.0.0.9')
  assert.equal(await nextContent(content, { ...rules, dnsNames: ['a.svc', '127.0.0.9'] }, T0), content)
})

test('two replicas go through a whole rotation together, by the clock they are given', async () => {
  const clock = makeFakeClock(T0)
  const { options } = secretStore()
  const keepers = await Promise.all([ensureCertificates({ ...options, clock }), ensureCertificates({ ...options, clock })])
  const seen = keepers.map(keeper => {
    const changes: number[] = []
    keeper.onChange(() => {
      throw new Error('a broken handler')
    })
    keeper.onChange(({ caBundle }) => changes.push(splitBundle(caBundle).length))
    return changes
  })
  const generation = async (ms: number, authorities: number) => {
    clock.jump(ms)
    const isThere = () =>
      seen.every(changes => changes.at(-1) === authorities) && isDeepStrictEqual(keepers[0]?.current(), keepers[1]?.current())
    for (let tries = 0; tries < 100 && !isThere(); tries += 1) {
      await clock.advance(60_000)
      // Keys are made by other threads, which the fake clock does not wait for.
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    assert.ok(isThere())
  }
  await generation(2600 * DAY, 2)
  await generation(2 * DAY, 1)
  for (const keeper of keepers) keeper.stop()
  assert.equal(clock.pending(), 0)
  // A bundle of two, then another pair under it (unless the old one had ended), then a bundle of one.
  for (const changes of seen) assert.match(changes.join(), /^2(,2)*,1$/)
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
