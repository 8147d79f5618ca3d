/** The language of the `steps` annotation: `5%, 2m, analysis(smoke), 50%, pause, 100%`. */
import { didYouMean } from './did-you-mean.ts'
import { parseDuration } from './duration.ts'
import { type MatchStep, parseMatch } from './match-step.ts'
import { quote } from './quote.ts'
import { splitList } from './split-list.ts'
import { isShare } from './traffic-weight.ts'

export type Step =
  /** Share of new requests for the canary in percent, with at most two decimals. */
  | { readonly kind: 'weight'; readonly percent: number }
  /** Wait; a Go duration as written. */
  | { readonly kind: 'wait'; readonly duration: string }
  /** Wait for a person. */
  | { readonly kind: 'pause' }
  /** Run an AnalysisTemplate to its end. */
  | { readonly kind: 'analysis'; readonly template: string }
  | { readonly kind: 'scale'; readonly percent: number }
  | { readonly kind: 'scale'; readonly replicas: number }
  /** Requests with this header, cookie or query parameter go to the canary, whatever the weight. */
  | MatchStep
  /** Copies of this share of the stable version's requests go to the canary; the answers are thrown away. */
  | { readonly kind: 'mirror'; readonly percent: number }

/** Every form of a step, for the reference. */
export const STEP_FORMS: readonly { readonly form: string; readonly meaning: string }[] = [
  {
    form: '5%',
    meaning: "The new version's share of new requests: a percentage from 0% to 100%, with at most two decimals, e.g. `0.5%`.",
  },
  { form: '2m', meaning: 'Wait so long: a Go duration above 0.' },
  { form: 'pause', meaning: 'Wait until a person promotes.' },
  { form: 'analysis(NAME)', meaning: 'Run the AnalysisTemplate to its end; a failure takes all traffic back.' },
  { form: 'scale(25%)', meaning: "The new version's size, apart from its share: from 1% to 100% of the Deployment's replicas." },
  { form: 'scale(3)', meaning: 'The same as a number of pods.' },
  {
    form: 'header(X-Canary=yes)',
    meaning:
      'Requests with this header and value go to the new version, whatever its share. `^=` in the place of `=`: the value begins so; `~=`: the whole value matches this regular expression (RE2). At a share of 0% put `scale(1)` in front: without a pod of the new version they go to the old one.',
  },
  {
    form: 'cookie(canary=yes)',
    meaning:
      'The same by a cookie; also with `^=` and `~=`. Names are compared as they are, values without the quotes that may stand around them (RFC 6265).',
  },
  {
    form: 'query(canary=yes)',
    meaning:
      'The same by a parameter in the query of the URL; also with `^=` and `~=`. Names and values are compared as they are once `%XX` and `+` are decoded; of several with the name one is enough.',
  },
  {
    form: 'mirror(10%)',
    meaning:
      "Copies of this share of the old version's requests (HTTP/1, HTTP/2 and gRPC) go to the new version; the answers to copies are thrown away, and no check counts them. A copy has the header `X-Sluice-Mirror: true`; what it does, it does a second time. At a share of 0% put `scale(1)` in front: without a pod of the new version no copy is made.",
  },
]

type Parsed = { readonly step: Step } | { readonly problem: string }

const FORMS =
  '5%, 2m, pause, analysis(NAME), scale(25%), scale(3), header(X-Canary=yes), cookie(canary=yes), query(canary=yes) or mirror(10%)'
const CALL = /^([A-Za-z][A-Za-z-]*)\s*\((.*)\)$/
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/
const PERCENT = /^(\d{1,3})%$/

const percentOf = (text: string, least: number): number | undefined => {
  const percent = Number(PERCENT.exec(text)?.[1])
  return percent >= least && percent <= 100 ? percent : undefined
}

const WEIGHT = /^(\d{1,3}(?:\.\d{1,2})?)%$/

const parseWeight = (text: string): Parsed => {
  const percent = Number(WEIGHT.exec(text)?.[1])
  if (isShare(percent)) return { step: { kind: 'weight', percent } }
  return { problem: `weight ${quote(text)} must be a percentage from 0% to 100% with at most two decimals, e.g. 20% or 0.5%` }
}

const parseWait = (text: string): Parsed => {
  if (/;|[%a-z]\s+\d/.test(text)) {
    return { problem: `${quote(text)} is more than one step; steps are joined by commas, e.g. 5%, 2m` }
  }
  if (/^\d+$/.test(text))
    return { problem: `${quote(text)} has no unit; ${text}% is a weight and ${text}s a wait, e.g. 20% or 30s` }
  const milliseconds = parseDuration(text)
  if (milliseconds !== undefined && milliseconds > 0) return { step: { kind: 'wait', duration: text } }
  return { problem: `wait ${quote(text)} must be a duration above 0 in h, m, s or ms, e.g. 30s, 2m or 1h30m` }
}

const parseScale = (text: string): Parsed => {
  const percent = percentOf(text, 1)
  if (percent !== undefined) return { step: { kind: 'scale', percent } }
  if (/^[1-9]\d{0,5}$/.test(text)) return { step: { kind: 'scale', replicas: Number(text) } }
  return {
    problem: `scale(${text}) must hold a percentage from 1% to 100% or a number of pods from 1, e.g. scale(25%) or scale(3)`,
  }
}

const parseAnalysis = (text: string): Parsed =>
  OBJECT_NAME.test(text)
    ? { step: { kind: 'analysis', template: text } }
    : {
        problem: `analysis(${text}) must hold the name of an AnalysisTemplate in lower-case letters, digits, - and ., e.g. analysis(smoke-test)`,
      }

const parseMirror = (text: string): Parsed => {
  const percent = percentOf(text, 1)
  if (percent !== undefined) return { step: { kind: 'mirror', percent } }
  return { problem: `mirror(${text}) must hold a percentage from 1% to 100%, e.g. mirror(10%)` }
}

const CALLS: { readonly [name: string]: (argument: string) => Parsed } = {
  analysis: parseAnalysis,
  scale: parseScale,
  header: text => parseMatch('header', text),
  cookie: text => parseMatch('cookie', text),
  query: text => parseMatch('query', text),
  mirror: parseMirror,
}
const WORDS = [...Object.keys(CALLS), 'pause']

const parseWord = (text: string): Parsed => {
  const [, name = text, argument] = CALL.exec(text) ?? []
  const parse = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined
  if (parse && argument !== undefined) return parse(argument.trim())
  if (text === 'pause') return { step: { kind: 'pause' } }
  if (text.includes('(') !== text.includes(')')) {
    return { problem: `${quote(text)} has only one parenthesis; a step is one of ${FORMS}` }
  }
  if (parse) return { problem: `${quote(text)} needs its argument in parentheses; a step is one of ${FORMS}` }
  if (name === 'pause')
    return { problem: `${quote(text)} takes no argument; write pause to wait for a person, or a duration such as 2m` }
  return { problem: `${quote(text)} is not a step; a step is one of ${FORMS}${didYouMean(name, WORDS)}` }
}

const parseStep = (text: string): Parsed => {
  if (text === '') return { problem: `is empty; a step is one of ${FORMS}` }
  if (/^[-+]?[\d.].*%$/.test(text)) return parseWeight(text)
  if (/^[-+]?[\d.]/.test(text)) return parseWait(text)
  return parseWord(text)
}

/** Weights go up: a lower one after a higher one is a slip far more often than a wish. */
const checkRising = (steps: readonly (Step | undefined)[]): string[] => {
  const problems: string[] = []
  let highest = { percent: -1, at: 0 }
  steps.forEach((step, i) => {
    if (step?.kind !== 'weight') return
    if (step.percent <= highest.percent) {
      problems.push(
        `step ${i + 1}: weight "${step.percent}%" must be above the ${highest.percent}% of step ${highest.at}, because weights only go up, e.g. 5%, 25%, 100%`,
      )
    } else highest = { percent: step.percent, at: i + 1 }
  })
  return problems
}

/** Decodes the annotation. Every problem names the step by its number from 1, what is there, what is allowed and an example. */
export const parseSteps = (text: string): { readonly steps: readonly Step[] } | { readonly problems: readonly string[] } => {
  const parsed = splitList(text).map(parseStep)
  const problems = parsed.flatMap((one, i) => ('problem' in one ? [`step ${i + 1}: ${one.problem}`] : []))
  const steps = parsed.map(one => ('step' in one ? one.step : undefined))
  const all = [...problems, ...checkRising(steps)]
  return all.length > 0 ? { problems: all } : { steps: steps.filter(step => step !== undefined) }
}
