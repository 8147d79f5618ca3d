/** The annotations by which a user opts a Deployment in (`sluice.dev/strategy` and the others), read into Settings. */
import { didYouMean } from './did-you-mean.ts'
import type { Labels } from './kubernetes.ts'
import { INTERNAL_ANNOTATIONS, PREFIX } from './names.ts'
import type { Problem } from './problem.ts'
import {
  type DecodeYaml,
  type Read,
  readAnalysis,
  readBypass,
  readRouter,
  readRouterMode,
  readServices,
  readSpec,
  readSteps,
  readSticky,
  readStrategy,
  readTimeouts,
} from './setting-readers.ts'
import { DEFAULT_ANALYSIS, DEFAULT_STEPS, SETTING_KEYS, type SettingKey, type Settings } from './settings.ts'
import type { Step } from './steps.ts'

export type { Settings, Sticky } from './settings.ts'
export { DEFAULT_ANALYSIS, DEFAULT_STEPS, SETTING_KEYS } from './settings.ts'

export type ReadSettings =
  | { readonly optedIn: false }
  | { readonly optedIn: true; readonly settings: Settings; readonly problems: readonly [] }
  | { readonly optedIn: true; readonly settings?: undefined; readonly problems: readonly Problem[] }

export type ReadOptions = {
  /** Decodes YAML; throws on malformed text. Without it `spec` is read when it is JSON and kept as text otherwise. */
  readonly decodeYaml?: DecodeYaml
}

const pathOf = (key: string): string => `metadata.annotations[${PREFIX}${key}]`

const join = (key: SettingKey, { path, message }: Problem): Problem => ({
  path: `${pathOf(key)}${path === '' ? '' : `.${path}`}`,
  message,
})

/** Names after `sluice.dev/` of the annotations that are not Sluice's own notes. */
const settingNames = (annotations: Labels): string[] =>
  Object.keys(annotations)
    .filter(key => key.startsWith(PREFIX) && !INTERNAL_ANNOTATIONS.includes(key))
    .map(key => key.slice(PREFIX.length))

const checkNames = (annotations: Labels): Problem[] =>
  settingNames(annotations)
    .filter(name => !SETTING_KEYS.some(key => key === name))
    .map(name => ({
      path: pathOf(name),
      message: `is not an annotation of Sluice; allowed are ${SETTING_KEYS.join(', ')}${didYouMean(name, SETTING_KEYS)}`,
    }))

/** Far more than anyone writes by hand, and little enough to read and to answer in no time. */
const MAX_LENGTH: { readonly [key in SettingKey]?: number } = { spec: 65_536 }
const USUAL_MAX_LENGTH = 4_096
const MAX_PROBLEMS = 10

const checkLength = (key: SettingKey, text: string): Problem[] => {
  const most = MAX_LENGTH[key] ?? USUAL_MAX_LENGTH
  return text.length <= most
    ? []
    : [{ path: pathOf(key), message: `has ${text.length} characters; it must have at most ${most}` }]
}

const firstProblems = (key: SettingKey, wrong: readonly Problem[]): Problem[] => {
  const rest = wrong.length - MAX_PROBLEMS
  const more = rest > 0 ? [{ path: pathOf(key), message: `and ${rest} more such problems` }] : []
  return [...wrong.slice(0, MAX_PROBLEMS).map(problem => join(key, problem)), ...more]
}

/** The annotations that are set, each read or found wrong. */
const readEach = (annotations: Labels, { decodeYaml }: ReadOptions) => {
  const problems: Problem[] = []
  const read = <T>(key: SettingKey, reader: (text: string) => Read<T>): T | undefined => {
    const text = annotations[`${PREFIX}${key}`]?.trim()
    if (text === undefined) return undefined
    const tooLong = checkLength(key, text)
    const result = tooLong.length > 0 ? { wrong: [] } : reader(text)
    if ('value' in result) return result.value
    problems.push(...tooLong, ...firstProblems(key, result.wrong))
    return undefined
  }
  const values = {
    strategy: read('strategy', readStrategy),
    steps: read('steps', readSteps),
    analysis: read('analysis', readAnalysis),
    router: read('router', readRouter),
    routerMode: read('router-mode', readRouterMode),
    services: read('services', readServices),
    sticky: read('sticky', readSticky),
    timeouts: read('timeouts', readTimeouts),
    bypass: read('bypass', readBypass),
    spec: read('spec', text => readSpec(text, decodeYaml)),
  }
  return { values, problems }
}

type Values = ReturnType<typeof readEach>['values']

const BLUE_GREEN_STEPS = 'allowed are 100%, waits, pause, analysis, header, cookie and query, e.g. pause, 100%, 10m'

const checkBlueGreen = ({ strategy, steps = [] }: Values): Problem[] =>
  strategy !== 'blue-green'
    ? []
    : steps.flatMap((step, i) => {
        const path = pathOf('steps')
        const because = 'is not for blue-green, which starts the new version at full size and switches all traffic at once'
        if (step.kind === 'scale') return [{ path, message: `step ${i + 1}: scale ${because}; ${BLUE_GREEN_STEPS}` }]
        if (step.kind !== 'weight' || step.percent === 100) return []
        return [{ path, message: `step ${i + 1}: weight "${step.percent}%" ${because}; ${BLUE_GREEN_STEPS}` }]
      })

const NEEDS_ROUTER = 'needs a router, and sluice.dev/router is none; set that to auto or leave this out'

const checkRouterNone = ({ router, steps = [], analysis, services, sticky, timeouts, routerMode }: Values): Problem[] => {
  if (router !== 'none') return []
  const set = {
    analysis: analysis && analysis.checks.length > 0,
    'router-mode': routerMode === 'always',
    services,
    sticky,
    timeouts,
  }
  return [
    ...steps.flatMap((step, i) =>
      step.kind === 'match' || step.kind === 'mirror'
        ? [
            {
              path: pathOf('steps'),
              message: `step ${i + 1}: ${step.kind === 'match' ? step.part.of : step.kind} ${NEEDS_ROUTER}`,
            },
          ]
        : [],
    ),
    ...Object.entries(set).flatMap(([key, value]) => (value ? [{ path: pathOf(key), message: NEEDS_ROUTER }] : [])),
  ]
}

const checkSpec = ({ spec, steps, strategy }: Values): Problem[] => {
  if (!spec) return []
  return [
    ...(steps
      ? [{ path: pathOf('steps'), message: 'stands beside sluice.dev/spec, which has steps of its own; leave one of them out' }]
      : []),
    ...(strategy === 'blue-green'
      ? [
          {
            path: pathOf('spec'),
            message: 'is for sluice.dev/strategy: canary only; leave it out for blue-green, e.g. with steps "pause, 100%"',
          },
        ]
      : []),
  ]
}

/** Default steps are read like a user's, so they cannot drift from the language. */
const defaultSteps = (strategy: Settings['strategy']): readonly Step[] => {
  const result = readSteps(DEFAULT_STEPS[strategy])
  if ('value' in result) return result.value
  throw new Error(`the default steps of ${strategy} are wrong: ${JSON.stringify(result.wrong)}`)
}

const withDefaults = ({
  strategy = 'canary',
  steps,
  analysis,
  router = 'auto',
  routerMode,
  bypass,
  ...rest
}: Values): Settings => {
  const { services, sticky, timeouts, spec } = rest
  return {
    strategy,
    steps: steps ?? defaultSteps(strategy),
    ...(analysis ?? { checks: router === 'none' ? [] : [DEFAULT_ANALYSIS], templates: [] }),
    router,
    routerMode: routerMode ?? 'on-demand',
    bypass: bypass === 'true',
    ...(services && { services }),
    ...(sticky && { sticky }),
    ...(timeouts && { timeouts }),
    ...(spec && { spec }),
  }
}

/**
 * Reads the annotations of a Deployment. Without `sluice.dev/strategy` it is not opted in, whatever else is there. Problems come
 * all at once, each with the annotation as its path.
 */
export const readSettings = (annotations: Labels | undefined, options: ReadOptions = {}): ReadSettings => {
  if (annotations?.[`${PREFIX}strategy`] === undefined) return { optedIn: false }
  const { values, problems } = readEach(annotations, options)
  const all = [
    ...checkNames(annotations),
    ...problems,
    ...checkBlueGreen(values),
    ...checkRouterNone(values),
    ...checkSpec(values),
  ]
  return all.length > 0 ? { optedIn: true, problems: all } : { optedIn: true, settings: withDefaults(values), problems: [] }
}

/** Settings on a Deployment that is not opted in: each is worth a warning, because it does nothing. */
export const ignoredSettings = (annotations: Labels | undefined): Problem[] =>
  annotations === undefined || annotations[`${PREFIX}strategy`] !== undefined
    ? []
    : settingNames(annotations).map(name => ({
        path: pathOf(name),
        message: `has no effect without ${PREFIX}strategy, which opts in, e.g. ${PREFIX}strategy: canary`,
      }))
