/** A service that people are told by. Each is one file, listed in registry.ts, and passes services/conformance.ts. */
import type { HttpAnswer, HttpRequest } from '../../analysis/providers/http.ts'
import type { Json } from '../../analysis/providers/json.ts'
import type { Mail } from '../mail.ts'
import type { Notification } from '../message.ts'

export type Telling = {
  /** Of the service in the ConfigMap, e.g. `webhook.github` is github. */
  readonly name: string
  /** With its secrets put in. */
  readonly options: Json
  readonly recipient: string
  readonly notification: Notification
}

/** A service that is asked over HTTP. */
export type HttpService = {
  /** Behind `service.` in the ConfigMap. */
  readonly type: string
  /** The request, or what of the configuration is wrong; a problem never holds a value of the options. */
  readonly request: (telling: Telling) => HttpRequest | { readonly problem: string }
  /** Why an answer with a good status was a refusal after all. */
  readonly refusal?: (answer: HttpAnswer) => string | undefined
}

/** A service that mail is handed to. */
export type MailService = Pick<HttpService, 'type'> & {
  /** The mail, or what of the configuration is wrong; a problem never holds a value of the options. */
  readonly mail: (telling: Telling) => Mail | { readonly problem: string }
}

export type NotificationService = HttpService | MailService

export const TIMEOUT_MS = 10_000

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** A field that is JSON in a text, as templates give lists; undefined where it is not given. */
export const jsonField = (fields: Json, name: string): { readonly value: unknown } | { readonly problem: string } => {
  const text = textOf(fields[name])
  if (text === undefined) return { value: undefined }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { problem: `${name} of the template is no JSON when it is filled in` }
  }
}

export const postJson = (url: string, body: Json, headers: { readonly [name: string]: string } = {}): HttpRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
  timeoutMs: TIMEOUT_MS,
})
