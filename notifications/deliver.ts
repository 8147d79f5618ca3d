/** Sends a notification, again after a while where that may help. No text of an outcome holds a secret or the address of a recipient. */
import type { HttpAnswer, HttpClient } from '../analysis/providers/http.ts'
import { redact } from '../analysis/redact.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import type { Config } from './config.ts'
import type { Destination } from './destinations.ts'
import type { MailSender } from './mail.ts'
import type { Notification } from './message.ts'
import { SERVICES } from './services/registry.ts'
import type { HttpService, NotificationService, Telling } from './services/service.ts'
import { LONGEST_ANSWER, type Tried } from './tried.ts'

/** Undefined: it was accepted. */
export type Delivered = { readonly problem: string } | undefined

export type Delivery = {
  readonly http: Pick<HttpClient, 'send'>
  readonly mail: MailSender
  readonly clock: Clock
  /** Ends the waiting for a further try. */
  readonly signal: AbortSignal
}

const WAITS_MS = [1000, 2000, 4000, 8000]

const mayHelp = (status: number): boolean => status === 408 || status === 429 || status >= 500

/** The client's texts begin with the address, which for some services is what lets anybody post. */
const withoutAddress = (message: string): string => message.replace(/^[A-Z]+ \S+: /, '')

/** One try, or what of the configuration is wrong. */
type Attempt = (() => Promise<Tried>) | { readonly problem: string }

const overHttp = (service: HttpService, telling: Telling, http: Delivery['http']): Attempt => {
  const request = service.request(telling)
  if ('problem' in request) return request
  const judge = (answer: HttpAnswer): Tried => {
    const isGood = answer.status >= 200 && answer.status < 300
    const refusal = isGood ? service.refusal?.(answer) : `answered ${answer.status}: ${answer.body.slice(0, LONGEST_ANSWER)}`
    return refusal === undefined ? undefined : { problem: refusal, isWorthAnother: mayHelp(answer.status) }
  }
  return async () => {
    try {
      return judge(await http.send(request))
    } catch (error) {
      return { problem: withoutAddress(error instanceof Error ? error.message : ''), isWorthAnother: true }
    }
  }
}

const attemptOf = (service: NotificationService, telling: Telling, { http, mail }: Delivery): Attempt => {
  if ('request' in service) return overHttp(service, telling, http)
  const made = service.mail(telling)
  return 'problem' in made ? made : () => mail.send(made)
}

export const deliver = async (
  config: Config,
  { service, recipient }: Destination,
  notification: Notification,
  delivery: Delivery,
): Promise<Delivered> => {
  const configured = config.services.get(service)
  if (configured === undefined) return { problem: `service.${service} is not in the ConfigMap` }
  const known = SERVICES.find(({ type }) => type === configured.type)
  if (known === undefined) {
    return {
      problem: `service.${configured.type} is not supported, must be one of ${SERVICES.map(({ type }) => type).join(', ')}`,
    }
  }
  const telling = { name: service, options: configured.options, recipient, notification }
  const attempt = attemptOf(known, telling, delivery)
  if ('problem' in attempt) return attempt
  const { clock, signal } = delivery
  let tried = await attempt()
  for (const wait of WAITS_MS) {
    if (!tried?.isWorthAnother || signal.aborted) break
    await sleep(clock, wait, signal)
    if (!signal.aborted) tried = await attempt()
  }
  return tried && { problem: redact(tried.problem, Object.values(config.secrets)) }
}
