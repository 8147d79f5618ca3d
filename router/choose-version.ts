/** The version that a new request goes to: by header route, else by stickiness, else by weight. */
import type { CookieJars } from './cookie-jar.ts'
import { matchHeaderRoute, type RequestHead } from './match.ts'
import { chooseWeighted } from './pick.ts'
import type { RunningRoute, RunningVersion } from './running-route.ts'
import { cameByHttps, ownerOf, pointOf, pointWithin, type Share } from './sticky.ts'

export type VersionChoice = {
  readonly version: RunningVersion
  /** Set-Cookie for the answer, when the user has just been given a point. */
  readonly cookie?: string
}

export type Chooser = {
  /** The client's address. */
  readonly peer: string
  /** In [0, 1). */
  readonly random: () => number
  /** Without them nobody is kept by cookie. */
  readonly cookies?: CookieJars | undefined
}

/** Undefined when the Route has no version with any weight. */
export const chooseVersion = (
  route: RunningRoute,
  request: RequestHead,
  { peer, random, cookies }: Chooser,
): VersionChoice | undefined => {
  const { headerRoutes, sticky, salt } = route.plan
  if (headerRoutes.length > 0) {
    const hash = matchHeaderRoute(headerRoutes, request)
    const version = hash === undefined ? undefined : route.versions.find(({ plan }) => plan.hash === hash)
    if (version) return { version }
  }
  if (!sticky) return at(route, chooseWeighted(route.weightState, route.weights))
  const shares: readonly Share[] = route.plan.versions
  const jar = sticky.by === 'cookie' ? cookies?.of(route.plan.cookieOf) : undefined
  const point = pointOf(sticky, request, { peer, salt, jar })
  if (point !== undefined) return at(route, ownerOf(point, shares))
  // Who is new is placed by weight, so that the split of new users is exact, and then stays there.
  const chosen = chooseWeighted(route.weightState, route.weights)
  const choice = at(route, chosen)
  return choice && jar ? { ...choice, cookie: jar.write(pointWithin(chosen, shares, random()), cameByHttps(request)) } : choice
}

const at = ({ versions }: RunningRoute, index: number): VersionChoice | undefined => {
  const version = versions[index]
  return version ? { version } : undefined
}
