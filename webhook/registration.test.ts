import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { KubeClient } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import { makeFakeClock } from '../kube/testing/fake-clock.ts'
import { DEFAULT_TARGET, type MutatingWebhookConfiguration, makeMutatingWebhookConfiguration } from './manifests.ts'
import { startRegistration, trustOps, trusts } from './registration.ts'
import { SILENT } from './testing/client.ts'
import { applyPatch } from './testing/objects.ts'

const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
const [OLD, NEW] = [pem('b2xk'), pem('bmV3')]

const bundlesOf = (configuration: MutatingWebhookConfiguration | undefined): readonly string[] =>
  (configuration?.webhooks ?? []).map(one => Buffer.from(one.clientConfig.caBundle ?? '', 'base64').toString())

/** An API server that knows one object, and counts what is written. */
const makeServer = (start?: MutatingWebhookConfiguration) => {
  const state = { object: start, writes: 0, failures: 0, made: [] as string[] }
  const notUsed = () => Promise.reject(new Error('not used'))
  const client: KubeClient = {
    get: async <T>() => {
      if (state.failures-- > 0) throw new ApiError({ status: 500, reason: 'InternalError', message: 'out of order' })
      if (state.object === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: 'not found' })
      return state.object as T
    },
    create: async <T>({ kind }: { readonly kind: string }, object: T) => {
      state.writes += 1
      state.made.push(kind)
      if (kind === 'MutatingWebhookConfiguration') state.object = object as MutatingWebhookConfiguration & T
      return object
    },
    patch: async <T>(_resource: unknown, _ref: unknown, _type: unknown, ops: unknown) => {
      state.writes += 1
      state.object = applyPatch(state.object, ops as readonly JsonPatchOp[])
      return state.object as T
    },
    list: notUsed,
    delete: notUsed,
    raw: notUsed,
    watch: () => {
      throw new Error('not used')
    },
  }
  return { state, client }
}

const applied = (caBundle?: string): MutatingWebhookConfiguration => {
  const made = makeMutatingWebhookConfiguration({ ...DEFAULT_TARGET, ...(caBundle === undefined ? {} : { caBundle }) })
  return { ...made, metadata: { ...made.metadata, resourceVersion: '7' } }
}

const start = (server: ReturnType<typeof makeServer>, bundle: () => string, create = false) => {
  const clock = makeFakeClock()
  const registration = startRegistration({ client: server.client, bundle, target: DEFAULT_TARGET, create, clock, log: SILENT })
  return { clock, registration }
}

test('a bundle is trusted when every webhook has all of its certificates, however the text is broken into lines', () => {
  assert.equal(trusts(applied(OLD + NEW), NEW.replaceAll('\n', '\r\n')), true)
  assert.equal(trusts(applied(OLD), OLD + NEW), false)
  assert.equal(trusts(applied(), ''), false)
})

test('a second authority of another replica is left alone, unless ours changed', () => {
  assert.deepEqual(trustOps(applied(OLD + NEW), OLD, { exact: false }), [])
  const value = Buffer.from(NEW).toString('base64')
  assert.deepEqual(trustOps(applied(OLD + NEW), NEW, { exact: true }), [
    { op: 'test', path: '/metadata/resourceVersion', value: '7' },
    { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value },
    { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value },
  ])
  assert.deepEqual(trustOps(applied(NEW), NEW, { exact: true }), [])
})

test('an applied configuration without an authority gets ours, once', async () => {
  const server = makeServer(applied())
  const { clock, registration } = start(server, () => NEW)
  await clock.advance(60_000)
  assert.deepEqual(bundlesOf(server.state.object), [NEW, NEW, NEW])
  assert.deepEqual([server.state.writes, registration.isTrusted()], [1, true])
  registration.stop()
})

test('a configuration that is applied again without the authority gets it back', async () => {
  const server = makeServer(applied(NEW))
  const { clock, registration } = start(server, () => NEW)
  await clock.advance(1)
  server.state.object = applied()
  await clock.advance(11_000)
  assert.deepEqual(bundlesOf(server.state.object), [NEW, NEW, NEW])
  registration.stop()
})

test('a missing configuration is waited for, or made with its guard when that is asked for', async () => {
  const waiting = makeServer()
  const one = start(waiting, () => NEW)
  await one.clock.advance(5_000)
  assert.deepEqual([waiting.state.writes, one.registration.isTrusted()], [0, false])
  waiting.state.object = applied()
  await one.clock.advance(3_000)
  assert.equal(one.registration.isTrusted(), true)
  one.registration.stop()
  const making = makeServer()
  const two = start(making, () => NEW, true)
  await two.clock.advance(1)
  assert.deepEqual(bundlesOf(making.state.object), [NEW, NEW, NEW])
  assert.deepEqual(making.state.made, [
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
  ])
  two.registration.stop()
})

test('an API server that is out of order is asked again, and we are not trusted meanwhile', async () => {
  const server = makeServer(applied(NEW))
  server.state.failures = 3
  const { clock, registration } = start(server, () => NEW)
  await clock.advance(1)
  assert.equal(registration.isTrusted(), false)
  await clock.advance(4_000)
  assert.equal(registration.isTrusted(), true)
  registration.stop()
})

test('two replicas that learn of a new authority one after the other agree in the end', async () => {
  const server = makeServer(applied(OLD))
  let [first, second] = [OLD, OLD]
  const a = start(server, () => first)
  const b = start(server, () => second)
  const pass = async (ms: number): Promise<void> => {
    await a.clock.advance(ms)
    await b.clock.advance(ms)
  }
  await pass(1)
  first = OLD + NEW
  a.registration.renew()
  await pass(30_000)
  assert.deepEqual(bundlesOf(server.state.object), [OLD + NEW, OLD + NEW, OLD + NEW])
  second = OLD + NEW
  b.registration.renew()
  await pass(1)
  const writes = server.state.writes
  first = NEW
  a.registration.renew()
  await pass(1)
  second = NEW
  b.registration.renew()
  await pass(30_000)
  assert.deepEqual(bundlesOf(server.state.object), [NEW, NEW, NEW])
  assert.ok(server.state.writes - writes <= 3, `${server.state.writes - writes} writes`)
  a.registration.stop()
  b.registration.stop()
})

test('where somebody else puts the authority in it is only looked for', async () => {
  const server = makeServer(applied(OLD))
  const clock = makeFakeClock()
  let bundle = NEW
  const registration = startRegistration({
    client: server.client,
    bundle: () => bundle,
    target: DEFAULT_TARGET,
    create: false,
    readOnly: true,
    clock,
    log: SILENT,
  })
  await clock.advance(1)
  assert.equal(registration.isTrusted(), false)
  bundle = OLD
  await clock.advance(2_000)
  assert.equal(registration.isTrusted(), true)
  // An issuer that does not tell its authority: all that can be seen is that somebody is trusted.
  bundle = ''
  await clock.advance(20_000)
  assert.equal(registration.isTrusted(), true)
  assert.equal(server.state.writes, 0)
  registration.stop()
})
