import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import type { Transport, WatchOptions } from './client.ts'
import { ApiError, IdleError, isAlreadyExists, isConflict, isGone, isNotFound } from './errors.ts'
import { clientOver } from './http-client.ts'
import { DEPLOYMENTS, NAMESPACES, PODS } from './resources.ts'
import { makeFakeClock } from './testing/fake-clock.ts'

type Sent = Parameters<Transport>[0]

async function* bytes(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
}

const collect = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** A transport that gives one answer to everything and keeps what was asked. */
const answering = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  const sent: Sent[] = []
  const transport: Transport = async request => {
    sent.push(request)
    return { status, headers, body: bytes(typeof body === 'string' ? body : JSON.stringify(body)) }
  }
  return { sent, client: clientOver(transport) }
}

const pod = (name: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', ...more },
})

test('paths name group, version, namespace, object and subresource', async () => {
  const { sent, client } = answering(200, pod('a'))
  await client.get(PODS, { namespace: 'shop', name: 'a' })
  await client.get(DEPLOYMENTS, { namespace: 'shop', name: 'we/b' })
  await client.get(NAMESPACES, { name: 'shop' })
  await client.create(PODS, pod('a'))
  await client.patch(DEPLOYMENTS, { namespace: 'shop', name: 'web' }, 'json', [], 'scale')
  assert.deepEqual(
    sent.map(request => `${request.method} ${request.path}`),
    [
      'GET /api/v1/namespaces/shop/pods/a',
      'GET /apis/apps/v1/namespaces/shop/deployments/we%2Fb',
      'GET /api/v1/namespaces/shop',
      'POST /api/v1/namespaces/shop/pods',
      'PATCH /apis/apps/v1/namespaces/shop/deployments/web/scale',
    ],
  )
  await assert.rejects(client.get(PODS, { name: 'a' }), /Pod a: a namespace is needed/)
  await assert.rejects(client.get(PODS, { namespace: 'shop', name: '' }), /Pod: a name is needed/)
})

test('each kind of patch has its content type and undefined is left out of its body', async () => {
  const { sent, client } = answering(200, pod('a'))
  for (const type of ['merge', 'json', 'strategic'] as const)
    await client.patch(PODS, { namespace: 'shop', name: 'a' }, type, { spec: { a: null, b: undefined } })
  assert.deepEqual(
    sent.map(request => request.headers?.['content-type']),
    ['application/merge-patch+json', 'application/json-patch+json', 'application/strategic-merge-patch+json'],
  )
  assert.equal(sent[0]?.body, '{"spec":{"a":null}}')
})

test('a list is asked for with its options and its items get apiVersion and kind', async () => {
  const { sent, client } = answering(200, {
    kind: 'PodList',
    metadata: { resourceVersion: '7', continue: 'next' },
    items: [{ metadata: { name: 'a' }, future: 1 }],
  })
  const list = await client.list(PODS, { namespace: 'shop', labelSelector: 'app=web,tier!=x', limit: 500 })
  assert.equal(sent[0]?.path, '/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb%2Ctier%21%3Dx&limit=500')
  assert.deepEqual(list, {
    metadata: { resourceVersion: '7', continue: 'next' },
    items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, future: 1 }],
  })
})

test('a delete carries uid and propagation', async () => {
  const { sent, client } = answering(200, { kind: 'Status', status: 'Success' })
  await client.delete(PODS, { namespace: 'shop', name: 'a' }, { uid: 'u', propagation: 'Foreground', gracePeriodSeconds: 0 })
  assert.deepEqual(JSON.parse(sent[0]?.body ?? ''), {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: 'u' },
    propagationPolicy: 'Foreground',
    gracePeriodSeconds: 0,
  })
})

const refusal = async (status: number, body: unknown, headers: Record<string, string> = {}): Promise<ApiError> => {
  const { client } = answering(status, body, headers)
  const error = await client.get(PODS, { namespace: 'shop', name: 'a' }).catch(caught => caught)
  assert.ok(error instanceof ApiError)
  return error
}

test('a refusal carries status, reason, message and the wait that was asked for', async () => {
  const conflict = await refusal(409, { kind: 'Status', reason: 'Conflict', message: 'changed' })
  assert.equal(conflict.message, 'GET /api/v1/namespaces/shop/pods/a: changed')
  assert.ok(isConflict(conflict) && !isAlreadyExists(conflict))
  const exists = await refusal(409, { kind: 'Status', reason: 'AlreadyExists' })
  assert.ok(isAlreadyExists(exists) && !isConflict(exists))
  const page = await refusal(404, '<html>no such page')
  assert.ok(isNotFound(page))
  assert.deepEqual([page.reason, page.message], ['NotFound', 'GET /api/v1/namespaces/shop/pods/a: <html>no such page'])
  assert.equal((await refusal(429, {}, { 'retry-after': '3' })).retryAfterMs, 3000)
  assert.equal((await refusal(503, { kind: 'Status', details: { retryAfterSeconds: 2 } })).retryAfterMs, 2000)
  assert.ok(((await refusal(429, {}, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() })).retryAfterMs ?? 0) > 10_000)
  assert.equal((await refusal(500, '')).retryAfterMs, undefined)
})

test('an answer that is no object is an error that quotes it', async () => {
  await assert.rejects(answering(200, 'null').client.get(PODS, { namespace: 'a', name: 'b' }), /not a Kubernetes object: null/)
  await assert.rejects(answering(200, '{"a"').client.get(PODS, { namespace: 'a', name: 'b' }), /not JSON: "{\\"a\\""/)
  await assert.rejects(answering(200, '{"metadata":{}}').client.list(PODS), /no resourceVersion/)
})

test('a call that gets no answer ends at its time, even over a transport that ignores the signal', async () => {
  const clock = makeFakeClock()
  const client = clientOver(() => new Promise(() => {}), { clock, requestTimeoutMs: 1000 })
  const call = client.get(PODS, { namespace: 'shop', name: 'a' })
  const rejected = assert.rejects(call, { name: 'TimeoutError', message: /no whole answer within 1000 ms/ })
  await clock.advance(1000)
  await rejected
  assert.equal(clock.pending(), 0)
})

const watchOptions = (signal: AbortSignal = new AbortController().signal): WatchOptions => ({
  resourceVersion: '5',
  timeoutSeconds: 300,
  idleMs: 1000,
  signal,
})

test('a watch joins lines and characters that were cut anywhere', async () => {
  const text = `${JSON.stringify({ type: 'ADDED', object: pod('a', { labels: { é: '💧' } }) })}\n\n${JSON.stringify({ type: 'BOOKMARK', object: pod('') })}\n`
  const whole = new TextEncoder().encode(text)
  for (const size of [1, 2, 3, 7, 1000]) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size))
    const client = clientOver(async () => ({ status: 200, headers: {}, body: bytes(...chunks) }))
    const events = await collect(client.watch(PODS, watchOptions()))
    assert.deepEqual(
      events.map(event => event.type),
      ['ADDED', 'BOOKMARK'],
    )
    assert.deepEqual(events[0]?.object.metadata.labels, { é: '💧' })
  }
})

test('a watch asks for bookmarks, from a version, for a time', async () => {
  const { sent, client } = answering(200, '')
  await collect(client.watch(PODS, { ...watchOptions(), labelSelector: 'a=b' }))
  assert.equal(
    sent[0]?.path,
    '/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=300&labelSelector=a%3Db',
  )
})

test('an ERROR event, a refusal and a bad line are thrown', async () => {
  const gone = JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } })
  const all = (status: number, text: string) => collect(answering(status, text).client.watch(PODS, watchOptions()))
  await assert.rejects(all(200, `${gone}\n`), isGone)
  await assert.rejects(all(410, '{}'), isGone)
  await assert.rejects(all(200, '{"type":"ADDED"}\n'), /not a watch event/)
  await assert.rejects(all(200, '{"type":\n'), /not JSON/)
})

test('a silent watch ends with IdleError and an aborted one quietly, over a transport that ignores the signal', async () => {
  const clock = makeFakeClock()
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(`${JSON.stringify({ type: 'ADDED', object: pod('a') })}\n`)
    await new Promise(() => {})
  }
  const client = clientOver(async () => ({ status: 200, headers: {}, body: silent() }), { clock })
  const rejected = assert.rejects(collect(client.watch(PODS, watchOptions())), IdleError)
  await clock.advance(1000)
  await rejected
  const abort = new AbortController()
  const events = collect(client.watch(PODS, watchOptions(abort.signal)))
  await clock.advance(500)
  abort.abort()
  assert.equal((await events).length, 1)
  assert.equal(clock.pending(), 0)
})

test('whoever leaves a watch early aborts its request and lets its body go', async () => {
  let signal: AbortSignal | undefined
  const released = Promise.withResolvers<void>()
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield* bytes(line, line)
    } finally {
      released.resolve()
    }
  }
  const line = `${JSON.stringify({ type: 'ADDED', object: pod('a') })}\n`
  const client = clientOver(async request => {
    signal = request.signal
    return { status: 200, headers: {}, body: body() }
  })
  for await (const _ of client.watch(PODS, watchOptions())) break
  assert.equal(signal?.aborted, true)
  await released.promise
})
