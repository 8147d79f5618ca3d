/** Sends a notification, again after a while where that may help. No text of an outcome holds a secret or the address of a recipient. */
import type { HttpAnswer, HttpClient } from '../analysis/providers/http.ts'
import { redact } from '../analysis/redact.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import type { Config } from './config.ts'
import type { Destination } from './destinations.ts'
import type { Notification } from './message.ts'
import { SERVICES } from './services/registry.ts'

/** Undefined: it was accepted. */
export type Delivered = { readonly problem: string } | undefined

export type Delivery = {
  readonly http: Pick<HttpClient, 'send'>
  readonly clock: Clock
  /** Ends the waiting for a further try. */
  readonly signal: AbortSignal
}

const WAITS_MS = [1000, 2000, 4000, 8000]
const LONGEST_ANSWER = 200

const mayHelp = (status: number): boolean => status === 408 || status === 429 || status >= 500

/** The client's texts begin with the address, which for some services is what lets anybody post. */
const withoutAddress = (message: string): string => message.replace(/^[A-Z]+ \S+: /, '')

type Tried = { readonly problem: string; readonly isWorthAnother: boolean } | undefined

export const deliver = async (
  config: Config,
  { service, recipient }: Destination,
  notification: Notification,
  { http, clock, signal }: Delivery,
): Promise<Delivered> => {
  const configured = config.services.get(service)
  if (configured === undefined) return { problem: `service.${service} is not in the ConfigMap` }
  const known = SERVICES.find(({ type }) => type === configured.type)
  if (known === undefined) {
    return {
      problem: `service.${configured.type} is not supported, must be one of ${SERVICES.map(({ type }) => type).join(', ')}`,
    }
  }
  const request = known.request({ name: service, options: configured.options, recipient, notification })
  if ('problem' in request) return request
  const judge = (answer: HttpAnswer): Tried => {
    const isGood = answer.status >= 200 && answer.status < 300
    const refusal = isGood ? known.refusal?.(answer) : `answered ${answer.status}: ${answer.body.slice(0, LONGEST_ANSWER)}`
    return refusal === undefined ? undefined : { problem: refusal, isWorthAnother: mayHelp(answer.status) }
  }
  const attempt = async (): Promise<Tried> => {
    try {
      return judge(await http.send(request))
    } catch (error) {
      return { problem: withoutAddress(error instanceof Error ? error.message : ''), isWorthAnother: true }
    }
  }
  let tried = await attempt()
  for (const wait of WAITS_MS) {
    if (!tried?.isWorthAnother || signal.aborted) break
    await sleep(clock, wait, signal)
    if (!signal.aborted) tried = await attempt()
  }
  return tried && { problem: redact(tried.problem, Object.values(config.secrets)) }
}
