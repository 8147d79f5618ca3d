/** The buckets of several ports as those of one Route. Pure. */
import type { Bucket, Tally } from '../../api/router-admin.ts'
import { mergeBuckets, type SecondRing } from '../stats/second-ring.ts'

type Readings = ReturnType<SecondRing['read']>

const add = (a: Tally, b: Tally): Tally => ({
  requests: a.requests + b.requests,
  status2xx: a.status2xx + b.status2xx,
  status3xx: a.status3xx + b.status3xx,
  status4xx: a.status4xx + b.status4xx,
  status5xx: a.status5xx + b.status5xx,
  upstreamFailures: a.upstreamFailures + b.upstreamFailures,
  clientAborts: a.clientAborts + b.clientAborts,
  latency: a.latency.map((count, i) => count + (b.latency[i] ?? 0)),
})

const addReadings = (all: readonly Readings[]): Readings => {
  const sums = new Map<number, Tally>()
  for (const { second, tally } of all.flat()) {
    const before = sums.get(second)
    sums.set(second, before === undefined ? tally : add(before, tally))
  }
  return [...sums].map(([second, tally]) => ({ second, tally }))
}

/** `ports`: for each port the readings by version hash. */
export const addBuckets = (ports: readonly ReadonlyMap<string, Readings>[]): readonly Bucket[] => {
  const hashes = new Set(ports.flatMap(port => [...port.keys()]))
  return mergeBuckets(new Map([...hashes].map(hash => [hash, addReadings(ports.flatMap(port => [port.get(hash) ?? []]))])))
}
