/** AnalysisRun and the templates it is made from, `argoproj.io/v1alpha1`, with the fields and meanings of Argo Rollouts (argo-rollouts 1.10). */
import { ARGUMENT, DRY_RUN, DURATION, DURATION_OR_ARGUMENT, MEASUREMENT_RETENTION, TEMPLATE_REF } from './analysis-fields.ts'
import type { KubeObject } from './kubernetes.ts'
import { labels } from './kubernetes-schemas.ts'
import { AGE, type CustomResource } from './schema/custom-resource.ts'
import {
  anything,
  array,
  boolean,
  type Infer,
  integer,
  intOrString,
  map,
  object,
  required,
  string,
  time,
  word,
} from './schema/schema.ts'

export type { Argument } from './analysis-fields.ts'

const PHASES = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const
const phase = (description: string) => word(description, PHASES)

/** Config under `provider.plugin["sluice/router"]`. */
export const SLUICE_ROUTER_METRIC = object('What is measured from the numbers of the routers themselves.', {
  deployment: required(string('Name of the Deployment whose Routes are read (all of its fronted Services together).')),
  canaryHash: required(string('pod-template-hash of the version under test.')),
  stableHash: required(string('pod-template-hash of the stable version.')),
  check: string(
    'A short check. Without it the measurement is the numbers themselves, `{canary, stable}`, for successCondition and failureCondition.',
    { example: 'success-rate >= 99%' },
  ),
  window: string('Window of a measurement without `check`: a Go duration of at most 10m; 1m by default.', {
    ...DURATION,
    example: '1m',
  }),
  minimumRequests: integer(
    'Requests of the new version (and of the stable one, where it is compared with) below which there is no data: in the window, or for `check` since the run began. A check needs at least as many as its limit asks for.',
    { min: 1 },
  ),
  onNoData: word(
    'What a measurement without data is: `inconclusive` (a check is so after 5 minutes), `error`, or `skip`: none, it is waited for. `inconclusive` where only minimumRequests is given; where neither is, the numbers are null.',
    ['skip', 'inconclusive', 'error'],
  ),
})

const limit = (description: string) => intOrString(`${description} A number, or a text with an argument in it.`)
const duration = (description: string) => string(description, DURATION_OR_ARGUMENT)

const METRIC = object('One metric.', {
  name: required(string('Unique name.')),
  interval: duration('Go duration between two measurements; without it there is one measurement.'),
  initialDelay: duration('Go duration before the first measurement.'),
  count: limit('Measurements to take: 1 without interval, no end with interval.'),
  successCondition: string('Expression over `result` that must hold.', { example: 'result[0] >= 0.95' }),
  failureCondition: string('Expression over `result` that must not hold.'),
  failureLimit: limit('Failed measurements that are tolerated; 0 by default, -1 for any number.'),
  inconclusiveLimit: limit('Inconclusive measurements that are tolerated; 0 by default.'),
  consecutiveErrorLimit: limit('Errors in a row that are tolerated; 4 by default.'),
  consecutiveSuccessLimit: limit('Successes in a row that end the metric as successful; 0 = off.'),
  provider: required(
    object(
      'Where the numbers come from: exactly one provider.',
      {
        plugin: map(
          'Providers outside of the built-in ones, by name; `sluice/router` reads the routers.',
          anything('Its config.'),
        ),
      },
      { open: true },
    ),
  ),
})

const TEMPLATE_FIELDS = {
  metrics: required(array('What is measured.', METRIC)),
  args: array('Arguments, used as `{{args.NAME}}` in metrics.', ARGUMENT),
  dryRun: DRY_RUN,
  measurementRetention: MEASUREMENT_RETENTION,
}

const seconds = (description: string) => integer(description, { min: 0 })

const ANALYSIS_RUN_SPEC = object('What is measured, and how it is judged.', {
  ...TEMPLATE_FIELDS,
  terminate: boolean('Input: true = end the run now.'),
  ttlStrategy: object('When a finished run is deleted; never where nothing is said.', {
    secondsAfterCompletion: seconds('Seconds after any end.'),
    secondsAfterSuccess: seconds('Seconds after a success.'),
    secondsAfterFailure: seconds('Seconds after a failure.'),
  }),
})

const ANALYSIS_TEMPLATE_SPEC = object('What a run made from this template measures.', {
  ...TEMPLATE_FIELDS,
  metrics: array('What is measured; a template may only name others.', METRIC),
  templates: array('Further templates, merged into this one.', TEMPLATE_REF),
})

const MEASUREMENT = object('One measurement.', {
  phase: required(phase('How it was judged.')),
  message: string('Why.'),
  startedAt: time('When it began.'),
  finishedAt: time('When it ended.'),
  resumeAt: time('When to ask again for a result that is not there yet.'),
  value: string(
    'The value as text, as in Argo Rollouts; for a short check one line such as `canary 92.1% of 140, stable 99.9% of 2660`.',
  ),
  metadata: labels('What the provider noted.'),
})

const tally = (description: string) => integer(description, { min: 0 })

const METRIC_RESULT = object('Result of one metric so far.', {
  name: required(string('Name of the metric.')),
  phase: required(phase('Verdict so far.')),
  measurements: array('The newest measurements, oldest first.', MEASUREMENT),
  message: string('Why.'),
  count: tally('Measurements that ended without error.'),
  successful: tally('Successful ones.'),
  failed: tally('Failed ones.'),
  inconclusive: tally('Inconclusive ones.'),
  error: tally('Measurements that could not be taken.'),
  consecutiveError: tally('Errors in a row until now.'),
  consecutiveSuccess: tally('Successes in a row until now.'),
  dryRun: boolean('True when the result does not count.'),
  metadata: labels('What the provider noted.'),
})

const summary = (description: string) =>
  object(description, {
    count: tally('Metrics.'),
    successful: tally('Successful ones.'),
    failed: tally('Failed ones.'),
    inconclusive: tally('Inconclusive ones.'),
    error: tally('Ones that ended with errors.'),
  })

const ANALYSIS_RUN_STATUS = object('What came out.', {
  phase: required(phase('Verdict.')),
  message: string('Why.'),
  metricResults: array('Results by metric.', METRIC_RESULT),
  startedAt: time('When the run began.'),
  completedAt: time('When the run ended.'),
  runSummary: summary('Metrics that count, by verdict.'),
  dryRunSummary: summary('Metrics that do not count, by verdict.'),
})

export type AnalysisPhase = (typeof PHASES)[number]
export type SluiceRouterMetric = Infer<typeof SLUICE_ROUTER_METRIC>
export type Metric = Infer<typeof METRIC>
export type AnalysisRunSpec = Infer<typeof ANALYSIS_RUN_SPEC>
export type Measurement = Infer<typeof MEASUREMENT>
export type MetricResult = Infer<typeof METRIC_RESULT>
export type AnalysisRunStatus = Infer<typeof ANALYSIS_RUN_STATUS>
export type AnalysisRun = KubeObject & { readonly spec: AnalysisRunSpec; readonly status?: AnalysisRunStatus }
export type AnalysisTemplate = KubeObject & { readonly spec: Infer<typeof ANALYSIS_TEMPLATE_SPEC> }

const ARGO = { group: 'argoproj.io', version: 'v1alpha1' } as const

export const ANALYSIS_RUN_RESOURCE: CustomResource = {
  ...ARGO,
  kind: 'AnalysisRun',
  plural: 'analysisruns',
  shortName: 'ar',
  scope: 'Namespaced',
  description: 'One run of an analysis: metrics, their measurements and the verdict.',
  spec: ANALYSIS_RUN_SPEC,
  status: ANALYSIS_RUN_STATUS,
  columns: [{ name: 'Status', type: 'string', jsonPath: '.status.phase', description: 'Verdict' }, AGE],
}

const template = (names: Pick<CustomResource, 'kind' | 'plural' | 'shortName' | 'scope'>): CustomResource => ({
  ...ARGO,
  ...names,
  description: 'Metrics from which AnalysisRuns are made.',
  spec: ANALYSIS_TEMPLATE_SPEC,
  columns: [AGE],
})

export const ANALYSIS_TEMPLATE_RESOURCE = template({
  kind: 'AnalysisTemplate',
  plural: 'analysistemplates',
  shortName: 'at',
  scope: 'Namespaced',
})

export const CLUSTER_ANALYSIS_TEMPLATE_RESOURCE = template({
  kind: 'ClusterAnalysisTemplate',
  plural: 'clusteranalysistemplates',
  shortName: 'cat',
  scope: 'Cluster',
})
