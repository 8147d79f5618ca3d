/**
 * The judge beside checks of Argo Rollouts' kind on the same simulated requests: how soon each finds a worse canary, how often it refuses a good
 * one, and how soon any test could.
 *   node analysis/compare.bench.ts [SEED]
 * The last line is one JSON object.
 */
import type { Check } from '../api/checks.ts'
import { badRequests } from './bad-requests.ts'
import { addEvidence, logEvidence, NO_EVIDENCE } from './evidence.ts'
import { type FixedThreshold, failsAfter } from './fixed-threshold.ts'
import type { Second } from './history.ts'
import { leastMeanSeconds } from './least-time.ts'
import { FALSE_ALARM_RATE, isProven, type Look, lookAtEachSecond } from './looks.ts'
import { type Random, seeded, simulateRollout } from './simulation.ts'
import { addCounts, addTallies, EMPTY_TALLY, failureCounts, NO_COUNTS } from './tally.ts'
import { checkOf } from './testing/tallies.ts'
import { UNDECIDED_LIMIT_S } from './verdict.ts'

const seed = Number(process.argv[2] ?? 1)
if (!Number.isInteger(seed)) {
  console.error(`SEED is ${process.argv[2]}, it must be a whole number, e.g. 1`)
  process.exit(2)
}

const SECONDS = 600
const ROLLOUTS = 1000
const GOOD_ROLLOUTS = 10_000
/** Canary requests a second, at a weight of 5 %. */
const RATES = [10, 100, 1000]
const STABLE_TIMES = 19
/** What fails of stable, and of a good canary. */
const BASE = 0.001
const EXTRA = [0.05, 0.01, 0.005]
/** A fixed threshold that refuses more good canaries than this is printed, but not compared with. */
const FAIR = 0.01

/** Each second, and its first half alone. */
type Rollout = { readonly seconds: readonly Second[]; readonly halves: readonly Second[] }

/** `after`: seconds to the verdict; infinite when the canary is let through. */
type Outcome = { readonly verdict: 'failed' | 'paused' | 'passed'; readonly after: number }

type Judge = {
  readonly name: string
  /** Of a fixed threshold; absent: it is ours. */
  readonly failureLimit?: number
  readonly check?: Check
  readonly judge: (rollout: Rollout) => Outcome
}

const PASSED: Outcome = { verdict: 'passed', after: Number.POSITIVE_INFINITY }

/** When a check that does not fail gives up, as verdict.ts does: it did not pass for so long. */
const pausedAfter = (looks: readonly Look[]): number | undefined => {
  let passed = 0
  for (const { second, passes } of looks) {
    if (passes) passed = second
    else if (second - passed >= UNDECIDED_LIMIT_S) return second
  }
  return undefined
}

/** A check that does not compare with stable is looked at in the middle of a second too. Stable is good here, so that a broken limit is the canary's fault. */
const failsInMiddle = (check: Check, { seconds, halves }: Rollout): number => {
  const { limits, seconds: counted } = badRequests(check, { startedAt: 0, seconds })
  const [limit] = limits
  if (limit === undefined || limit.slope !== 0) return Number.POSITIVE_INFINITY
  let evidence = NO_EVIDENCE
  let canary = NO_COUNTS
  for (const [i, counts] of counted.entries()) {
    const half = failureCounts(halves[i]?.canary ?? EMPTY_TALLY)
    const log = logEvidence(addEvidence(evidence, limit, { ...counts, canary: half }))
    if (isProven(limit, log, addCounts(canary, half))) return i + 0.5
    evidence = addEvidence(evidence, limit, counts)
    canary = addCounts(canary, counts.canary)
  }
  return Number.POSITIVE_INFINITY
}

const ours = (text: string): Judge => {
  const check = checkOf(text)
  return {
    name: `sluice: ${text}`,
    check,
    judge: rollout => {
      const looks = lookAtEachSecond(check, badRequests(check, { startedAt: 0, seconds: rollout.seconds }))
      const last = looks.at(-1)
      const paused = pausedAfter(looks)
      if (paused !== undefined) return { verdict: 'paused', after: paused }
      const whole = last?.broken === 'own' ? last.second + 1 : Number.POSITIVE_INFINITY
      const after = Math.min(whole, failsInMiddle(check, rollout))
      return Number.isFinite(after) ? { verdict: 'failed', after } : PASSED
    },
  }
}

/** Once a minute, with the number of failed measurements that are tolerated: none, as in Argo Rollouts by default, and three, as in most examples. */
const fixed = (text: string, failureLimit: number, fails: FixedThreshold['fails']): Judge => ({
  name: `fixed: ${text}, limit ${failureLimit}`,
  failureLimit,
  judge: ({ seconds }) => {
    const after = failsAfter({ interval: 60, failureLimit, fails }, seconds)
    return after === undefined ? PASSED : { verdict: 'failed', after }
  },
})

const FAILURE_LIMITS = [3, 0]

/** The first of each kind is what a user would write first. */
const JUDGES: readonly Judge[] = [
  ours('success-rate >= 99%'),
  ours('success-rate >= stable'),
  ours('success-rate >= stable * 0.999'),
  ...FAILURE_LIMITS.flatMap(limit => [
    fixed('success-rate >= 99%', limit, canary => canary > 0.01),
    fixed('success-rate >= 99.5%', limit, canary => canary > 0.005),
    fixed('error-rate <= 2 * stable', limit, (canary, stable) => canary > 2 * stable),
  ]),
]

const simulate = (random: Random, rate: number, failing: number): Rollout => {
  const version = (perSecond: number, share: number) => ({ rate: perSecond / 2, failing: share })
  const model = { seconds: SECONDS * 2, canary: version(rate, failing), stable: version(rate * STABLE_TIMES, BASE) }
  const all = simulateRollout(random, model)
  const halves = all.filter(({ second }) => second % 2 === 0)
  const seconds = halves.map((half, i) => {
    const other = all[2 * i + 1] ?? half
    return { second: i, canary: addTallies(half.canary, other.canary), stable: addTallies(half.stable, other.stable) }
  })
  return { seconds, halves }
}

/** By judge; the soonest first. */
const outcomesOf = (rate: number, extra: number, rollouts: number): readonly (readonly Outcome[])[] => {
  const random = seeded(seed * 1_000_003 + rate * 109 + extra * 1e6)
  const outcomes: Outcome[][] = JUDGES.map(() => [])
  for (let i = 0; i < rollouts; i += 1) {
    const rollout = simulate(random, rate, BASE + extra)
    for (const [j, { judge }] of JUDGES.entries()) outcomes[j]?.push(judge(rollout))
  }
  return outcomes.map(one => one.sort((a, b) => a.after - b.after))
}

const countOf = (outcomes: readonly Outcome[], verdict: Outcome['verdict']): number =>
  outcomes.filter(one => one.verdict === verdict).length
const shareOf = (outcomes: readonly Outcome[], verdict: Outcome['verdict']): number =>
  countOf(outcomes, verdict) / outcomes.length

const quantile = (sorted: readonly Outcome[], q: number): number => sorted[Math.ceil(q * sorted.length) - 1]?.after ?? Number.NaN
const meanOf = (outcomes: readonly Outcome[]): number => outcomes.reduce((sum, { after }) => sum + after, 0) / outcomes.length
const finite = (seconds: number): number | null => (Number.isFinite(seconds) ? seconds : null)

const shown = (seconds: number): string => (Number.isFinite(seconds) ? `${Number(seconds.toFixed(1))} s` : 'never').padStart(9)
const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`.padStart(9)
const times = (ratio: number | undefined): string =>
  (ratio === undefined ? '' : Number.isFinite(ratio) ? `${ratio.toFixed(1)} x` : 'alone').padStart(9)

const started = performance.now()
const rows: object[] = []
const WIDTH = 42

console.log(`Good canaries refused in ten minutes (${GOOD_ROLLOUTS} rollouts, ${BASE * 100} % of both versions' requests fail)`)
console.log(`  ${'canary requests a second'.padEnd(WIDTH)}${RATES.map(rate => String(rate).padStart(9)).join('')}`)
/** By rate, then by judge. */
const refused = new Map(RATES.map(rate => [rate, outcomesOf(rate, 0, GOOD_ROLLOUTS).map(one => shareOf(one, 'failed'))]))
for (const [j, { name }] of JUDGES.entries()) {
  const shares = RATES.map(rate => refused.get(rate)?.[j] ?? Number.NaN)
  console.log(`  ${name.padEnd(WIDTH)}${shares.map(share => percent(share, 2)).join('')}`)
  rows.push({ judge: name, extraFailures: 0, refused: Object.fromEntries(RATES.map((rate, i) => [rate, shares[i]])) })
}

/** Median seconds of the soonest fixed threshold with this limit that refuses few enough good canaries. */
const soonestFixed = (limit: number, rate: number, outcomes: readonly (readonly Outcome[])[]): number => {
  const isFair = (j: number) => JUDGES[j]?.failureLimit === limit && (refused.get(rate)?.[j] ?? 1) <= FAIR
  return Math.min(...outcomes.flatMap((one, j) => (isFair(j) ? [quantile(one, 0.5)] : [])))
}

/** What no test can be below with the same limit, and as many false alarms as are promised. */
const leastMean = (check: Check, rate: number, extra: number): number => {
  const [limit] = badRequests(check, { startedAt: 0, seconds: [] }).limits
  const [canary, stable] = [
    { rate, share: BASE + extra },
    { rate: rate * STABLE_TIMES, share: BASE },
  ]
  return limit === undefined ? Number.POSITIVE_INFINITY : leastMeanSeconds(limit, canary, stable, FALSE_ALARM_RATE)
}

const compare = (extra: number, rate: number): void => {
  const outcomes = outcomesOf(rate, extra, ROLLOUTS)
  const soonest = FAILURE_LIMITS.map(limit => soonestFixed(limit, rate, outcomes))
  const head = `  ${rate} canary requests a second`.padEnd(WIDTH + 2)
  console.log(
    `${head}   median      mean      90 %   failed   paused${FAILURE_LIMITS.map(n => `  limit ${n}`).join('')}  least mean`,
  )
  for (const [j, { name, check }] of JUDGES.entries()) {
    const own = outcomes[j] ?? []
    const [median, ninety, mean] = [quantile(own, 0.5), quantile(own, 0.9), meanOf(own)]
    const [failed, paused] = [shareOf(own, 'failed'), shareOf(own, 'paused')]
    const isFound = check !== undefined && Number.isFinite(median) && failed > 0.5
    const sooner = soonest.map(seconds => (isFound ? seconds / median : undefined))
    const least = check && leastMean(check, rate, extra)
    console.log(
      `    ${name.padEnd(WIDTH)}${shown(median)} ${shown(mean)} ${shown(ninety)}${percent(failed)}${percent(paused)}${sooner.map(times).join('')}${least === undefined ? '' : `   ${shown(least)}`}`,
    )
    rows.push({
      judge: name,
      canaryRequestsPerSecond: rate,
      extraFailures: extra,
      medianSeconds: finite(median),
      meanSeconds: finite(mean),
      p90Seconds: finite(ninety),
      failed,
      paused,
      ...(least !== undefined && { leastMeanSeconds: finite(least) }),
      ...(isFound && { timesSooner: Object.fromEntries(FAILURE_LIMITS.map((n, i) => [n, finite(sooner[i] ?? Number.NaN)])) }),
    })
  }
}

console.log(`
limit 3, limit 0: how many times sooner, by medians, than the soonest fixed threshold with that failureLimit which refuses at most ${FAIR * 100} % of good canaries
least mean: no test that fails every such canary, and in at most ${FALSE_ALARM_RATE * 100} % of rollouts one that keeps to the limit, has a lower mean (Wald's bound)`)
for (const extra of EXTRA) {
  console.log(`\n${extra * 100} % extra failures: seconds to the verdict (${ROLLOUTS} rollouts of ten minutes)`)
  for (const rate of RATES) compare(extra, rate)
}

console.log(`\nTook ${((performance.now() - started) / 1000).toFixed(0)} s.`)
console.log(JSON.stringify({ seed, secondsPerRollout: SECONDS, rows }))
