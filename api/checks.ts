/** The short checks of the `analysis` annotation, over the router's own numbers: `success-rate >= 99%`, `p99 <= stable * 1.2`. */
import { parseDuration } from './duration.ts'
import { quote } from './quote.ts'

export type Check =
  /** Share of the canary's requests that did not fail; `ratio` 0..1. */
  | { readonly kind: 'success-rate'; readonly op: '>=' | '>'; readonly ratio: number }
  /** `quantile` 0..1 of the canary's durations. */
  | { readonly kind: 'latency'; readonly quantile: number; readonly op: '<=' | '<'; readonly milliseconds: number }
  /** Against the same quantile of the stable version over the same seconds, times `factor`. */
  | { readonly kind: 'latency-vs-stable'; readonly quantile: number; readonly op: '<=' | '<'; readonly factor: number }
  | { readonly kind: 'success-rate-vs-stable'; readonly op: '>=' | '>'; readonly factor: number }

/** Every form of a check, for the reference. */
export const CHECK_FORMS: readonly { readonly form: string; readonly meaning: string }[] = [
  { form: 'success-rate >= 99%', meaning: "Share of the new version's requests that did not fail; also with `>`." },
  {
    form: 'success-rate >= stable * 0.99',
    meaning: "The same against the old version's share over the same seconds; a factor above 0 and at most 1.",
  },
  { form: 'p99 <= 500ms', meaning: "A quantile of the new version's durations (`p50`, `p95`, `p99.9`); also with `<`." },
  {
    form: 'p99 <= stable * 1.2',
    meaning: "The same against the old version's quantile over the same seconds; a factor of at least 1.",
  },
]

export type ParsedCheck = { readonly check: Check } | { readonly problem: string }

const EXAMPLES = 'success-rate >= 99%, p99 <= 500ms, p99 <= stable * 1.2 or success-rate >= stable * 0.99'
const FORM = /^(\S+?)\s*(<=|>=|==|=|<|>|!=)\s*(.+)$/
const NUMBER = '\\d+(?:\\.\\d+)?'
const PERCENT = new RegExp(`^(${NUMBER})\\s*%$`)
const STABLE = new RegExp(`^stable(?:\\s*\\*\\s*(${NUMBER}))?$`)
const QUANTILE = new RegExp(`^p(${NUMBER})$`)

/** As decimal text, because 99.9 / 100 is not 0.999 in floating point. */
const hundredth = (digits: string | undefined): number => Number(`${digits}e-2`)

const parseSuccessRate = (op: string, bound: string): ParsedCheck => {
  if (op !== '>=' && op !== '>') {
    return { problem: `success-rate is compared with >= or >, not ${quote(op)}, e.g. success-rate >= 99%` }
  }
  const stable = STABLE.exec(bound)
  if (stable) {
    const factor = Number(stable[1] ?? 1)
    if (factor > 0 && factor <= 1) return { check: { kind: 'success-rate-vs-stable', op, factor } }
    return { problem: `factor ${stable[1]} must be above 0 and at most 1, e.g. success-rate >= stable * 0.99` }
  }
  const percent = PERCENT.exec(bound)
  const ratio = hundredth(percent?.[1])
  if (percent && ratio > 0 && ratio <= 1) return { check: { kind: 'success-rate', op, ratio } }
  return {
    problem: `${quote(bound)} must be a percentage above 0% and at most 100%, or stable * FACTOR, e.g. success-rate >= 99%`,
  }
}

const parseLatency = (name: string, op: string, bound: string): ParsedCheck => {
  const quantile = hundredth(QUANTILE.exec(name)?.[1])
  if (!(quantile > 0 && quantile < 1))
    return { problem: `${quote(name)} must be above p0 and below p100, e.g. p50, p95, p99 or p99.9` }
  if (op !== '<=' && op !== '<') return { problem: `${name} is compared with <= or <, not ${quote(op)}, e.g. ${name} <= 500ms` }
  const stable = STABLE.exec(bound)
  if (stable) {
    const factor = Number(stable[1] ?? 1)
    if (factor >= 1) return { check: { kind: 'latency-vs-stable', quantile, op, factor } }
    return { problem: `factor ${stable[1]} must be at least 1, e.g. ${name} <= stable * 1.2` }
  }
  const milliseconds = parseDuration(bound)
  if (milliseconds !== undefined && milliseconds > 0) return { check: { kind: 'latency', quantile, op, milliseconds } }
  return { problem: `${quote(bound)} must be a duration above 0 with its unit, or stable * FACTOR, e.g. ${name} <= 500ms` }
}

/** Decodes one check. The problem names what is wrong, what is allowed and an example; the caller says where the text stood. */
export const parseCheck = (text: string): ParsedCheck => {
  const match = FORM.exec(text.trim())
  if (!match) return { problem: `${quote(text.trim())} is not a check; a check is NAME OPERATOR BOUND, e.g. ${EXAMPLES}` }
  const [, name = '', op = '', bound = ''] = match
  if (name === 'success-rate') return parseSuccessRate(op, bound.trim())
  if (QUANTILE.test(name)) return parseLatency(name, op, bound.trim())
  return {
    problem: `${quote(name)} is not something to check; allowed are success-rate and p50, p95, p99 and so on, e.g. ${EXAMPLES}`,
  }
}
