import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request as httpsRequest } from 'node:https'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { answerOf, aReview, type Running, type SendOptions, startWebhook } from './testing/client.ts'
import { aDeployment, OPTED_IN } from './testing/objects.ts'

let webhook: Running
before(async () => {
  webhook = await startWebhook()
})
after(() => webhook.stop())

const update = aReview({ operation: 'UPDATE', oldObject: aDeployment(), object: aDeployment({ image: 'web:v2' }) })

test('a new template is answered with its patch, the uid and no trace of the framework', async () => {
  const answer = await webhook.send(update)
  const response = answerOf(answer)
  assert.equal(answer.status, 200)
  assert.equal(response.uid, 'e1')
  assert.equal(response.allowed, true)
  assert.equal(response.patchType, 'JSONPatch')
  const patch = JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString())
  assert.deepEqual(
    patch.map((op: { path: string }) => op.path),
    [
      '/metadata/annotations/sluice.dev~1saved',
      '/spec/paused',
      '/spec/strategy',
      '/spec/revisionHistoryLimit',
      '/spec/progressDeadlineSeconds',
    ],
  )
  assert.equal(response.auditAnnotations?.decision, 'hold')
  assert.equal(answer.headers['x-powered-by'], undefined)
  assert.equal(answer.headers['etag'], undefined)
})

const garbage: readonly {
  readonly name: string
  readonly body: string
  readonly options?: SendOptions
  readonly status: number
  readonly message: RegExp
}[] = [
  { name: 'truncated JSON', body: update.slice(0, 300), status: 400, message: /^body: / },
  { name: 'an empty body', body: '', status: 400, message: /^apiVersion: nothing is not supported/ },
  { name: 'a body of null', body: 'null', status: 400, message: /^body: / },
  { name: 'a list', body: '[]', status: 400, message: /^body: \[\] is not an AdmissionReview object/ },
  {
    name: 'another content type',
    body: update,
    options: { contentType: 'text/plain' },
    status: 415,
    message: /^Content-Type: "text\/plain" is not supported/,
  },
  { name: 'no content type', body: update, options: { contentType: null }, status: 415, message: /^Content-Type: "nothing"/ },
  {
    name: 'an unknown charset',
    body: update,
    options: { contentType: 'application/json; charset=klingon' },
    status: 415,
    message: /^body: /,
  },
  {
    name: 'another version of the review',
    body: update.replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1'),
    status: 400,
    message: /^apiVersion: "admission.k8s.io\/v1beta1"/,
  },
  { name: 'no uid', body: aReview({ uid: undefined }), status: 400, message: /^request\.uid: nothing/ },
  { name: 'another method', body: '', options: { method: 'GET' }, status: 405, message: /^GET is not supported, must be POST/ },
  {
    name: 'another path',
    body: update,
    options: { path: '/validate' },
    status: 404,
    message: /^\/validate is not served, must be \/mutate/,
  },
  { name: 'a body of 9 MB', body: JSON.stringify('x'.repeat(9_000_000)), status: 413, message: /^body: larger than 8mb/ },
]

for (const { name, body, options, status, message } of garbage)
  test(`${name} is refused with ${status} and a valid answer`, async () => {
    const answer = await webhook.send(body, options)
    assert.equal(answer.status, status, answer.body)
    const response = answerOf(answer)
    assert.equal(response.allowed, false)
    assert.equal(response.status?.code, status)
    assert.match(response.status?.message ?? '', message)
  })

test('a review with a wrong version is answered with its own uid', async () => {
  assert.equal(answerOf(await webhook.send(update.replace('admission.k8s.io/v1', 'v2'))).uid, 'e1')
})

test('a body of 5 MB is reviewed', async () => {
  const object = aDeployment({ annotations: { ...OPTED_IN, note: 'x'.repeat(5_000_000) } })
  const answer = await webhook.send(aReview({ object }))
  assert.equal(answer.status, 200)
  assert.equal(answerOf(answer).allowed, true)
})

test('a review for a foreign kind is allowed untouched', async () => {
  const response = answerOf(
    await webhook.send(aReview({ kind: { group: 'batch', version: 'v1', kind: 'Job' }, object: { spec: 1 } })),
  )
  assert.deepEqual([response.allowed, response.patch], [true, undefined])
})

test('100 reviews at once are all answered, each with its uid', async () => {
  const uids = Array.from({ length: 100 }, (_, i) => `u${i}`)
  const answers = await Promise.all(
    uids.map(uid => webhook.send(aReview({ uid, object: aDeployment({ annotations: OPTED_IN }) }))),
  )
  assert.deepEqual(
    answers.map(answer => answerOf(answer).uid),
    uids,
  )
})

test('bytes that are no HTTP request are refused and the connection ends', async () => {
  const socket = connect({ host: '127.0.0.1', port: webhook.server.port, ca: webhook.authority.caBundle })
  await once(socket, 'secureConnect')
  socket.end('PRI * HTTP/9\r\n\r\n')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  assert.match(answer, /^HTTP\/1\.1 400 /)
})

test('the webhook works on after all of that, and has counted it', async () => {
  assert.equal((await webhook.send(update)).status, 200)
  const text = await webhook.metrics.registry.metrics()
  assert.match(text, /sluice_webhook_requests_total\{kind="Deployment",decision="hold"\} 2/)
  assert.match(text, /sluice_webhook_requests_total\{kind="other",decision="pass"\} 1/)
  assert.match(text, /sluice_webhook_request_duration_seconds_bucket/)
})

test('a fault of our own is answered with the uid and 500, and says nothing of its inside', async () => {
  const broken = await startWebhook({
    judge: () => {
      throw new Error('secret detail')
    },
  })
  try {
    const answer = await broken.send(update)
    const response = answerOf(answer)
    assert.deepEqual([answer.status, response.uid, response.allowed, response.status?.code], [500, 'e1', false, 500])
    assert.doesNotMatch(answer.body, /secret detail/)
  } finally {
    await broken.stop()
  }
})

test('a certificate is replaced under load without a failed request, and new connections see the new one', async () => {
  const running = await startWebhook()
  const serials = new Set<string>()
  const agents: Agent[] = []
  // A new connection for each request: every one of them is a handshake.
  const once1 = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: false, ca: running.authority.caBundle })
    agents.push(agent)
    agent.on('keylog', (_line, socket) =>
      socket.once('secureConnect', () => serials.add(socket.getPeerCertificate().serialNumber)),
    )
    assert.equal((await running.send(update, { agent })).status, 200)
  }
  try {
    let stop = false
    const load = Array.from({ length: 4 }, async () => {
      let sent = 0
      while (!stop) {
        await once1()
        sent += 1
      }
      return sent
    })
    const replaceFiveTimes = async (): Promise<void> => {
      for (let i = 0; i < 5; i += 1) {
        const seen = serials.size
        while (serials.size === seen) await once1()
        running.pair.replace(running.authority.issue())
      }
    }
    await replaceFiveTimes().finally(() => {
      stop = true
    })
    // All of them end before anything is taken down, so that a failure told here is the first one.
    const sent = await Promise.all(load)
    assert.ok(sent.every(count => count > 0))
    assert.ok(serials.size >= 5, `${serials.size} certificates were seen`)
  } finally {
    for (const agent of agents) agent.destroy()
    await running.stop()
  }
})

test('going down, it closes kept connections with their next answer, finishes what runs, and refuses what is new', async () => {
  const running = await startWebhook()
  const agent = new Agent({ keepAlive: true, ca: running.authority.caBundle, maxSockets: 1 })
  assert.notEqual((await running.send(update, { agent })).headers['connection'], 'close')
  running.server.releaseClients()
  const answer = await running.send(update, { agent })
  assert.deepEqual([answer.status, answer.headers['connection']], [200, 'close'])
  const half = httpsRequest({
    host: '127.0.0.1',
    port: running.server.port,
    path: '/mutate',
    method: 'POST',
    ca: running.authority.caBundle,
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(update), Expect: '100-continue' },
  })
  half.flushHeaders()
  await once(half, 'continue')
  const stopped = running.stop()
  half.end(update)
  const [response] = await once(half, 'response')
  assert.equal(response.statusCode, 200)
  response.resume()
  await stopped
  await assert.rejects(running.send(update, { agent }), /ECONNREFUSED/)
  agent.destroy()
})
