/** Gauges of AnalysisRuns, their templates and Experiments, with the names, labels and values of Argo Rollouts (controller/metrics/). */
import type { Registry } from 'prom-client'
import { isDryRun } from '../../analysis/metric-limits.ts'
import type { AnalysisRun, AnalysisTemplate, Metric } from '../../api/analysis-run.ts'
import type { Experiment } from '../../api/experiment.ts'
import { addMirror, nameOf, onePerPhase, type Sample } from './mirror.ts'

const PHASES = ['Pending', 'Error', 'Failed', 'Successful', 'Running', 'Inconclusive']

/** Argo Rollouts' word for a provider, by the field that configures it. */
const TYPES: { readonly [provider: string]: string } = {
  prometheus: 'Prometheus',
  job: 'Job',
  kayenta: 'Kayenta',
  web: 'Web',
  datadog: 'Datadog',
  wavefront: 'Wavefront',
  newRelic: 'NewRelic',
  cloudWatch: 'CloudWatch',
  graphite: 'Graphite',
  influxdb: 'Influxdb',
  skywalking: 'skywalking',
  plugin: 'RPCPlugin',
}

const typeOf = ({ provider }: Metric): string =>
  Object.entries(provider ?? {}).flatMap(([name, config]) => (config === undefined ? [] : (TYPES[name] ?? [])))[0] ??
  'Unknown Provider'

const phaseOf = ({ status }: AnalysisRun | Experiment): string => status?.phase || 'Pending'

const metricsOf = (run: AnalysisRun): readonly Sample[] =>
  run.spec.metrics.map(metric => ({ labels: { ...nameOf(run), metric: metric.name, type: typeOf(metric) }, value: 1 }))

const metricPhasesOf = (run: AnalysisRun): readonly Sample[] =>
  run.spec.metrics.flatMap(metric => {
    const phase = run.status?.metricResults?.find(({ name }) => name === metric.name)?.phase || 'Pending'
    const more = { metric: metric.name, type: typeOf(metric), dry_run: String(isDryRun(run.spec, metric.name)) }
    return onePerPhase({ ...nameOf(run), ...more }, PHASES, phase)
  })

export type AnalysisLists = {
  /** Those that this process works on. */
  readonly runs: () => readonly AnalysisRun[]
  readonly experiments: () => readonly Experiment[]
  /** Of namespaces and of the cluster. */
  readonly templates: () => readonly AnalysisTemplate[]
}

const addPhases = (registry: Registry, prefix: string, kind: string, list: () => readonly (AnalysisRun | Experiment)[]): void => {
  addMirror(registry, {
    name: `${prefix}_info`,
    help: `Always 1; the phase of ${kind}.`,
    labels: ['phase'],
    read: () => list().map(one => ({ labels: { ...nameOf(one), phase: phaseOf(one) }, value: 1 })),
  })
  addMirror(registry, {
    name: `${prefix}_phase`,
    help: `1 for the phase of ${kind}, 0 for the others; ${prefix}_info says the same in one series.`,
    labels: ['phase'],
    read: () => list().flatMap(one => onePerPhase(nameOf(one), PHASES, phaseOf(one))),
  })
}

export const addAnalysisMirrors = (registry: Registry, { runs, experiments, templates }: AnalysisLists): void => {
  addPhases(registry, 'analysis_run', 'an AnalysisRun', runs)
  addPhases(registry, 'experiment', 'an Experiment', experiments)
  addMirror(registry, {
    name: 'analysis_run_metric_type',
    help: 'Always 1; where a metric of an AnalysisRun gets its numbers from.',
    labels: ['metric', 'type'],
    read: () => runs().flatMap(metricsOf),
  })
  addMirror(registry, {
    name: 'analysis_run_metric_phase',
    help: '1 for the phase of a metric of an AnalysisRun, 0 for the others.',
    labels: ['metric', 'type', 'dry_run', 'phase'],
    read: () => runs().flatMap(metricPhasesOf),
  })
  addMirror(registry, {
    name: 'analysis_template_info',
    help: 'Always 1; one for each AnalysisTemplate, and each ClusterAnalysisTemplate with an empty namespace.',
    read: () => templates().map(template => ({ labels: nameOf(template), value: 1 })),
  })
  addMirror(registry, {
    name: 'analysis_template_metric_info',
    help: 'Always 1; where a metric of a template gets its numbers from.',
    labels: ['type', 'metric'],
    read: () =>
      templates().flatMap(template =>
        (template.spec.metrics ?? []).map(metric => ({
          labels: { ...nameOf(template), metric: metric.name, type: typeOf(metric) },
          value: 1,
        })),
      ),
  })
}
