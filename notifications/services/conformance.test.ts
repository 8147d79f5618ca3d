/** Every service against a server on loopback: what it sends, and what it does when that is not taken. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeHttpClient } from '../../analysis/providers/http.ts'
import { startWebServer } from '../../analysis/testing/web-server.ts'
import type { Clock } from '../../kube/clock.ts'
import { readConfig } from '../config.ts'
import { deliver } from '../deliver.ts'
import { makeMailSender } from '../mail.ts'
import type { Notification } from '../message.ts'
import { startMailServer } from '../testing/mail-server.ts'
import { email } from './email.ts'
import { SERVICES } from './registry.ts'

/** The other side of a service, on loopback. */
type Backend = {
  readonly options: object
  /** Authority to trust, for mail. */
  readonly ca?: string
  /** What of it the service sent last, in the form of the case. */
  readonly sent: () => unknown
  readonly tries: () => number
  /** What it says from now on; undefined: it takes everything. How many times; then it takes. */
  readonly say: (code: number | undefined, text?: string, times?: number) => void
  readonly close: () => Promise<void>
}

type Case = {
  readonly type: string
  readonly configKey: string
  readonly recipient: string
  readonly start: () => Promise<Backend>
  /** Options with which nobody is there. */
  readonly nobody: object
  readonly notification: Notification
  /** Codes for: come again, and no. */
  readonly busy: number
  readonly refused: number
  readonly sent: unknown
}

type HttpCase = {
  readonly options: (origin: string) => object
  readonly accepted: unknown
  /** Names of headers that count. */
  readonly headers?: readonly string[]
}

const startHttp = async ({ options, accepted, headers = [] }: HttpCase): Promise<Backend> => {
  const server = await startWebServer(() => ({ body: accepted }))
  return {
    options: options(server.origin),
    sent: () => {
      const [asked] = server.asked.slice(-1)
      const given = headers.map(name => [name, asked?.headers[name]] as const)
      return {
        line: `${asked?.method} ${asked?.path}`,
        body: JSON.parse(asked?.body ?? ''),
        ...(given.length > 0 && { headers: Object.fromEntries(given) }),
      }
    },
    tries: () => server.asked.length,
    say: (code, text = '', times = Number.POSITIVE_INFINITY) => {
      let left = times
      server.setRespond(() => {
        left -= 1
        return code === undefined || left < 0 ? { body: accepted } : { status: code, body: text }
      })
    },
    close: server.close,
  }
}

const overHttp = (http: HttpCase) => ({
  start: () => startHttp(http),
  nobody: http.options('http://127.0.0.1:1'),
  busy: 503,
  refused: 403,
})

const MAIL = { host: 'localhost', username: 'me', password: '$token', from: 'rollouts@example.com' }

const startMail = async (): Promise<Backend> => {
  const server = await startMailServer({ login: 'me:hunter2' })
  return {
    options: { ...MAIL, port: server.port },
    ca: server.ca,
    sent: () => {
      const { from, to, source, login } = server.received.at(-1) ?? assert.fail('no mail came')
      const [head = '', body = ''] = source.split('\r\n\r\n')
      return { from, to, login, subject: /^Subject: (.*)$/m.exec(head)?.[1], body: body.trim() }
    },
    tries: server.tries,
    say: (code, text = '', times = Number.POSITIVE_INFINITY) => {
      let left = times
      server.refuseSender(() => {
        left -= 1
        return code === undefined || left < 0 ? undefined : { code, text }
      })
    },
    close: server.close,
  }
}

const CASES: readonly Case[] = [
  {
    type: 'slack',
    configKey: 'service.slack',
    recipient: 'releases',
    ...overHttp({
      options: apiURL => ({ apiURL, token: '$token', username: 'Sluice', icon: ':rocket:' }),
      accepted: { ok: true },
      headers: ['authorization'],
    }),
    notification: { message: 'done', slack: { attachments: '[{"title": "web"}]' } },
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
    ...overHttp({ options: origin => ({ recipientUrls: { shop: `${origin}/hook/$token` } }), accepted: '1' }),
    notification: { message: 'done', teams: { title: 'web', facts: '[{"name": "a", "value": "b"}]' } },
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
    ...overHttp({ options: apiURL => ({ apiURL, serviceKeys: { shop: '$token' } }), accepted: { status: 'success' } }),
    notification: { pagerdutyv2: { summary: 'web was rolled back', severity: 'critical', source: 'shop/web' } },
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
    ...overHttp({
      options: url => ({ url, headers: [{ name: 'X-Token', value: '$token' }] }),
      accepted: '',
      headers: ['x-token'],
    }),
    notification: { webhook: { ci: { method: 'post', path: '/done', body: '{"a": 1}' } } },
    sent: { line: 'POST /done', headers: { 'x-token': 'hunter2' }, body: { a: 1 } },
  },
  {
    type: 'email',
    configKey: 'service.email',
    recipient: 'ann@example.com',
    start: startMail,
    nobody: { ...MAIL, host: '127.0.0.1', port: 1 },
    busy: 451,
    refused: 550,
    notification: { message: 'web is done', email: { subject: 'done' } },
    sent: { from: 'rollouts@example.com', to: ['ann@example.com'], login: 'me:hunter2', subject: 'done', body: 'web is done' },
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
    let backend: Backend
    const http = makeHttpClient()
    before(async () => {
      backend = await one.start()
    })
    after(async () => {
      await http.close()
      await backend.close()
    })
    const send = async (options: object = backend.options, signal = new AbortController().signal) => {
      const config = readConfig({ [one.configKey]: JSON.stringify(options) }, { token: 'hunter2' })
      const service = one.configKey.split('.').at(-1) ?? ''
      const { clock, waits } = makeQuickClock()
      const mail = makeMailSender(backend.ca === undefined ? {} : { ca: backend.ca })
      const before = backend.tries()
      const problem = await deliver(config, { service, recipient: one.recipient }, one.notification, {
        http,
        mail,
        clock,
        signal,
      })
      return { problem, waits, tries: backend.tries() - before }
    }

    test('sends what the template says, with its secret', async () => {
      backend.say(undefined)
      assert.deepEqual(await send(), { problem: undefined, waits: [], tries: 1 })
      assert.deepEqual(backend.sent(), one.sent)
    })
    test('tries again where the other side is busy, waiting longer each time', async () => {
      backend.say(one.busy, 'later', 2)
      assert.deepEqual(await send(), { problem: undefined, waits: [1000, 2000], tries: 3 })
    })
    test('gives up after five tries, and its reason holds no secret', async () => {
      backend.say(one.busy, 'cannot read hunter2')
      const problem = { problem: `answered ${one.busy}: cannot read *****` }
      assert.deepEqual(await send(), { problem, waits: [1000, 2000, 4000, 8000], tries: 5 })
    })
    test('does not try again what was refused', async () => {
      backend.say(one.refused, 'no')
      assert.deepEqual(await send(), { problem: { problem: `answered ${one.refused}: no` }, waits: [], tries: 1 })
    })
    test('waits for nothing more when the process is to end', async () => {
      backend.say(one.busy, 'later')
      assert.equal((await send(undefined, AbortSignal.abort())).tries, 1)
    })
    test('says that nobody is there without the address', async () => {
      const { problem } = await send(one.nobody)
      assert.match(problem?.problem ?? '', /^the (request|connection) failed \(ECONNREFUSED\)$/)
    })
    test('says what is missing in its configuration', async () => {
      const { problem, tries } = await send({})
      assert.match(problem?.problem ?? '', /^(token|recipientUrls|serviceKeys|url|host) /)
      assert.equal(tries, 0)
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
    { http, mail: makeMailSender(), clock, signal: new AbortController().signal },
  )
  assert.deepEqual(await telling, { problem: 'Slack says channel_not_found' })
  await http.close()
  await server.close()
})

test('the options of e-mail are checked, and say what is allowed', () => {
  const made = (options: object, recipient = 'ann@example.com', notification: Notification = { message: 'm' }) =>
    email.mail({ name: 'email', options: { host: 'mail', from: 'a@example.com', ...options }, recipient, notification })
  const wrong = (options: object, recipient?: string) => {
    const answer = made(options, recipient)
    return 'problem' in answer ? answer.problem : ''
  }
  assert.match(wrong({ port: 'smtp' }), /^port must be a number from 1 to 65535, e\.g\. port: 587$/)
  assert.match(wrong({ port: 65_536 }), /^port must/)
  assert.match(wrong({ from: '' }), /^from is missing, e\.g\./)
  assert.match(wrong({}, ''), /^an address is missing/)
  const ports = [{}, { port: '465' }, { port: 25 }].map(options => {
    const mail = made(options)
    return 'problem' in mail ? mail.problem : [mail.port, mail.isTlsFromTheStart, mail.login]
  })
  assert.deepEqual(ports, [
    [587, false, undefined],
    [465, true, undefined],
    [25, false, undefined],
  ])
  const html = made({ html: true, insecure_skip_verify: true }, 'ann@example.com', { message: 'm', email: { body: '<b>' } })
  assert.ok('body' in html && html.isHtml && html.isInsecure && html.body === '<b>')
})

test('a service that is not configured, and one of a kind that is not there, are named', async () => {
  const config = readConfig({ 'service.nats': '{}' }, {})
  const http = makeHttpClient()
  const { clock } = makeQuickClock()
  const to = (service: string) =>
    deliver(config, { service, recipient: '' }, {}, { http, mail: makeMailSender(), clock, signal: new AbortController().signal })
  assert.deepEqual(await to('slack'), { problem: 'service.slack is not in the ConfigMap' })
  assert.match(
    (await to('nats'))?.problem ?? '',
    /^service\.nats is not supported, must be one of slack, teams, pagerdutyv2, webhook, email$/,
  )
  await http.close()
})
