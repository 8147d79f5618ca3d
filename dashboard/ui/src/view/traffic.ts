/** What flows now, by version: from the split of a Service and the newest numbers of the routers. */
import type { Numbers, Revision, Role, Sample, ServiceSplit } from '../../../contract.ts'
import { count, duration, percent, rate, shortImage } from './format.ts'

export type VersionTraffic = {
  readonly role: Role
  /** Share of 1. */
  readonly share: number
  readonly image: string
  readonly revision?: number
  /** Requests in a second; absent when no router says. */
  readonly perSecond?: number
  /** Share of 1 that failed; absent without requests. */
  readonly failed?: number
  /** Milliseconds. */
  readonly p99?: number
}

/** Long enough that a number can be read before it changes. */
const RECENT_S = 15

/** The newest spans of one version added up; undefined without any. Latency is that of the newest span that had requests. */
export const recent = (
  { points, span }: Pick<Numbers, 'points' | 'span'>,
  role: Role,
): (Sample & { readonly seconds: number }) | undefined => {
  const last = points.at(-1)
  if (last === undefined) return undefined
  const samples = points.filter(({ at }) => at > last.at - Math.max(RECENT_S, span)).map(point => point[role])
  const requests = samples.reduce((sum, one) => sum + one.requests, 0)
  const good = samples.reduce((sum, one) => sum + one.requests * (one.success ?? 1), 0)
  const newest = samples.findLast(one => one.requests > 0)
  return {
    requests,
    seconds: samples.length * span,
    ...(requests === 0 ? {} : { success: good / requests }),
    ...(newest?.p99 === undefined ? {} : { p99: newest.p99 }),
  }
}

const ROLES: readonly Role[] = ['stable', 'canary']

const revisionOf = (revisions: readonly Revision[], role: Role): Revision | undefined =>
  revisions.find(({ roles }) => roles.includes(role))

/** The stable version first. Where no router splits, all goes to the stable version. */
export const trafficOf = (
  split: ServiceSplit | undefined,
  revisions: readonly Revision[],
  numbers: Numbers | undefined,
): readonly VersionTraffic[] => {
  const shares = split === undefined || split.shares.length === 0 ? [{ role: 'stable' as const, weight: 100 }] : split.shares
  const isSplit = split !== undefined && split.path !== 'native' && split.path !== 'not-yet'
  return ROLES.flatMap(role => {
    const share = shares.find(one => one.role === role)
    if (share === undefined) return []
    const revision = revisionOf(revisions, role)
    const sample = isSplit && numbers !== undefined ? recent(numbers, role) : undefined
    return [
      {
        role,
        share: share.weight / 100,
        image: (revision?.images ?? []).map(shortImage).join(', '),
        ...(revision === undefined ? {} : { revision: revision.revision }),
        ...(sample === undefined ? {} : { perSecond: sample.requests / sample.seconds }),
        ...(sample?.success === undefined ? {} : { failed: 1 - sample.success }),
        ...(sample?.p99 === undefined ? {} : { p99: sample.p99 }),
      },
    ]
  })
}

/** e.g. `11/s, 99.6% succeed, p99 84 ms`. */
export const describeTraffic = ({ perSecond, failed, p99 }: VersionTraffic): string => {
  if (perSecond === undefined) return 'no router counts it'
  if (perSecond === 0) return 'no requests'
  const parts = [
    rate(perSecond),
    failed === undefined ? '' : `${percent(1 - failed)} succeed`,
    p99 === undefined ? '' : `p99 ${duration(p99)}`,
  ]
  return parts.filter(part => part !== '').join(', ')
}

const PATHS: { readonly [path in ServiceSplit['path']]: string } = {
  native: 'straight to its pods, no router in the path',
  routers: 'through the routers',
  draining: 'the routers are on their way out',
  'not-yet': 'not through the routers yet',
}

export const describePath = ({ path, routeVersion, message }: ServiceSplit): string =>
  [PATHS[path], routeVersion === undefined ? '' : `route version ${count(routeVersion)}`, message ?? '']
    .filter(part => part !== '')
    .join(', ')
