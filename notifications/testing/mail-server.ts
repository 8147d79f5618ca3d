/** A mail server on loopback, with STARTTLS or TLS from the start, which keeps what it was given. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { makeIdentity } from '../../analysis/testing/admin-server.ts'

export type Received = {
  readonly from: string
  readonly to: readonly string[]
  /** Head and body, as they came. */
  readonly source: string
  readonly isEncrypted: boolean
  /** `USER:PASSWORD`. */
  readonly login: string | undefined
}

/** A reply of three digits and a text; undefined: it is taken. */
export type Refusal = { readonly code: number; readonly text: string } | undefined

export type MailServer = {
  readonly port: number
  /** PEM of the authority that signed its certificate, which is for `localhost`. */
  readonly ca: string
  readonly received: Received[]
  /** Mails begun. */
  readonly tries: () => number
  /** What is said to whoever begins a mail. */
  readonly refuseSender: (next: () => Refusal) => void
  /** What is said to a recipient. */
  readonly refuseRecipient: (next: (address: string) => Refusal) => void
  readonly close: () => Promise<void>
}

export type MailServerOptions = {
  /** TLS with the first byte. */
  readonly isSecure?: boolean
  /** It knows nothing of TLS. */
  readonly isPlain?: boolean
  /** `USER:PASSWORD` that it takes; none: it asks for no login. */
  readonly login?: string
}

const asError = (refusal: Refusal): Error | null =>
  refusal === undefined ? null : Object.assign(new Error(refusal.text), { responseCode: refusal.code })

export const startMailServer = async ({
  isSecure = false,
  isPlain = false,
  login,
}: MailServerOptions = {}): Promise<MailServer> => {
  const { authority, serving } = await makeIdentity('localhost')
  const received: Received[] = []
  let senderRefusal = (): Refusal => undefined
  let recipientRefusal = (_: string): Refusal => undefined
  let tries = 0
  const server = new SMTPServer({
    ...serving,
    secure: isSecure,
    disabledCommands: [...(isPlain ? ['STARTTLS'] : []), ...(login === undefined ? ['AUTH'] : [])],
    allowInsecureAuth: true,
    authOptional: login === undefined,
    onAuth: ({ username, password }, _, done) => {
      const given = `${username}:${password}`
      if (given === login) done(null, { user: given })
      else done(Object.assign(new Error(`not ${given}`), { responseCode: 535 }))
    },
    onMailFrom: (_, __, done) => {
      tries += 1
      done(asError(senderRefusal()))
    },
    onRcptTo: ({ address }, _, done) => done(asError(recipientRefusal(address))),
    onData: (stream, session, done) => {
      const { mailFrom, rcptTo } = session.envelope
      const keep = (source: string): void => {
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          source,
          isEncrypted: session.secure,
          login: session.user,
        })
        done(null)
      }
      text(stream).then(keep, done)
    },
  })
  // A client that goes away in the middle is what some tests are about.
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    ca: authority.cert,
    received,
    tries: () => tries,
    refuseSender: next => {
      senderRefusal = next
    },
    refuseRecipient: next => {
      recipientRefusal = next
    },
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}
