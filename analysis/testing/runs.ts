/** Plays AnalysisRuns through time. */
import type { AnalysisRun, AnalysisRunSpec, AnalysisRunStatus, Metric } from '../../api/analysis-run.ts'
import type { Measured } from '../measured.ts'
import { type Assessment, assess, metricsToMeasure } from '../run.ts'

export const NOW = Date.parse('2026-03-01T12:00:00Z')

export const web = { web: { url: 'http://example' } }
export const check = {
  plugin: { 'sluice/router': { deployment: 'web', canaryHash: 'new', stableHash: 'old', check: 'success-rate >= 99%' } },
}

export const metric = (more: Partial<Metric> = {}): Metric => ({ name: 'm', provider: web, ...more })
export const runOf = (spec: AnalysisRunSpec, status?: AnalysisRunStatus): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'web-1', namespace: 'default' },
  spec,
  ...(status && { status }),
})

export const value: Measured = { kind: 'value', value: '1', result: 1 }
export const error: Measured = { kind: 'error', message: 'no data' }
export const verdict = (phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Running', message = `it is ${phase}`): Measured => ({
  kind: 'verdict',
  verdict: { phase, value: 'canary 80% of 20, stable 100% of 380', message },
})

/** Assesses again and again; each entry is seconds after the start and what every metric due then measures. */
export const play = (
  spec: AnalysisRunSpec,
  course: readonly (readonly [seconds: number, measured: { readonly [metric: string]: Measured }])[],
): Assessment => {
  let last: Assessment = assess(runOf(spec), new Map(), NOW)
  for (const [seconds, measured] of course) {
    const now = NOW + seconds * 1000
    const run = runOf(spec, last.status)
    const due = new Set(metricsToMeasure(run, now).map(({ name }) => name))
    last = assess(run, new Map(Object.entries(measured).filter(([name]) => due.has(name))), now)
  }
  return last
}

export const result = ({ status }: Assessment, name = 'm') => status.metricResults?.find(one => one.name === name)

/** What a request says of whose first measurement it is. */
export const FIRST = { run: { name: 'web-1', uid: 'u1' }, number: 1, kept: 10 } as const
