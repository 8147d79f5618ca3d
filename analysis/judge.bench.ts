/**
 * Simulates rollouts and prints how often a good canary is failed and how soon a bad one is.
 *   node analysis/judge.bench.ts [SEED]
 * Every second of every rollout is looked at. The last line is one JSON object.
 */
import type { Check } from '../api/checks.ts'
import { badRequests } from './bad-requests.ts'
import { FALSE_ALARM_RATE, lookAtEachSecond } from './looks.ts'
import { type Random, type RolloutModel, seeded, simulateRollout } from './simulation.ts'
import { checkOf } from './testing/tallies.ts'
import { judge } from './verdict.ts'

const seed = Number(process.argv[2] ?? 1)
if (!Number.isInteger(seed)) {
  console.error(`SEED is ${process.argv[2]}, it must be a whole number, e.g. 1`)
  process.exit(2)
}

const SECONDS = 600
/** Canary requests a second, at a weight of 5 %. */
const RATES = [1, 10, 100]
const GOOD = [0.001, 0.005, 0.009]
const BAD = [0.2, 0.05, 0.02]

type Outcome = { readonly failedAfter: number | undefined; readonly phase: string }

/** Second after the start at the end of which the canary was failed; and the verdict after the whole rollout. */
const outcome = (check: Check, random: Random, model: RolloutModel): Outcome => {
  const seconds = simulateRollout(random, model)
  const looks = lookAtEachSecond(check, badRequests(check, { startedAt: 0, seconds }))
  const last = looks.at(-1)
  if (last?.broken === 'own') return { failedAfter: last.second + 1, phase: 'Failed' }
  return { failedAfter: undefined, phase: judge(check, { startedAt: 0, seconds }, model.seconds * 1000).phase }
}

const quantile = (values: readonly number[], q: number): number | null => values[Math.ceil(q * values.length) - 1] ?? null

const shareText = (count: number, of: number): string => `${((count / of) * 100).toFixed(2)} %`.padStart(8)

const started = performance.now()
const falseAlarms: object[] = []
const detections: object[] = []

const measureGood = (text: string, runs: number, rates: readonly number[]): void => {
  const check = checkOf(text)
  console.log(
    `\nGood canaries, ${text}: ${runs} rollouts of 10 minutes each, looked at every second (bound: ${FALSE_ALARM_RATE * 100} %)`,
  )
  console.log('  canary req/s  success    failed   paused (inconclusive)')
  for (const rate of rates) {
    for (const failing of GOOD) {
      const random = seeded(seed * 1_000_003 + rate * 101 + failing * 1e6)
      const model = { seconds: SECONDS, canary: { rate, failing }, stable: { rate: rate * 19, failing } }
      const outcomes = Array.from({ length: runs }, () => outcome(check, random, model))
      const failed = outcomes.filter(({ phase }) => phase === 'Failed').length
      const paused = outcomes.filter(({ phase }) => phase === 'Inconclusive').length
      console.log(
        `  ${String(rate).padStart(12)}  ${((1 - failing) * 100).toFixed(1)} %  ${shareText(failed, runs)}  ${shareText(paused, runs)}`,
      )
      falseAlarms.push({
        check: text,
        canaryRequestsPerSecond: rate,
        success: 1 - failing,
        rollouts: runs,
        failed,
        inconclusive: paused,
      })
    }
  }
}

const measureBad = (text: string, runs: number, rates: readonly number[]): void => {
  const check = checkOf(text)
  console.log(`\nBad canaries, ${text}: seconds from the first canary request to the verdict (${runs} rollouts each)`)
  console.log('  canary req/s  extra failures    median      90 %   found in 10 minutes')
  for (const rate of rates) {
    for (const extra of BAD) {
      const random = seeded(seed * 1_000_003 + rate * 103 + extra * 1e6)
      const model = { seconds: SECONDS, canary: { rate, failing: 0.001 + extra }, stable: { rate: rate * 19, failing: 0.001 } }
      const times = Array.from({ length: runs }, () => outcome(check, random, model).failedAfter ?? Number.POSITIVE_INFINITY)
      const sorted = times.toSorted((a, b) => a - b)
      const found = times.filter(Number.isFinite).length
      const [median, ninety] = [quantile(sorted, 0.5), quantile(sorted, 0.9)]
      const shown = (value: number | null) => (Number.isFinite(value) ? `${value} s` : 'later').padStart(8)
      console.log(
        `  ${String(rate).padStart(12)}  ${`${extra * 100} %`.padStart(14)}  ${shown(median)}  ${shown(ninety)}  ${shareText(found, runs)}`,
      )
      detections.push({
        check: text,
        canaryRequestsPerSecond: rate,
        extraFailures: extra,
        medianSeconds: finite(median),
        p90Seconds: finite(ninety),
        found: found / runs,
      })
    }
  }
}

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null)

/** Log-normal durations with stable's median at 40 ms; the canary's is `times` as long. */
const measureLatency = (text: string, runs: number, times: readonly number[]): void => {
  const check = checkOf(text)
  console.log(`\nSlow canaries, ${text}: 10 canary requests a second (${runs} rollouts of 3 minutes each)`)
  console.log('  times as slow    failed    median')
  for (const slower of times) {
    const random = seeded(seed * 1_000_003 + slower * 107)
    const model = {
      seconds: 180,
      canary: { rate: 10, failing: 0, medianMs: 40 * slower },
      stable: { rate: 190, failing: 0, medianMs: 40 },
    }
    const outcomes = Array.from({ length: runs }, () => outcome(check, random, model).failedAfter)
    const found = outcomes.filter(after => after !== undefined).sort((a, b) => a - b)
    const median = quantile(found, 0.5)
    console.log(
      `  ${String(slower).padStart(13)}  ${shareText(found.length, runs)}  ${(median === null ? '-' : `${median} s`).padStart(8)}`,
    )
    detections.push({
      check: text,
      canaryRequestsPerSecond: 10,
      timesAsSlow: slower,
      medianSeconds: median,
      found: found.length / runs,
    })
  }
}

measureGood('success-rate >= 99%', 10_000, RATES)
measureGood('success-rate >= stable * 0.99', 10_000, [10])
measureGood('success-rate >= stable', 10_000, [10])
measureBad('success-rate >= 99%', 200, RATES)
measureBad('success-rate >= stable * 0.99', 50, [10])
measureLatency('p99 <= stable * 1.2', 50, [1, 1.5, 2, 4])

console.log(`\nTook ${((performance.now() - started) / 1000).toFixed(0)} s.`)
console.log(JSON.stringify({ seed, bound: FALSE_ALARM_RATE, falseAlarms, detections }))
