/** Carries HTTP/1.1 on raw sockets, as long as there is exactly one way to read it; all else goes to the general lane. */
import type { Limits } from '../../limits.ts'
import type { Lane, LaneContext } from '../connection.ts'
import { FastClient } from './client.ts'

/** Times are kept to within a fourth of the shortest, and looked at no more often than this. */
const SHORTEST_LOOK_MS = 20
const LONGEST_LOOK_MS = 1_000

export const makeFastLane = (context: LaneContext, general: Lane): Lane => {
  const clients = new Set<FastClient>()
  let timer: NodeJS.Timeout | undefined
  let everyMs = Number.POSITIVE_INFINITY
  const look = (): void => {
    const now = performance.now()
    for (const client of clients) client.watch(now)
  }
  const lookEvery = (ms: number): void => {
    if (ms >= everyMs) return
    clearInterval(timer)
    timer = setInterval(look, ms)
    everyMs = ms
  }
  const leave = (client: FastClient, handOver: boolean): void => {
    clients.delete(client)
    if (clients.size === 0) {
      clearInterval(timer)
      timer = undefined
      everyMs = Number.POSITIVE_INFINITY
    }
    if (handOver) general.accept(client.connection)
  }
  return {
    accept: connection => {
      const client = new FastClient(context, connection, leave)
      clients.add(client)
      lookEvery(lookMs(connection.route.limits(context.limits)))
      client.start()
    },
    stop: () => clearInterval(timer),
  }
}

const lookMs = ({
  headTimeoutMs,
  keepAliveMs,
  bodyStallMs,
  connectTimeoutMs,
  answerTimeoutMs,
  idleTimeoutMs,
}: Limits): number => {
  const shortest = Math.min(
    headTimeoutMs,
    keepAliveMs,
    bodyStallMs,
    connectTimeoutMs,
    answerTimeoutMs || Number.POSITIVE_INFINITY,
    idleTimeoutMs || Number.POSITIVE_INFINITY,
  )
  return Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, shortest / 4))
}
