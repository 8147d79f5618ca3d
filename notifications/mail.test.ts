/** Mail to a real server on loopback: how it gets there, and what a refusal means. */
import assert from 'node:assert/strict'
import type { LookupFunction } from 'node:net'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Mail, makeMailSender } from './mail.ts'
import { type MailServer, type MailServerOptions, startMailServer } from './testing/mail-server.ts'

const mailTo = (port: number, rest: Partial<Mail> = {}): Mail => ({
  host: 'localhost',
  port,
  isTlsFromTheStart: false,
  login: undefined,
  isInsecure: false,
  from: 'Sluice <rollouts@example.com>',
  to: 'ann@example.com',
  subject: 'web',
  body: 'done',
  isHtml: false,
  ...rest,
})
const LOGIN = { user: 'me', password: 'hunter2' }

const withServer = async (options: MailServerOptions, use: (server: MailServer) => Promise<void>): Promise<void> => {
  const server = await startMailServer(options)
  try {
    await use(server)
  } finally {
    await server.close()
  }
}

describe('a mail', () => {
  let server: MailServer
  before(async () => {
    server = await startMailServer()
  })
  after(() => server.close())
  const send = async (rest: Partial<Mail>) => {
    server.received.length = 0
    assert.equal(await makeMailSender({ ca: server.ca }).send(mailTo(server.port, rest)), undefined)
    const [received] = server.received
    assert.ok(received)
    return received
  }

  test('comes as a text from and to whom it says, encrypted by STARTTLS', async () => {
    const { from, to, source, isEncrypted } = await send({ to: 'ann@example.com, Bob <bob@example.com>' })
    assert.deepEqual(
      { from, to, isEncrypted },
      { from: 'rollouts@example.com', to: ['ann@example.com', 'bob@example.com'], isEncrypted: true },
    )
    assert.match(source, /^From: Sluice <rollouts@example\.com>\r$/m)
    assert.match(source, /^Content-Type: text\/plain/m)
    assert.match(source, /\r\n\r\ndone\r?\n?$/)
  })
  test('comes as HTML where that is asked for', async () => {
    assert.match((await send({ body: '<b>done</b>', isHtml: true })).source, /Content-Type: text\/html[\s\S]*<b>done<\/b>/)
  })
  test('can have any letters, and a subject makes no further head of its own', async () => {
    const { source, to } = await send({ subject: 'fertig: größer\r\nBcc: eve@example.com', body: '✓' })
    assert.deepEqual(to, ['ann@example.com'])
    assert.doesNotMatch(source, /^Bcc:/im)
    assert.match(source, /^Subject: =\?UTF-8\?/m)
  })
  test('is not sent to a server with a certificate that is not to be trusted, unless that is asked for', async () => {
    server.received.length = 0
    const stranger = makeMailSender()
    const refused = await stranger.send(mailTo(server.port))
    assert.match(refused?.problem ?? '', /the connection failed \(.*(CERT|VERIFY|ISSUER).*\)/)
    assert.equal(server.received.length, 0)
    assert.equal(await stranger.send(mailTo(server.port, { isInsecure: true })), undefined)
    assert.equal(server.received[0]?.isEncrypted, true)
  })
  test('that is no address is refused here', async () => {
    const refused = await makeMailSender({ ca: server.ca }).send(mailTo(server.port, { to: 'releases' }))
    assert.deepEqual(refused, { problem: 'from or the recipient is no address of e-mail', isWorthAnother: false })
  })
  test('is asked for again when the server says 4xx, and not when it says 5xx; no address is repeated', async () => {
    const sender = makeMailSender({ ca: server.ca })
    server.refuseRecipient(address => ({ code: 450, text: `mailbox <${address}> is busy` }))
    assert.deepEqual(await sender.send(mailTo(server.port)), {
      problem: 'answered 450: mailbox <…> is busy',
      isWorthAnother: true,
    })
    server.refuseRecipient(() => ({ code: 550, text: 'no such user here' }))
    assert.deepEqual(await sender.send(mailTo(server.port)), {
      problem: 'answered 550: no such user here',
      isWorthAnother: false,
    })
    server.refuseRecipient(() => undefined)
  })
  test('that some of the recipients have is not sent to the others again', async () => {
    server.received.length = 0
    server.refuseRecipient(address => (address.startsWith('eve') ? { code: 450, text: 'later' } : undefined))
    const outcome = await makeMailSender({ ca: server.ca }).send(mailTo(server.port, { to: 'ann@example.com, eve@example.com' }))
    server.refuseRecipient(() => undefined)
    assert.deepEqual(outcome, { problem: '1 of the recipients were refused', isWorthAnother: false })
    assert.deepEqual(server.received[0]?.to, ['ann@example.com'])
  })
})

describe('a login', () => {
  test('is with the user and password, once the connection is encrypted', () =>
    withServer({ login: 'me:hunter2' }, async server => {
      const sender = makeMailSender({ ca: server.ca })
      assert.equal(await sender.send(mailTo(server.port, { login: LOGIN })), undefined)
      assert.deepEqual([server.received[0]?.login, server.received[0]?.isEncrypted], ['me:hunter2', true])
    }))
  test('is with TLS from the start where the server has it so', () =>
    withServer({ login: 'me:hunter2', isSecure: true }, async server => {
      const sender = makeMailSender({ ca: server.ca })
      assert.equal(await sender.send(mailTo(server.port, { login: LOGIN, isTlsFromTheStart: true })), undefined)
      assert.equal(server.received[0]?.isEncrypted, true)
      const refused = await makeMailSender().send(mailTo(server.port, { login: LOGIN, isTlsFromTheStart: true }))
      assert.match(refused?.problem ?? '', /the connection failed \(.*(CERT|VERIFY|ISSUER).*\)/)
    }))
  test('that is wrong is not tried again, and nothing of it is in the reason', () =>
    withServer({ login: 'me:other' }, async server => {
      const outcome = await makeMailSender({ ca: server.ca }).send(mailTo(server.port, { login: LOGIN }))
      assert.deepEqual(outcome, { problem: 'the login failed (535)', isWorthAnother: false })
    }))
  test('is never sent to a server without TLS', () =>
    withServer({ login: 'me:hunter2', isPlain: true }, async server => {
      const outcome = await makeMailSender().send(mailTo(server.port, { login: LOGIN }))
      assert.match(outcome?.problem ?? '', /TLS/)
      assert.equal(server.tries(), 0)
    }))
})

test('a server without TLS and without a login gets mail all the same', () =>
  withServer({ isPlain: true }, async server => {
    assert.equal(await makeMailSender().send(mailTo(server.port)), undefined)
    assert.equal(server.received[0]?.isEncrypted, false)
  }))

test('no mail goes to a link-local address, however that is written', async () => {
  const lookup: LookupFunction = (_, options, done) =>
    options.all ? done(null, [{ address: '169.254.169.254', family: 4 }]) : done(null, '169.254.169.254', 4)
  for (const outcome of [
    await makeMailSender().send(mailTo(25, { host: '169.254.169.254' })),
    await makeMailSender({ lookup }).send(mailTo(25, { host: 'mail.example.com' })),
  ])
    assert.match(outcome?.problem ?? '', /link-local/)
})

test('a server that says nothing is given up', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => silent.once('listening', resolve))
  const address = silent.address()
  assert.ok(typeof address === 'object' && address !== null)
  const outcome = await makeMailSender({ timeoutMs: 100 }).send(mailTo(address.port, { host: '127.0.0.1' }))
  assert.deepEqual(outcome, { problem: 'no answer within 0.1 s', isWorthAnother: true })
  await new Promise(resolve => silent.close(resolve))
})
