/** The copy that is due of a request, if one is. */
import type { IncomingHttpHeaders } from 'node:http2'
import type { Connection, LaneContext } from '../lanes/connection.ts'
import type { RequestHead } from '../match.ts'
import type { RunningVersion } from '../running-route.ts'
import { chooseMirror } from './choose.ts'
import { beginCopy, type Copy, choosePodForCopy } from './copy.ts'
import { StreamCopy } from './stream-copy.ts'

export type Asked = {
  /** The version that the request itself goes to. */
  readonly taker: RunningVersion
  readonly request: RequestHead
}

/** The version that a copy is due for. Takes the request's turn. */
const dueFor = ({ route }: Connection, { taker, request }: Asked): RunningVersion | undefined => {
  const { mirrorRoutes } = route.plan
  if (mirrorRoutes.length === 0) return undefined
  const hash = chooseMirror(mirrorRoutes, request, { taker: taker.plan.hash, turns: route.mirrorTurns })
  return hash === undefined ? undefined : route.versions.find(({ plan }) => plan.hash === hash)
}

/** Of a request of HTTP/1. Undefined: none is due, or it was dropped at once. */
export const copyFor = (
  { clock, limits }: LaneContext,
  connection: Connection,
  { isHead, ...asked }: Asked & { readonly isHead: boolean },
): Copy | undefined => {
  const version = dueFor(connection, asked)
  const { route, port } = connection
  const options = { port: port.name ?? '', isHead, now: clock.now(), timeoutMs: limits.mirrorTimeoutMs }
  return version && beginCopy(route, version, options)
}

/** Of a request of HTTP/2: begins the copy with the headers that a pod gets. Undefined: none is due, or it was dropped at once. */
export const streamCopyFor = (
  { clock, limits }: LaneContext,
  connection: Connection,
  asked: Asked,
): ((headers: IncomingHttpHeaders) => StreamCopy) | undefined => {
  const version = dueFor(connection, asked)
  const { route, port } = connection
  const upstream = version && choosePodForCopy(route, version, { port: port.name ?? '', now: clock.now() })
  if (!upstream) return undefined
  const { connectTimeoutMs } = route.limits(limits)
  return headers =>
    new StreamCopy(upstream, version.stats.mirror, headers, { connectTimeoutMs, timeoutMs: limits.mirrorTimeoutMs })
}
