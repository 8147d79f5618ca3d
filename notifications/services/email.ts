/** `service.email`: host, port, username, password, from, html, insecure_skip_verify; a template's email: subject, body. The recipient is an address. */
import { asObject } from '../../analysis/providers/json.ts'
import { type MailService, textOf } from './service.ts'

/** The port that RFC 6409 has for handing in mail. */
const SUBMISSION = 587
/** As RFC 8314 has it, TLS from the start. */
const SUBMISSIONS = 465

/** Undefined: no port. YAML gives a number, a Secret a text. */
const portOf = (given: unknown): number | undefined => {
  const port = given === undefined ? SUBMISSION : Number(given)
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined
}

export const email: MailService = {
  type: 'email',
  mail: ({ options, recipient, notification }) => {
    const host = textOf(options['host'])
    if (host === undefined) return { problem: 'host is missing, e.g. host: smtp.example.com' }
    const port = portOf(options['port'])
    if (port === undefined) return { problem: 'port must be a number from 1 to 65535, e.g. port: 587' }
    const from = textOf(options['from'])
    if (from === undefined) return { problem: 'from is missing, e.g. from: rollouts@example.com' }
    if (recipient === '') return { problem: 'an address is missing, e.g. the value "ann@example.com" of the annotation' }
    const fields = asObject(notification['email'])
    const user = textOf(options['username'])
    const message = textOf(notification.message) ?? ''
    return {
      host,
      port,
      isTlsFromTheStart: port === SUBMISSIONS,
      login: user === undefined ? undefined : { user, password: textOf(options['password']) ?? '' },
      isInsecure: options['insecure_skip_verify'] === true,
      from,
      to: recipient,
      subject: textOf(fields['subject']) ?? '',
      body: textOf(fields['body']) ?? message,
      isHtml: options['html'] === true,
    }
  },
}
