/** Finds the provider of a metric. */
import type { Metric } from '../../api/analysis-run.ts'
import type { Measured } from '../measured.ts'
import type { MeasureRequest, Provider } from './provider.ts'

/** The metric's provider by name, with its configuration; undefined when it names none. */
const namedBy = (metric: Metric): { readonly name: string; readonly config: unknown } | undefined => {
  const [entry] = Object.entries(metric.provider ?? {}).filter(([, config]) => config !== undefined && config !== null)
  if (!entry) return undefined
  const [name, config] = entry
  if (name !== 'plugin' || typeof config !== 'object' || config === null) return { name, config }
  const [plugin] = Object.entries(config)
  return plugin && { name: plugin[0], config: plugin[1] }
}

export type Measure = (request: Omit<MeasureRequest, 'config'>) => Promise<Measured>

/** Measures any metric with the provider that it names; one that is not there is an error that says so. */
export const measureWith = (providers: readonly Provider[]): Measure => {
  const byName = new Map(providers.map(provider => [provider.name, provider]))
  return async request => {
    const named = namedBy(request.metric)
    const provider = named && byName.get(named.name)
    if (!provider)
      return { kind: 'error', message: `provider ${JSON.stringify(named?.name ?? '')} is not available in this version` }
    return provider.measure({ ...request, config: named.config })
  }
}
