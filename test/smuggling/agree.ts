/**
 * No request is framed in one way by the router and in another by the pod: whatever a pod sees as a request has been seen as one
 * by the router, which marks all that it passes on. And both lanes pass on the same, or refuse.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { firstBytes } from '../../router/lanes/first-bytes.ts'
import { startTestRouter } from '../../router/testing/router-under-test.ts'
import type { Case } from './corpus.ts'
import type { Seen, WitnessPod } from './pods.ts'
import { sendAll } from './send.ts'

/** What does not begin like HTTP/1 is carried as a connection, from end to end: there is no framing to differ about. */
export const isHttp = ({ bytes }: Case): boolean => firstBytes(Buffer.from(bytes, 'latin1')) === 'http1'

export type Passed = { readonly seen: readonly Seen[]; readonly requests: number }

/** What the pod saw of the cases, and how many requests the router says it passed on. */
export const passThrough = async (
  pod: WitnessPod,
  cases: readonly Case[],
  { fastLane, size }: { readonly fastLane: boolean; readonly size: number },
): Promise<Passed> => {
  const router = await startTestRouter({}, { fastLane })
  try {
    router.split({ v1: [pod.port] })
    pod.forget()
    await sendAll(router, cases, size)
    // A server writes its log after its answer.
    await sleep(200)
    return { seen: pod.seen(), requests: router.counts().requests }
  } finally {
    router.close()
  }
}

/** One line for each thing that is wrong; the cases' names and bytes stand in them. */
export const findSmuggled = ({ seen, requests }: Passed, cases: readonly Case[]): readonly string[] => {
  const unmarked = seen.filter(({ marked }) => !marked)
  return [
    ...unmarked.map(({ method, target }) => `${method} ${target} was a request for the pod only; ${tell(idOf(target), cases)}`),
    ...(seen.length > requests ? [`the pod saw ${seen.length} requests, the router ${requests}`] : []),
  ]
}

export const findDifferences = (fast: Passed, general: Passed, cases: readonly Case[]): readonly string[] => {
  const others = byCase(general.seen)
  return [...byCase(fast.seen)].flatMap(([id, seen]) => {
    const other = others.get(id) ?? []
    // One of them may have refused, the first request or one behind it.
    if (isWithin(seen, other) || isWithin(other, seen)) return []
    return [`fast lane: ${seen}; general lane: ${other}; ${tell(id, cases)}`]
  })
}

/** Requests of cases are for `/cN` or `/sN`. */
const idOf = (target: string): string => /[cs](\d+)/.exec(target)?.[1] ?? target

const byCase = (seen: readonly Seen[]): ReadonlyMap<string, readonly string[]> => {
  const texts = Map.groupBy(seen, ({ target }) => idOf(target))
  return new Map(
    [...texts].map(([id, some]) => [id, some.map(({ method, target, body }) => `${method} ${target} ${JSON.stringify(body)}`)]),
  )
}

const isWithin = (some: readonly string[], all: readonly string[]): boolean => some.every(one => all.includes(one))

const tell = (id: string, cases: readonly Case[]): string => {
  const found = cases.find(one => String(one.id) === id)
  return found ? `${found.name}: ${JSON.stringify(found.bytes)}` : `case ${id}`
}
