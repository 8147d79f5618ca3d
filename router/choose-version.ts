/** The version that a new request goes to: by header route, else by stickiness, else by weight. */
import { matchHeaderRoute, type RequestHead } from './match.ts'
import { chooseWeighted } from './pick.ts'
import type { RunningRoute, RunningVersion } from './running-route.ts'
import { ownerOf, pointOf, pointWithin, type Share, stickyCookie } from './sticky.ts'

export type VersionChoice = {
  readonly version: RunningVersion
  /** Set-Cookie for the answer, when the user has just been given a point. */
  readonly cookie?: string
}

/** `peer` is the client's address, `random` in [0, 1). Undefined when the Route has no version with any weight. */
export const chooseVersion = (
  route: RunningRoute,
  request: RequestHead,
  { peer, random }: { readonly peer: string; readonly random: () => number },
): VersionChoice | undefined => {
  const { headerRoutes, sticky, salt } = route.plan
  if (headerRoutes.length > 0) {
    const hash = matchHeaderRoute(headerRoutes, request)
    const version = hash === undefined ? undefined : route.versions.find(({ plan }) => plan.hash === hash)
    if (version) return { version }
  }
  if (!sticky) return at(route, chooseWeighted(route.weightState, route.weights))
  const shares: readonly Share[] = route.plan.versions
  const point = pointOf(sticky, request, { peer, salt })
  if (point !== undefined) return at(route, ownerOf(point, shares))
  // Who is new is placed by weight, so that the split of new users is exact, and then stays there.
  const chosen = chooseWeighted(route.weightState, route.weights)
  const choice = at(route, chosen)
  return choice && sticky.by === 'cookie' ? { ...choice, cookie: stickyCookie(pointWithin(chosen, shares, random())) } : choice
}

const at = ({ versions }: RunningRoute, index: number): VersionChoice | undefined => {
  const version = versions[index]
  return version ? { version } : undefined
}
