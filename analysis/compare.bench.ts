/**
 * The judge beside checks of Argo Rollouts' kind on the same simulated requests: how soon each finds a worse canary, how often it refuses a good one.
 *   node analysis/compare.bench.ts [SEED]
 * The last line is one JSON object.
 */
import { badRequests } from './bad-requests.ts'
import { type FixedThreshold, failsAfter } from './fixed-threshold.ts'
import type { Second } from './history.ts'
import { FALSE_ALARM_RATE, type Look, lookAtEachSecond } from './looks.ts'
import { type Random, seeded, simulateRollout } from './simulation.ts'
import { checkOf } from './testing/tallies.ts'
import { UNDECIDED_LIMIT_S } from './verdict.ts'

const seed = Number(process.argv[2] ?? 1)
if (!Number.isInteger(seed)) {
  console.error(`SEED is ${process.argv[2]}, it must be a whole number, e.g. 1`)
  process.exit(2)
}

const SECONDS = 600
const ROLLOUTS = 200
const GOOD_ROLLOUTS = 1000
/** Canary requests a second, at a weight of 5 %. */
const RATES = [10, 100, 1000]
/** What fails of stable, and of a good canary. */
const BASE = 0.001
const EXTRA = [0.05, 0.01, 0.005]

/** `after`: seconds to the verdict; undefined when the canary is let through. */
type Outcome = { readonly verdict: 'failed' | 'paused' | 'passed'; readonly after: number }

type Judge = { readonly name: string; readonly isOurs: boolean; readonly judge: (seconds: readonly Second[]) => Outcome }

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

const ours = (text: string): Judge => {
  const check = checkOf(text)
  return {
    name: `sluice: ${text}`,
    isOurs: true,
    judge: seconds => {
      const looks = lookAtEachSecond(check, badRequests(check, { startedAt: 0, seconds }))
      const last = looks.at(-1)
      const paused = pausedAfter(looks)
      if (paused !== undefined) return { verdict: 'paused', after: paused }
      return last?.broken === 'own' ? { verdict: 'failed', after: last.second + 1 } : PASSED
    },
  }
}

/** Once a minute, with the number of failed measurements that are tolerated: none, as in Argo Rollouts by default, and three, as in most examples. */
const fixed = (text: string, failureLimit: number, fails: FixedThreshold['fails']): Judge => ({
  name: `fixed: ${text}, limit ${failureLimit}`,
  isOurs: false,
  judge: seconds => {
    const after = failsAfter({ interval: 60, failureLimit, fails }, seconds)
    return after === undefined ? PASSED : { verdict: 'failed', after }
  },
})

/** The first of each kind is what a user would write first. What refuses too many good versions is printed too, but not compared with. */
const JUDGES: readonly Judge[] = [
  ours('success-rate >= 99%'),
  ours('success-rate >= stable'),
  ours('success-rate >= stable * 0.999'),
  ...[0, 3].flatMap(limit => [
    fixed('success-rate >= 99%', limit, canary => canary > 0.01),
    fixed('success-rate >= 99.5%', limit, canary => canary > 0.005),
    fixed('error-rate <= 2 * stable', limit, (canary, stable) => canary > 2 * stable),
  ]),
]

const simulate = (random: Random, rate: number, failing: number): readonly Second[] =>
  simulateRollout(random, { seconds: SECONDS, canary: { rate, failing }, stable: { rate: rate * 19, failing: BASE } })

/** By judge; the soonest first. */
const outcomesOf = (rate: number, extra: number, rollouts: number): readonly (readonly Outcome[])[] => {
  const random = seeded(seed * 1_000_003 + rate * 109 + extra * 1e6)
  const outcomes: Outcome[][] = JUDGES.map(() => [])
  for (let i = 0; i < rollouts; i += 1) {
    const seconds = simulate(random, rate, BASE + extra)
    for (const [j, { judge }] of JUDGES.entries()) outcomes[j]?.push(judge(seconds))
  }
  return outcomes.map(one => one.sort((a, b) => a.after - b.after))
}

const shareOf = (outcomes: readonly Outcome[], verdict: Outcome['verdict']): number =>
  outcomes.filter(one => one.verdict === verdict).length / outcomes.length

const quantile = (sorted: readonly Outcome[], q: number): number => sorted[Math.ceil(q * sorted.length) - 1]?.after ?? Number.NaN
const shown = (seconds: number): string => (Number.isFinite(seconds) ? `${seconds} s` : 'never').padStart(8)
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(9)
const finite = (seconds: number): number | null => (Number.isFinite(seconds) ? seconds : null)

const started = performance.now()
const rows: object[] = []
const WIDTH = 40

console.log(`Good canaries refused in ten minutes (${GOOD_ROLLOUTS} rollouts, ${BASE * 100} % of both versions' requests fail)`)
console.log(`  ${'canary requests a second'.padEnd(WIDTH)}${RATES.map(rate => String(rate).padStart(9)).join('')}`)
/** By rate, then by judge. */
const refused = new Map(RATES.map(rate => [rate, outcomesOf(rate, 0, GOOD_ROLLOUTS).map(one => shareOf(one, 'failed'))]))
for (const [j, { name }] of JUDGES.entries()) {
  const shares = RATES.map(rate => refused.get(rate)?.[j] ?? Number.NaN)
  console.log(`  ${name.padEnd(WIDTH)}${shares.map(percent).join('')}`)
  rows.push({ judge: name, extraFailures: 0, refused: Object.fromEntries(RATES.map((rate, i) => [rate, shares[i]])) })
}

/** Median seconds of the soonest fixed threshold that refuses at most as many good canaries as the judge's own bound allows. */
const soonestFixed = (rate: number, outcomes: readonly (readonly Outcome[])[]): number => {
  const isFair = (j: number) => !JUDGES[j]?.isOurs && (refused.get(rate)?.[j] ?? 1) <= FALSE_ALARM_RATE
  return Math.min(...outcomes.flatMap((one, j) => (isFair(j) ? [quantile(one, 0.5)] : [])))
}

const compare = (extra: number, rate: number): void => {
  const outcomes = outcomesOf(rate, extra, ROLLOUTS)
  const fixedSeconds = soonestFixed(rate, outcomes)
  console.log(`${`  ${rate} canary requests a second`.padEnd(WIDTH + 2)}   median     90 %   failed   paused   sooner`)
  for (const [j, { name, isOurs }] of JUDGES.entries()) {
    const own = outcomes[j] ?? []
    const [median, ninety] = [quantile(own, 0.5), quantile(own, 0.9)]
    const ratio = isOurs && Number.isFinite(median) && shareOf(own, 'failed') > 0.5 ? fixedSeconds / median : undefined
    const sooner = ratio === undefined ? '' : Number.isFinite(ratio) ? `${ratio.toFixed(1)} x` : 'alone'
    const [failed, paused] = [shareOf(own, 'failed'), shareOf(own, 'paused')]
    console.log(
      `    ${name.padEnd(WIDTH - 2)}${shown(median)} ${shown(ninety)}${percent(failed)}${percent(paused)}${sooner.padStart(9)}`,
    )
    rows.push({
      judge: name,
      canaryRequestsPerSecond: rate,
      extraFailures: extra,
      medianSeconds: finite(median),
      p90Seconds: finite(ninety),
      failed,
      paused,
      ...(ratio !== undefined && { timesSooner: finite(ratio) }),
    })
  }
}

console.log('\nsooner: than the soonest fixed threshold that refuses at most 1 % of good canaries')
for (const extra of EXTRA) {
  console.log(`\n${extra * 100} % extra failures: seconds to the verdict (${ROLLOUTS} rollouts of ten minutes)`)
  for (const rate of RATES) compare(extra, rate)
}

console.log(`\nTook ${((performance.now() - started) / 1000).toFixed(0)} s.`)
console.log(JSON.stringify({ seed, secondsPerRollout: SECONDS, rows }))
