/** What a user can ask for by annotating a Deployment: the type, the defaults and the words for the reference. */
import type { RolloutStrategy } from './rollout.ts'
import type { Step } from './steps.ts'
import type { Timeouts } from './timeouts.ts'

export type Sticky = 'cookie' | 'ip' | { readonly header: string }

/** The `spec` annotation: checked and typed, or the text when it is not JSON and no YAML decoder was given. */
export type SpecSetting = { readonly strategy: RolloutStrategy } | { readonly undecoded: string }

/** What the annotations ask for, with defaults filled in. */
export type Settings = {
  readonly strategy: 'canary' | 'blue-green'
  readonly steps: readonly Step[]
  /** Short checks as written, each accepted by parseCheck. */
  readonly checks: readonly string[]
  /** AnalysisTemplates that run in the background beside the checks. */
  readonly templates: readonly string[]
  readonly router: 'auto' | 'shared' | 'sidecar' | 'none'
  readonly routerMode: 'on-demand' | 'always'
  /** Absent: every Service whose selector matches the pods. */
  readonly services?: readonly string[]
  readonly sticky?: Sticky
  readonly timeouts?: Timeouts
  /** The next update passes to native Kubernetes. */
  readonly bypass: boolean
  /** Stands for `steps` and the rest of the strategy. */
  readonly spec?: SpecSetting
}

export const DEFAULT_STEPS: { readonly [strategy in Settings['strategy']]: string } = {
  canary: '5%, 2m, 25%, 2m, 50%, 2m, 100%',
  'blue-green': '100%, 2m',
}
export const DEFAULT_ANALYSIS = 'success-rate >= 99%'

export type SettingKey =
  | 'strategy'
  | 'steps'
  | 'analysis'
  | 'router'
  | 'router-mode'
  | 'services'
  | 'sticky'
  | 'timeouts'
  | 'bypass'
  | 'spec'

export type SettingRow = {
  /** What may stand there, to follow "must be". */
  readonly allowed: string
  readonly example: string
  /** What holds without the annotation. */
  readonly absent: string
  readonly meaning: string
}

/** One row for each annotation `sluice.dev/KEY`: messages and reference say the same. */
export const SETTINGS: { readonly [key in SettingKey]: SettingRow } = {
  strategy: {
    allowed: 'canary or blue-green',
    example: 'canary',
    absent: 'the Deployment is left to Kubernetes',
    meaning:
      'Opts in; all others have defaults. `canary`: a growing share of the traffic. `blue-green`: a new version of full size, then one switch.',
  },
  steps: {
    allowed: 'steps joined by commas',
    example: '5%, 2m, 50%, pause, 100%',
    absent: `\`${DEFAULT_STEPS.canary}\`; for blue-green \`${DEFAULT_STEPS['blue-green']}\``,
    meaning: 'What happens on the way from the old version to the new one, in order. A last `100%` may be left out.',
  },
  analysis: {
    allowed: 'checks and template/NAME joined by commas, or none',
    example: 'success-rate >= 99%, p99 <= 500ms',
    absent: `\`${DEFAULT_ANALYSIS}\`; nothing when router is none`,
    meaning:
      "What must hold, over the router's own numbers, from the first weight on. A check that fails takes all traffic back to the old version.",
  },
  router: {
    allowed: 'auto, shared, sidecar or none',
    example: 'auto',
    absent: '`auto`',
    meaning:
      'How traffic is split. `shared`: by the router fleet. `sidecar`: by a router beside the app in each new pod, from the next new version on; Services must name their targetPort, and clients of a headless Service must take the port from DNS SRV records or EndpointSlices. `none`: by the number of pods, without numbers to check. `auto`: what fits, which in this version is `shared`.',
  },
  'router-mode': {
    allowed: 'on-demand or always',
    example: 'on-demand',
    absent: '`on-demand`',
    meaning:
      '`on-demand`: the router is in the path only during an update. `always`: at rest too, for one hop more and for numbers and exact shares all the time.',
  },
  services: {
    allowed: "names of Services in the Deployment's namespace, joined by commas",
    example: 'web,web-internal',
    absent: 'every Service whose selector matches the pods',
    meaning: 'The Services whose traffic is split.',
  },
  sticky: {
    allowed: 'cookie, ip or header/NAME',
    example: 'header/X-User',
    absent: 'each request is placed by itself',
    meaning:
      'What keeps one user on one version, in HTTP. A growing share moves users to the new version only, a shrinking one back only; `cookie`: by a signed cookie of the router.',
  },
  timeouts: {
    allowed: 'connect, response and idle, each with a duration, joined by commas',
    example: 'connect 2s, response 30s, idle 5m',
    absent: 'the flags of the router: `connect 2.5s` and no other limit',
    meaning:
      'How long a router waits for a pod: to accept a connection, to begin its answer, and for the next bytes of what passes. `off`: no limit, for response and idle.',
  },
  bypass: {
    allowed: 'true or false',
    example: 'true',
    absent: '`false`',
    meaning: '`true`: let the next update pass to Kubernetes as if Sluice were not there.',
  },
  spec: {
    allowed: 'YAML of the strategy of a Rollout',
    example: 'canary: {steps: [{setWeight: 20}, {pause: {}}]}',
    absent: 'the strategy follows from `steps`',
    meaning: 'For what the short forms cannot say; instead of `steps`, with `strategy: canary`.',
  },
}

export const SETTING_KEYS: readonly SettingKey[] = [
  'strategy',
  'steps',
  'analysis',
  'router',
  'router-mode',
  'services',
  'sticky',
  'timeouts',
  'bypass',
  'spec',
]
