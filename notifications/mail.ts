/**
 * Sends one mail by SMTP. As for requests over HTTP, what users write decides where it goes, so: no link-local address, a time limit, a
 * certificate that is checked, no login on a connection that is not encrypted, and no message that holds a credential or an address.
 */
import { once } from 'node:events'
import { connect, type LookupFunction, type Socket } from 'node:net'
import { DeniedAddress, guardedLookup, isDenied, WHY_DENIED } from '../analysis/providers/reachable.ts'
import { LONGEST_ANSWER, type Tried } from './tried.ts'

export type Mail = {
  readonly host: string
  readonly port: number
  /** TLS comes before the first word; otherwise it begins with STARTTLS. */
  readonly isTlsFromTheStart: boolean
  /** Undefined: the server asks for none. */
  readonly login: { readonly user: string; readonly password: string } | undefined
  /** The certificate of the server is not checked. */
  readonly isInsecure: boolean
  readonly from: string
  /** One address, or several with commas. */
  readonly to: string
  readonly subject: string
  readonly body: string
  readonly isHtml: boolean
}

export type MailSender = {
  /** Undefined: the server has taken it for everybody that it is to. Never throws for what the other side does. */
  readonly send: (mail: Mail) => Promise<Tried>
}

export type MailOptions = {
  /** PEM of authorities to trust besides the public ones. */
  readonly ca?: string
  /** How names are resolved. */
  readonly lookup?: LookupFunction
  /** For one try, from the look-up of the name to the server's last word. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 30_000

type MailError = Error & {
  readonly code?: string
  readonly originalCode?: string
  readonly responseCode?: number
  readonly response?: string
}

/** A connection made by us, for the look-up is ours. */
const open = async ({ host, port }: Mail, lookup: LookupFunction, signal: AbortSignal): Promise<Socket> => {
  if (isDenied(host)) throw new DeniedAddress(WHY_DENIED)
  const socket = connect({ host, port, lookup })
  // Until the library listens; it notices by itself that the connection is gone.
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect', { signal })
  } catch (error) {
    socket.destroy()
    throw error
  }
  return socket
}

/** Servers like to repeat whom they do not know. */
const withoutAddresses = (text: string): string => text.replace(/[^\s<>"(),;:]+@[^\s<>"(),;:]+/g, '…')

const wordsOf = (response: string): string =>
  withoutAddresses(response.replace(/^\d{3}[ -]?/, ''))
    .slice(0, LONGEST_ANSWER)
    .trim()

/** What a failure means. By RFC 5321 a reply of 4xx asks to come again, one of 5xx not to. */
const judge = (error: MailError, seconds: number, isLate: boolean): Tried => {
  const { code = '', responseCode, response = '' } = error
  if (error instanceof DeniedAddress) return { problem: error.message, isWorthAnother: false }
  // The reply to a login is not repeated: it may quote what was sent.
  if (code === 'EAUTH')
    return { problem: `the login failed (${responseCode ?? 'no method in common'})`, isWorthAnother: (responseCode ?? 500) < 500 }
  if (code === 'ETLS') return { problem: 'a connection with TLS could not be made', isWorthAnother: false }
  if (responseCode !== undefined)
    return { problem: `answered ${responseCode}: ${wordsOf(response)}`, isWorthAnother: responseCode < 500 }
  if (code === 'EENVELOPE' || code === 'EMESSAGE')
    return { problem: 'from or the recipient is no address of e-mail', isWorthAnother: false }
  if (isLate || code === 'ETIMEDOUT') return { problem: `no answer within ${seconds} s`, isWorthAnother: true }
  return { problem: `the connection failed (${error.originalCode ?? (code || error.name)})`, isWorthAnother: true }
}

type Submission = { readonly connection: Socket; readonly ca: string | undefined; readonly timeoutMs: number }

/** How many of the recipients the server has not taken. Ends the connection. */
const submit = async (mail: Mail, { connection, ca, timeoutMs }: Submission, signal: AbortSignal): Promise<number> => {
  // Loaded with the first mail: most controllers send none.
  const { createTransport } = await import('nodemailer')
  const { host, port, isTlsFromTheStart, login, isInsecure, from, to, subject, body, isHtml } = mail
  const transport = createTransport({
    host,
    port,
    connection,
    secure: isTlsFromTheStart,
    // Without a login TLS is used where the server has it, and then its certificate has to be good.
    requireTLS: login !== undefined,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    tls: { rejectUnauthorized: !isInsecure, ...(ca !== undefined && { ca }) },
    ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const { rejected } = await transport.sendMail({ from, to, subject, [isHtml ? 'html' : 'text']: body, signal })
  return rejected.length
}

export const makeMailSender = ({ ca, lookup, timeoutMs = TIMEOUT_MS }: MailOptions = {}): MailSender => {
  const guarded = guardedLookup(lookup)
  const send = async (mail: Mail): Promise<Tried> => {
    const signal = AbortSignal.timeout(timeoutMs)
    let socket: Socket | undefined
    try {
      socket = await open(mail, guarded, signal)
      const refused = await submit(mail, { connection: socket, ca, timeoutMs }, signal)
      // The others have it: again it would be told twice.
      return refused === 0 ? undefined : { problem: `${refused} of the recipients were refused`, isWorthAnother: false }
    } catch (error) {
      socket?.destroy()
      if (!(error instanceof Error)) throw error
      return judge(error, timeoutMs / 1000, signal.aborted)
    }
  }
  return { send }
}
