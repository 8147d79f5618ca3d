/** Builders for what routers count. */
import type { Check } from '../../api/checks.ts'
import { parseCheck } from '../../api/checks.ts'
import type { Tally } from '../../api/router-admin.ts'
import type { Second } from '../history.ts'
import { boundFor, EMPTY_TALLY } from '../tally.ts'

/** So many answers 200, and so many 500. */
export const answers = (good: number, bad = 0): Tally => ({
  ...EMPTY_TALLY,
  requests: good + bad,
  status2xx: good,
  status5xx: bad,
})

/** So many answers 200 for each duration in milliseconds. */
export const taking = (durations: { readonly [ms: string]: number }): Tally => {
  const latency: number[] = []
  let requests = 0
  for (const [ms, count] of Object.entries(durations)) {
    const bucket = boundFor(Number(ms))
    for (let i = latency.length; i <= bucket; i += 1) latency[i] = 0
    latency[bucket]! += count
    requests += count
  }
  return { ...EMPTY_TALLY, requests, status2xx: requests, latency }
}

/** The same second so many times, from second `from` on. */
export const seconds = (count: number, canary: Tally, stable: Tally, from = 0): readonly Second[] =>
  Array.from({ length: count }, (_, i) => ({ second: from + i, canary, stable }))

export const checkOf = (text: string): Check => {
  const parsed = parseCheck(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.check
}
