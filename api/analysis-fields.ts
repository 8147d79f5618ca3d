/** The parts that analyses have in common wherever they stand: arguments, references to templates, retention. */
import { labels } from './kubernetes-schemas.ts'
import { array, boolean, type Infer, integer, object, required, string, word } from './schema/schema.ts'

const GO_DURATION = '((\\d+(\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h))+'

/** Rules for a time span as these resources write it. */
export const DURATION = { pattern: `^(0|${GO_DURATION})$`, meaning: 'a Go duration', example: '1h30m' }

/** A Go duration, or a bare number of seconds. */
export const SECONDS_OR_DURATION = { ...DURATION, pattern: `^(\\d+|${GO_DURATION})$` }

/** A Go duration, or a text with an argument in it. */
export const DURATION_OR_ARGUMENT = { ...DURATION, pattern: `^(0|${GO_DURATION}|.*\\{\\{.+\\}\\}.*)$`, example: '30s' }

const VALUE_FROM = object('Where the value comes from, instead of `value`.', {
  secretKeyRef: object('A key of a Secret in the namespace of the analysis; never shown in logs or messages.', {
    name: required(string('Name of the Secret.')),
    key: required(string('Key in it.')),
  }),
  fieldRef: object('A field of the Rollout.', {
    fieldPath: required(string('Its path.', { example: "metadata.labels['region']" })),
  }),
  podTemplateHashValue: word('The hash of the stable or of the newest version.', ['Stable', 'Latest']),
})

export const ARGUMENT = object('One argument.', {
  name: required(string('Name, as in `{{args.NAME}}`.')),
  value: string('The value. In a template: the default; without it the argument must be given.'),
  valueFrom: VALUE_FROM,
})

export const TEMPLATE_REF = object('A reference to a template.', {
  templateName: required(string('Name of the AnalysisTemplate or ClusterAnalysisTemplate.')),
  clusterScope: boolean('True for a ClusterAnalysisTemplate.'),
})

export const DRY_RUN = array(
  'Metrics whose results are shown but do not count.',
  object('One choice.', { metricName: required(string('Regular expression over metric names.')) }),
)

export const MEASUREMENT_RETENTION = array(
  'How many measurements are kept in the status; 10 where nothing is said.',
  object('One choice.', {
    metricName: required(string('Regular expression over metric names.')),
    limit: required(integer('Measurements kept.', { min: 0 })),
  }),
)

/** What a Rollout says about an analysis that it starts. */
export const ROLLOUT_ANALYSIS_FIELDS = {
  templates: array('Templates, merged into one AnalysisRun.', TEMPLATE_REF),
  args: array("Values of the templates' arguments.", ARGUMENT),
  dryRun: DRY_RUN,
  measurementRetention: MEASUREMENT_RETENTION,
  analysisRunMetadata: object('Put on the AnalysisRun.', { labels: labels('Labels.'), annotations: labels('Annotations.') }),
}

export const ROLLOUT_ANALYSIS = object('An analysis to run.', ROLLOUT_ANALYSIS_FIELDS)

/** The same schema with the description of the place where it stands. */
export const analysis = (description: string) => object(description, ROLLOUT_ANALYSIS_FIELDS)

export type Argument = Infer<typeof ARGUMENT>
export type TemplateRef = Infer<typeof TEMPLATE_REF>
export type RolloutAnalysis = Infer<typeof ROLLOUT_ANALYSIS>
