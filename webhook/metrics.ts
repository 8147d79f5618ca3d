/** What the webhook counts, in a registry of its own. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type WebhookMetrics = {
  readonly registry: Registry
  /** `seconds` from the first byte of the request's head read to the answer handed over. */
  readonly count: (request: { readonly kind: string; readonly decision: string; readonly seconds: number }) => void
}

/** Kinds as label values; all others are one, so that no caller can make labels up. */
const KINDS: readonly string[] = ['Deployment', 'Service']

export const makeMetrics = (): WebhookMetrics => {
  const registry = new Registry()
  const requests = new Counter({
    name: 'sluice_webhook_requests_total',
    help: 'Admission requests answered, by kind of object and decision.',
    labelNames: ['kind', 'decision'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'sluice_webhook_request_duration_seconds',
    help: 'Time from an admission request to its answer.',
    labelNames: ['kind'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  return {
    registry,
    count: ({ kind, decision, seconds }) => {
      const known = KINDS.includes(kind) ? kind : 'other'
      requests.inc({ kind: known, decision })
      duration.observe({ kind: known }, seconds)
    },
  }
}

/** Whether the API server, as last seen, trusts the authority that signed our certificate: without that no call reaches us. */
export const observeRegistration = (registry: Registry, isTrusted: () => boolean): void => {
  new Gauge({
    name: 'sluice_webhook_registered',
    help: '1 when the MutatingWebhookConfiguration is there and trusts the authority that signed our certificate.',
    registers: [registry],
    collect() {
      this.set(isTrusted() ? 1 : 0)
    },
  })
}
