/** Every service against a server on loopback: what it sends, and what it does when that is not taken. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeHttpClient } from '../../analysis/providers/http.ts'
import { startWebServer, type WebServer } from '../../analysis/testing/web-server.ts'
import type { Clock } from '../../kube/clock.ts'
import { readConfig } from '../config.ts'
import { deliver } from '../deliver.ts'
import type { Notification } from '../message.ts'
import { SERVICES } from './registry.ts'

type Case = {
  readonly type: string
  readonly configKey: string
  readonly recipient: string
  readonly options: (origin: string) => object
  readonly notification: Notification
  readonly accepted: unknown
  /** Method and path, and the body or a part of it. */
  readonly sent: { readonly line: string; readonly body: unknown; readonly headers?: { readonly [name: string]: string } }
}

const CASES: readonly Case[] = [
  {
    type: 'slack',
    configKey: 'service.slack',
    recipient: 'releases',
    options: apiURL => ({ apiURL, token: '$token', username: 'Sluice', icon: ':rocket:' }),
    notification: { message: 'done', slack: { attachments: '[{"title": "web"}]' } },
    accepted: { ok: true },
    sent: {
      line: 'POST /chat.postMessage',
      headers: { authorization: 'Bearer hunter2' },
      body: { channel: 'releases', text: 'done', username: 'Sluice', icon_emoji: ':rocket:', attachments: [{ title: 'web' }] },
    },
  },
  {
    type: 'teams',
    configKey: 'service.teams',
    recipient: 'shop',
    options: origin => ({ recipientUrls: { shop: `${origin}/hook/$token` } }),
    notification: { message: 'done', teams: { title: 'web', facts: '[{"name": "a", "value": "b"}]' } },
    accepted: '1',
    sent: {
      line: 'POST /hook/hunter2',
      body: {
        '@type': 'MessageCard',
        '@context': 'https://schema.org/extensions',
        title: 'web',
        text: 'done',
        sections: [{ facts: [{ name: 'a', value: 'b' }] }],
      },
    },
  },
  {
    type: 'pagerdutyv2',
    configKey: 'service.pagerdutyv2',
    recipient: 'shop',
    options: apiURL => ({ apiURL, serviceKeys: { shop: '$token' } }),
    notification: { pagerdutyv2: { summary: 'web was rolled back', severity: 'critical', source: 'shop/web' } },
    accepted: { status: 'success' },
    sent: {
      line: 'POST /v2/enqueue',
      body: {
        routing_key: 'hunter2',
        event_action: 'trigger',
        payload: { summary: 'web was rolled back', severity: 'critical', source: 'shop/web' },
      },
    },
  },
  {
    type: 'webhook',
    configKey: 'service.webhook.ci',
    recipient: '',
    options: url => ({ url, headers: [{ name: 'X-Token', value: '$token' }] }),
    notification: { webhook: { ci: { method: 'post', path: '/done', body: '{"a": 1}' } } },
    accepted: '',
    sent: { line: 'POST /done', headers: { 'x-token': 'hunter2' }, body: { a: 1 } },
  },
]

/** Waits that are over at once, and noted. */
const makeQuickClock = () => {
  const waits: number[] = []
  const clock: Clock = {
    now: () => 0,
    setTimeout: (callback, ms) => {
      waits.push(ms)
      queueMicrotask(callback)
      return { cancel: () => undefined }
    },
  }
  return { waits, clock }
}

test('every service has a case here', () =>
  assert.deepEqual(
    CASES.map(({ type }) => type),
    SERVICES.map(({ type }) => type),
  ))

for (const one of CASES) {
  describe(`service ${one.type}`, () => {
    let server: WebServer
    const http = makeHttpClient()
    before(async () => {
      server = await startWebServer(() => ({ body: one.accepted }))
    })
    after(async () => {
      await http.close()
      await server.close()
    })
    const send = (
      options: object = one.options(server.origin),
      notification = one.notification,
      signal = new AbortController().signal,
    ) => {
      const config = readConfig({ [one.configKey]: JSON.stringify(options) }, { token: 'hunter2' })
      const service = one.configKey.split('.').at(-1) ?? ''
      const { clock, waits } = makeQuickClock()
      const sent = deliver(config, { service, recipient: one.recipient }, notification, { http, clock, signal })
      return sent.then(problem => ({ problem, waits }))
    }

    test('sends what the template says, with its secret', async () => {
      server.asked.length = 0
      assert.deepEqual(await send(), { problem: undefined, waits: [] })
      const [asked] = server.asked
      assert.equal(`${asked?.method} ${asked?.path}`, one.sent.line)
      assert.deepEqual(JSON.parse(asked?.body ?? ''), one.sent.body)
      for (const [name, value] of Object.entries(one.sent.headers ?? {})) assert.equal(asked?.headers[name], value)
    })
    test('tries again where the other side is busy, waiting longer each time', async () => {
      let left = 2
      server.setRespond(() => (left-- > 0 ? { status: 503 } : { body: one.accepted }))
      assert.deepEqual(await send(), { problem: undefined, waits: [1000, 2000] })
    })
    test('gives up after five tries, and its reason holds no secret', async () => {
      server.asked.length = 0
      server.setRespond(() => ({ status: 500, body: 'cannot read hunter2' }))
      const { problem } = await send()
      assert.equal(server.asked.length, 5)
      assert.deepEqual(problem, { problem: 'answered 500: cannot read *****' })
    })
    test('does not try again what was refused', async () => {
      server.asked.length = 0
      server.setRespond(() => ({ status: 403, body: 'no' }))
      assert.deepEqual(await send(), { problem: { problem: 'answered 403: no' }, waits: [] })
      assert.equal(server.asked.length, 1)
    })
    test('waits for nothing more when the process is to end', async () => {
      server.asked.length = 0
      server.setRespond(() => ({ status: 503 }))
      await send(undefined, undefined, AbortSignal.abort())
      assert.equal(server.asked.length, 1)
    })
    test('says that nobody is there without the address', async () => {
      const { problem } = await send(one.options('http://127.0.0.1:1'))
      assert.deepEqual(problem, { problem: 'the request failed (ECONNREFUSED)' })
    })
    test('says what is missing in its configuration', async () => {
      const { problem } = await send({})
      assert.match(problem?.problem ?? '', /^(token|recipientUrls|serviceKeys|url) /)
    })
  })
}

test('Slack can refuse with a good status', async () => {
  const server = await startWebServer(() => ({ body: { ok: false, error: 'channel_not_found' } }))
  const http = makeHttpClient()
  const config = readConfig({ 'service.slack': JSON.stringify({ apiURL: server.origin, token: 'a' }) }, {})
  const { clock } = makeQuickClock()
  const telling = deliver(
    config,
    { service: 'slack', recipient: 'x' },
    { message: 'm' },
    { http, clock, signal: new AbortController().signal },
  )
  assert.deepEqual(await telling, { problem: 'Slack says channel_not_found' })
  await http.close()
  await server.close()
})

test('a service that is not configured, and one of a kind that is not there, are named', async () => {
  const config = readConfig({ 'service.nats': '{}' }, {})
  const http = makeHttpClient()
  const { clock } = makeQuickClock()
  const to = (service: string) =>
    deliver(config, { service, recipient: '' }, {}, { http, clock, signal: new AbortController().signal })
  assert.deepEqual(await to('slack'), { problem: 'service.slack is not in the ConfigMap' })
  assert.match(
    (await to('nats'))?.problem ?? '',
    /^service\.nats is not supported, must be one of slack, teams, pagerdutyv2, webhook$/,
  )
  await http.close()
})
