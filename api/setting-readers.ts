/** One reader for each annotation: the text to a value, or everything that is wrong with it. */
import { checkDeploymentStrategy } from './check-strategy.ts'
import { parseCheck } from './checks.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Problem } from './problem.ts'
import { quote } from './quote.ts'
import { ROLLOUT_STRATEGY } from './rollout-strategy.ts'
import { decode } from './schema/decode.ts'
import { SETTINGS, type SettingKey, type Settings, type SpecSetting, type Sticky } from './settings.ts'
import { parseSteps, type Step } from './steps.ts'
import { parseTimeouts, type Timeouts } from './timeouts.ts'

/** What is wrong; paths are relative to the annotation, `''` for the whole of it. */
export type Read<T> = { readonly value: T } | { readonly wrong: readonly Problem[] }

const wrong = (...messages: readonly string[]): { readonly wrong: readonly Problem[] } => ({
  wrong: messages.map(message => ({ path: '', message })),
})

/** `"canry" must be canary or blue-green, e.g. canary`. */
const mustBe = (key: SettingKey, text: string): string =>
  `${text === '' ? 'is empty; it' : quote(text)} must be ${SETTINGS[key].allowed}, e.g. ${SETTINGS[key].example}`

const oneOf =
  <const T extends string>(key: SettingKey, allowed: readonly T[]) =>
  (text: string): Read<T> => {
    const value = allowed.find(word => word === text)
    return value === undefined ? wrong(`${mustBe(key, text)}${didYouMean(text, allowed)}`) : { value }
  }

export const readStrategy = oneOf('strategy', ['canary', 'blue-green'])
export const readRouterMode = oneOf('router-mode', ['on-demand', 'always'])
export const readBypass = oneOf('bypass', ['true', 'false'])

export const readSteps = (text: string): Read<readonly Step[]> => {
  if (text === '') return wrong(mustBe('steps', text))
  const parsed = parseSteps(text)
  return 'steps' in parsed ? { value: parsed.steps } : wrong(...parsed.problems)
}

const ANALYSIS_ITEM = 'a check such as success-rate >= 99%, or template/NAME'
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

type Analysis = Pick<Settings, 'checks' | 'templates'>
type AnalysisItem = { readonly check: string } | { readonly template: string } | { readonly problem: string }

const readAnalysisItem = (item: string, earlier: readonly string[]): AnalysisItem => {
  if (item === '') return { problem: `is empty; it must be ${ANALYSIS_ITEM}` }
  if (earlier.includes(item)) return { problem: `${quote(item)} is there twice; once is enough` }
  const template = /^template\/(.*)$/.exec(item)?.[1]
  if (template === undefined) {
    const parsed = parseCheck(item)
    return 'check' in parsed ? { check: item } : parsed
  }
  if (OBJECT_NAME.test(template)) return { template }
  return {
    problem: `${quote(item)} must name an AnalysisTemplate in lower-case letters, digits, - and ., e.g. template/smoke-test`,
  }
}

export const readAnalysis = (text: string): Read<Analysis> => {
  if (text === '') return wrong(mustBe('analysis', text))
  if (text === 'none') return { value: { checks: [], templates: [] } }
  const parts = text.split(',').map(part => part.trim())
  const items = parts.map((part, i) => readAnalysisItem(part, parts.slice(0, i)))
  const problems = items.flatMap((item, i) => ('problem' in item ? [`check ${i + 1}: ${item.problem}`] : []))
  if (problems.length > 0) return wrong(...problems)
  return {
    value: {
      checks: items.flatMap(item => ('check' in item ? [item.check] : [])),
      templates: items.flatMap(item => ('template' in item ? [item.template] : [])),
    },
  }
}

/** Ways to split traffic that have a name already but no provider yet. */
const LATER = /^(gateway|istio|nginx)(\/.*)?$/

export const readRouter = (text: string): Read<Settings['router']> => {
  if (!LATER.test(text)) return oneOf('router', ['auto', 'shared', 'sidecar', 'none'])(text)
  return wrong(`${quote(text)} is not available in this version; available now are auto, shared, sidecar and none, e.g. auto`)
}

const SERVICE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

const checkServiceName = (name: string, earlier: readonly string[]): string[] => {
  if (name === '') return ['a name is empty; names of Services are joined by commas, e.g. web,web-internal']
  if (earlier.includes(name)) return [`${quote(name)} is there twice; once is enough`]
  if (SERVICE_NAME.test(name)) return []
  return [
    `${quote(name)} must be the name of a Service: lower-case letters, digits and -, at most 63 characters, e.g. web-internal`,
  ]
}

export const readServices = (text: string): Read<readonly string[]> => {
  if (text === '') return wrong(mustBe('services', text))
  const names = text.split(',').map(name => name.trim())
  const problems = names.flatMap((name, i) => checkServiceName(name, names.slice(0, i)))
  return problems.length > 0 ? wrong(...problems) : { value: names }
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export const readSticky = (text: string): Read<Sticky> => {
  if (text === 'cookie' || text === 'ip') return { value: text }
  const header = /^header\/(.*)$/.exec(text)?.[1]
  if (header !== undefined && HEADER_NAME.test(header)) return { value: { header } }
  return wrong(`${mustBe('sticky', text)}${didYouMean(text, ['cookie', 'ip'])}`)
}

export const readTimeouts = (text: string): Read<Timeouts> => {
  if (text === '') return wrong(mustBe('timeouts', text))
  const parsed = parseTimeouts(text)
  return 'timeouts' in parsed ? { value: parsed.timeouts } : wrong(...parsed.problems)
}

export type DecodeYaml = (text: string) => unknown

type Parsed = { readonly data: unknown } | { readonly undecoded: string } | { readonly error: string }

/** JSON is YAML, so what is JSON needs no decoder. */
const parseYaml = (text: string, decodeYaml: DecodeYaml | undefined): Parsed => {
  try {
    return { data: JSON.parse(text) }
  } catch {
    if (decodeYaml === undefined) return { undecoded: text }
  }
  try {
    return { data: decodeYaml(text) }
  } catch (error) {
    return { error: error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/:$/, '') : String(error) }
  }
}

export const readSpec = (text: string, decodeYaml: DecodeYaml | undefined): Read<SpecSetting> => {
  if (text === '') return wrong(mustBe('spec', text))
  const parsed = parseYaml(text, decodeYaml)
  if ('undecoded' in parsed) return { value: parsed }
  if ('error' in parsed)
    return wrong(`is not YAML (${parsed.error}); it must be ${SETTINGS.spec.allowed}, e.g. ${SETTINGS.spec.example}`)
  const decoded = decode(ROLLOUT_STRATEGY, parsed.data)
  if (decoded.problems) return { wrong: decoded.problems }
  const problems = checkDeploymentStrategy(decoded.value)
  return problems.length > 0 ? { wrong: problems } : { value: { strategy: decoded.value } }
}
