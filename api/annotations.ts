/** The annotations by which a user opts a Deployment in (`sluice.dev/strategy` and the others), read into Settings. */
import { parseCheck } from './checks.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Labels } from './kubernetes.ts'
import { INTERNAL_ANNOTATIONS, PREFIX } from './names.ts'
import type { Problem } from './problem.ts'
import { parseSteps, type Step } from './steps.ts'

export type Sticky = 'cookie' | 'ip' | { readonly header: string }

/** The `spec` annotation: decoded, or the text when it is not JSON and no YAML decoder was given. */
export type SpecSetting = { readonly decoded: unknown } | { readonly undecoded: string }

/** What the annotations ask for, with defaults filled in. */
export type Settings = {
  readonly strategy: 'canary' | 'blue-green'
  readonly steps: readonly Step[]
  /** Short checks as written, each accepted by parseCheck. */
  readonly checks: readonly string[]
  /** AnalysisTemplates that run in the background beside the checks. */
  readonly templates: readonly string[]
  readonly router: 'auto' | 'shared' | 'none'
  readonly routerMode: 'on-demand' | 'always'
  /** Absent: every Service whose selector matches the pods. */
  readonly services?: readonly string[]
  readonly sticky?: Sticky
  /** The next update passes to native Kubernetes. */
  readonly bypass: boolean
  readonly spec?: SpecSetting
}

export type ReadSettings =
  | { readonly optedIn: false }
  | { readonly optedIn: true; readonly settings: Settings; readonly problems: readonly [] }
  | { readonly optedIn: true; readonly settings?: undefined; readonly problems: readonly Problem[] }

export type ReadOptions = {
  /** Decodes YAML; throws on malformed text. Without it `spec` is read when it is JSON and kept as text otherwise. */
  readonly decodeYaml?: (text: string) => unknown
}

export const DEFAULT_STEPS = { canary: '5%, 2m, 25%, 2m, 50%, 2m, 100%', 'blue-green': '100%, 2m' } as const
export const DEFAULT_ANALYSIS = 'success-rate >= 99%'

type Read<T> = { readonly value: T } | { readonly wrong: readonly string[] }

const quote = (text: string): string => JSON.stringify(text)
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/
const SERVICE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

const oneOf = <T extends string>(text: string, allowed: readonly T[]): Read<T> => {
  const value = allowed.find(word => word === text)
  if (value !== undefined) return { value }
  return { wrong: [`${quote(text)} must be ${allowed.join(' or ')}${didYouMean(text, allowed)}`] }
}

const readSteps = (text: string): Read<readonly Step[]> => {
  const parsed = parseSteps(text)
  return 'steps' in parsed ? { value: parsed.steps } : { wrong: parsed.problems }
}

type Analysis = { readonly checks: readonly string[]; readonly templates: readonly string[] }

const readAnalysis = (text: string): Read<Analysis> => {
  const checks: string[] = []
  const templates: string[] = []
  const wrong: string[] = []
  text.split(',').forEach((part, i) => {
    const item = part.trim()
    const template = /^template\/(.*)$/.exec(item)?.[1]
    if (template !== undefined && OBJECT_NAME.test(template)) templates.push(template)
    else if (template !== undefined)
      wrong.push(`check ${i + 1}: ${quote(item)} must name an AnalysisTemplate, e.g. template/smoke-test`)
    else {
      const parsed = parseCheck(item)
      if ('check' in parsed) checks.push(item)
      else wrong.push(`check ${i + 1}: ${parsed.problem}`)
    }
  })
  return wrong.length > 0 ? { wrong } : { value: { checks, templates } }
}

const LATER = /^(sidecar|(gateway|istio|nginx)\/.+)$/

const readRouter = (text: string): Read<Settings['router']> => {
  if (!LATER.test(text)) return oneOf(text, ['auto', 'shared', 'none'])
  return { wrong: [`${quote(text)} is not available in this version; available now are auto, shared and none, e.g. auto`] }
}

const readServices = (text: string): Read<readonly string[]> => {
  const names = text.split(',').map(name => name.trim())
  const wrong = names
    .filter(name => !SERVICE_NAME.test(name))
    .map(
      name =>
        `${quote(name)} must be the name of a Service in the Deployment's namespace, names joined by commas, e.g. web,web-internal`,
    )
  return wrong.length > 0 ? { wrong } : { value: names }
}

const readSticky = (text: string): Read<Sticky> => {
  if (text === 'cookie' || text === 'ip') return { value: text }
  const header = /^header\/(.*)$/.exec(text)?.[1]
  if (header !== undefined && HEADER_NAME.test(header)) return { value: { header } }
  return { wrong: [`${quote(text)} must be cookie, ip or header/NAME, e.g. header/X-User`] }
}

const readSpec = (text: string, { decodeYaml }: ReadOptions): Read<SpecSetting> => {
  try {
    return { value: { decoded: JSON.parse(text) } }
  } catch {
    if (decodeYaml === undefined) return { value: { undecoded: text } }
  }
  try {
    return { value: { decoded: decodeYaml(text) } }
  } catch (error) {
    return { wrong: [`is not YAML: ${error instanceof Error ? error.message : String(error)}`] }
  }
}

export const SETTING_KEYS = [
  'strategy',
  'steps',
  'analysis',
  'router',
  'router-mode',
  'services',
  'sticky',
  'bypass',
  'spec',
] as const
type Key = (typeof SETTING_KEYS)[number]

const pathOf = (key: string): string => `metadata.annotations[${PREFIX}${key}]`

const checkKeys = (annotations: Labels): Problem[] =>
  Object.keys(annotations).flatMap(key => {
    const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined
    if (name === undefined || INTERNAL_ANNOTATIONS.includes(key) || SETTING_KEYS.some(known => known === name)) return []
    return [
      {
        path: pathOf(name),
        message: `is not an annotation of Sluice${didYouMean(name, SETTING_KEYS)}; allowed are ${SETTING_KEYS.join(', ')}`,
      },
    ]
  })

/**
 * Reads the annotations of a Deployment. Without `sluice.dev/strategy` it is not opted in, whatever else is there. Problems come
 * all at once, each with the annotation as its path.
 */
export const readSettings = (annotations: Labels | undefined, options: ReadOptions = {}): ReadSettings => {
  const strategyText = annotations?.[`${PREFIX}strategy`]
  if (annotations === undefined || strategyText === undefined) return { optedIn: false }
  const problems: Problem[] = checkKeys(annotations)
  const read = <T>(key: Key, parse: (text: string) => Read<T>): T | undefined => {
    const text = annotations[`${PREFIX}${key}`]?.trim()
    if (text === undefined) return undefined
    const result = parse(text)
    if ('value' in result) return result.value
    problems.push(...result.wrong.map(message => ({ path: pathOf(key), message })))
    return undefined
  }
  const strategy = read('strategy', text => oneOf<Settings['strategy']>(text, ['canary', 'blue-green'])) ?? 'canary'
  const steps = read('steps', readSteps) ?? readDefault(readSteps(DEFAULT_STEPS[strategy]))
  const router = read('router', readRouter) ?? 'auto'
  const analysis = read('analysis', readAnalysis) ?? { checks: router === 'none' ? [] : [DEFAULT_ANALYSIS], templates: [] }
  const services = read('services', readServices)
  const sticky = read('sticky', readSticky)
  const spec = read('spec', text => readSpec(text, options))
  const settings: Settings = {
    strategy,
    steps,
    ...analysis,
    router,
    routerMode: read('router-mode', text => oneOf<Settings['routerMode']>(text, ['on-demand', 'always'])) ?? 'on-demand',
    bypass: read('bypass', text => oneOf(text, ['true', 'false'])) === 'true',
    ...(services && { services }),
    ...(sticky && { sticky }),
    ...(spec && { spec }),
  }
  return problems.length > 0 ? { optedIn: true, problems } : { optedIn: true, settings, problems: [] }
}

const readDefault = <T>(result: Read<T>): T => {
  if ('value' in result) return result.value
  throw new Error(`a default of Sluice is wrong: ${result.wrong.join('; ')}`)
}
