/** Ready triggers and templates, under the names that Argo Rollouts' own have, so that a person only subscribes. Pure. */
import { stringify } from 'yaml'

/** `value` and `when` are pipelines of a template. */
type Fact = { readonly title: string; readonly value: string; readonly when?: string }

type Ready = {
  readonly trigger: string
  readonly template: string
  /** What has happened, behind the name of the Rollout and a colon. */
  readonly headline: string
  /** A pipeline: why; left out where it gives nothing. */
  readonly why?: string
  readonly mood: keyof typeof MOODS
  readonly facts?: readonly Fact[]
}

const MOODS = {
  good: { color: '#2eb67d', severity: 'info' },
  underWay: { color: '#1d9bd1', severity: 'info' },
  needsYou: { color: '#ecb22e', severity: 'warning' },
  bad: { color: '#e01e5a', severity: 'error' },
} as const

const NAME = '{{.rollout.metadata.namespace}}/{{.rollout.metadata.name}}'

const STRATEGY: Fact = { title: 'Strategy', value: 'ternary "blue-green" "canary" (hasKey .rollout.spec.strategy "blueGreen")' }
const VERSION: Fact = { title: 'Version', value: '.rollout.status.currentPodHash', when: '.rollout.status.currentPodHash' }
const STEPS: Fact = {
  title: 'Steps done',
  value: 'printf "%v of %v" (default 0 .rollout.status.currentStepIndex) (len .rollout.spec.strategy.canary.steps)',
  when: '.rollout.spec.strategy.canary.steps',
}
const SHARE: Fact = {
  title: 'Traffic of the new version',
  value: 'printf "%v %%" .rollout.status.canary.weights.canary.weight',
  when: '.rollout.status.canary.weights',
}
const PODS: Fact = {
  title: 'Pods of the new version',
  value: 'printf "%v of %v" (default 0 .rollout.status.updatedReplicas) .rollout.spec.replicas',
}

/** Runs of this version in a phase, with what they say; an empty text where there is none. */
const runsThat = (phase: string): string =>
  `{{range .analysisRuns}}{{if and (eq .status.phase "${phase}") (eq (index .metadata.labels "rollouts-pod-template-hash") $.rollout.status.currentPodHash)}}
{{.metadata.name}}{{with .status.message}}: {{.}}{{end}}{{end}}{{end}}`

const READY: readonly Ready[] = [
  { trigger: 'on-rollout-updated', template: 'rollout-updated', headline: 'a new version is on its way', mood: 'underWay' },
  {
    trigger: 'on-rollout-step-completed',
    template: 'rollout-step-completed',
    headline: 'a step is done',
    mood: 'underWay',
    facts: [STEPS, SHARE],
  },
  {
    trigger: 'on-rollout-paused',
    template: 'rollout-paused',
    headline: 'the update is paused',
    why: '.rollout.status.message',
    mood: 'needsYou',
    facts: [STEPS, SHARE],
  },
  {
    trigger: 'on-rollout-completed',
    template: 'rollout-completed',
    headline: 'the new version is now the stable one',
    mood: 'good',
  },
  {
    trigger: 'on-rollout-aborted',
    template: 'rollout-aborted',
    headline: 'the update was aborted, traffic goes back to the stable version',
    why: '.rollout.status.message',
    mood: 'bad',
    facts: [STEPS],
  },
  {
    trigger: 'on-scaling-replica-set',
    template: 'scaling-replicaset',
    headline: 'the pods of a version become more or fewer',
    mood: 'underWay',
    facts: [PODS],
  },
  {
    trigger: 'on-analysis-run-running',
    template: 'analysis-run-running',
    headline: `an analysis has begun${runsThat('Running')}`,
    mood: 'underWay',
  },
  {
    trigger: 'on-analysis-run-failed',
    template: 'analysis-run-failed',
    headline: `an analysis says that the new version is bad${runsThat('Failed')}`,
    mood: 'bad',
    facts: [STEPS],
  },
  {
    trigger: 'on-analysis-run-error',
    template: 'analysis-run-error',
    headline: `an analysis could not be carried out${runsThat('Error')}`,
    mood: 'needsYou',
    facts: [STEPS],
  },
]

const onlyIf = (when: string | undefined, text: string): string => (when === undefined ? text : `{{if ${when}}}${text}{{end}}`)

/** A list in JSON, a line for each fact; the first is always there, so a comma goes before each of the others. */
const listOf = (facts: readonly Fact[], item: (fact: Fact) => string): string =>
  `[\n${facts.map((fact, i) => onlyIf(fact.when, `${i === 0 ? '' : ','}  ${item(fact)}\n`)).join('')}]`

const templateOf = ({ headline, why, mood, facts = [] }: Ready): object => {
  const { color, severity } = MOODS[mood]
  const all = [STRATEGY, VERSION, ...facts]
  const message = `${NAME}: ${headline}${why === undefined ? '' : `{{with ${why}}}: {{.}}{{end}}`}`
  const [subject = ''] = `${NAME}: ${headline}`.split('{{range')
  const lines = all.map(({ title, value, when }) => onlyIf(when, `${title}: {{${value}}}\n`)).join('')
  const fields = listOf(all, ({ title, value }) => `{"title": "${title}", "value": {{${value} | toJson}}, "short": true}`)
  return {
    message,
    email: { subject, body: `${message}\n\n${lines}` },
    slack: { attachments: `[{"color": "${color}", "fields": ${fields}}]` },
    teams: {
      title: subject,
      summary: subject,
      themeColor: color,
      facts: listOf(all, ({ title, value }) => `{"name": "${title}", "value": {{${value} | toJson}}}`),
    },
    pagerdutyv2: { summary: subject, severity, source: NAME },
  }
}

/** Of a ConfigMap of notifications: nine triggers and the template that each sends. */
export const catalogue = (): { readonly [key: string]: string } =>
  Object.fromEntries(
    READY.flatMap(ready => [
      [`trigger.${ready.trigger}`, stringify([{ send: [ready.template] }])],
      [`template.${ready.template}`, stringify(templateOf(ready), { lineWidth: 0 })],
    ]),
  )
