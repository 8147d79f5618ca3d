/** What every process of ours tells Prometheus of itself: what runs, how much of the machine it takes, and until when its certificate is good. */
import { X509Certificate } from 'node:crypto'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/** How often the event loop's lag is sampled. Node's default of 10 ms would wake an idle router a hundred times a second. */
const LAG_PRECISION_MS = 50

let shared: Registry | undefined

/** One for the process: each collection has an observer and a timer of its own, and tests start many parts in one process. */
const processRegistry = (): Registry => {
  if (shared === undefined) {
    shared = new Registry()
    collectDefaultMetrics({ register: shared, eventLoopMonitoringPrecision: LAG_PRECISION_MS })
  }
  return shared
}

export type Build = {
  readonly component: 'controller' | 'dashboard' | 'router' | 'sidecar' | 'webhook'
  readonly version: string
}

/** Registers prom-client's `process_*` and `nodejs_*` metrics and `sluice_build_info`. */
export const observeProcess = (registry: Registry, { component, version }: Build): void => {
  new Gauge({
    name: 'sluice_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['component', 'version', 'node'],
    registers: [registry],
  }).set({ component, version, node: process.version }, 1)
  const own = processRegistry()
  for (const { name } of own.getMetricsAsArray()) {
    const metric = own.getSingleMetric(name)
    if (metric !== undefined) registry.registerMetric(metric)
  }
}

/** `pem` is the certificate that is served now; undefined while there is none, and then there is no value. */
export const observeCertificate = (registry: Registry, pem: () => string | undefined): void => {
  let known: { readonly pem: string; readonly end: number } | undefined
  new Gauge({
    name: 'sluice_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that this process serves with ends, in Unix seconds.',
    labelNames: [],
    registers: [registry],
    collect() {
      this.remove()
      const now = pem()
      if (now === undefined) return
      if (known?.pem !== now) known = { pem: now, end: new X509Certificate(now).validToDate.getTime() / 1000 }
      this.set(known.end)
    },
  })
}
