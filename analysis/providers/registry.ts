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

type Request = Omit<MeasureRequest, 'config'>

export type Measure = {
  readonly measure: (request: Request) => Promise<Measured>
  /** Ends a measurement that is not finished. */
  readonly end: (request: Request) => Promise<Measured>
  /** What a metric's result shows of its configuration, e.g. the query with its arguments put in. */
  readonly describe: (metric: Metric) => { readonly [key: string]: string }
}

const unknownProvider = (name: string): Measured => ({
  kind: 'error',
  message: name.includes('/')
    ? `plugin ${JSON.stringify(name)} is not known to the controller; plugins of Argo Rollouts are Go programs that only a Go program can load, those of Sluice answer over HTTP or are run, see docs/analysis-plugins.md`
    : `provider ${JSON.stringify(name)} is not available in this version`,
})

const ENDED: Measured = { kind: 'phase', phase: 'Successful', message: 'measurement terminated' }

/** Measures any metric with the provider that it names; one that is not there is an error that says so. */
export const measureWith = (providers: readonly Provider[]): Measure => {
  const byName = new Map(providers.map(provider => [provider.name, provider]))
  const find = (metric: Metric) => {
    const named = namedBy(metric)
    return { named, provider: named && byName.get(named.name) }
  }
  return {
    measure: async request => {
      const { named, provider } = find(request.metric)
      return provider ? provider.measure({ ...request, config: named?.config }) : unknownProvider(named?.name ?? '')
    },
    end: async request => {
      const { named, provider } = find(request.metric)
      return provider?.end ? provider.end({ ...request, config: named?.config }) : ENDED
    },
    describe: metric => {
      const { named, provider } = find(metric)
      return provider?.describe?.(named?.config) ?? {}
    },
  }
}
