/** The copy that is due of a request, if one is. */
import type { Connection, LaneContext } from '../lanes/connection.ts'
import type { RequestHead } from '../match.ts'
import type { RunningVersion } from '../running-route.ts'
import { chooseMirror } from './choose.ts'
import { beginCopy, type Copy } from './copy.ts'

export type Copied = {
  /** The version that the request itself goes to. */
  readonly taker: RunningVersion
  readonly request: RequestHead
  readonly isHead: boolean
}

/** Undefined: none is due, or it was dropped at once. */
export const copyFor = (
  { clock, limits }: LaneContext,
  { route, port }: Connection,
  { taker, request, isHead }: Copied,
): Copy | undefined => {
  const { mirrorRoutes } = route.plan
  if (mirrorRoutes.length === 0) return undefined
  const hash = chooseMirror(mirrorRoutes, request, { taker: taker.plan.hash, turns: route.mirrorTurns })
  const version = hash === undefined ? undefined : route.versions.find(({ plan }) => plan.hash === hash)
  const options = { port: port.name ?? '', isHead, now: clock.now(), timeoutMs: limits.mirrorTimeoutMs }
  return version && beginCopy(route, version, options)
}
