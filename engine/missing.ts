/** What is still missing until a wish is in force: pods, shares, acknowledgements. The first thing, as a wait. */
import { wantedSizesByCount } from './capacity-by-count.ts'
import type { Context } from './context.ts'
import type { Desired } from './desired.ts'
import { stableOf } from './goal.ts'
import { makeHeaderRoutes, makeMirrorRoutes } from './make-route.ts'
import { lagging } from './routers.ts'
import { isSame } from './same.ts'
import { sizesFor } from './sidecar/first-rollout.ts'
import type { Split } from './split.ts'
import type { Traffic } from './traffic.ts'
import { RECHECK_MS, type Waiting } from './waiting.ts'

export type InForce = {
  readonly context: Context
  readonly traffic: Traffic
  readonly split: Split
  readonly gateOpen: boolean
}

const pods = ({ versions }: Context, wanted: number): Waiting | undefined => {
  const { spec, available, name, replicaSet } = versions.current
  const failure = replicaSet?.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  const told = failure?.message ? `; Kubernetes says: ${failure.message}` : ''
  if (spec > wanted) {
    return {
      reason: 'PodsStopping',
      what: `${spec} canary pods go down to ${wanted}`,
      ends: 'ends when the stable version can take over',
    }
  }
  if (spec === wanted && available >= wanted) return undefined
  return {
    reason: 'PodsBecomingReady',
    what: `${wanted} canary pods of ReplicaSet ${name} become available (${available} are)${told}`,
    ends: 'ends when they are, or at the progress deadline, which aborts',
  }
}

const routed = ({ context, traffic }: InForce, desired: Desired): Waiting | undefined => {
  const { current } = context.versions
  const share = traffic.least[current.hash] ?? 0
  const most = traffic.most[current.hash] ?? 0
  const until = context.now + RECHECK_MS
  const knows = traffic.knows(current.hash)
  if (desired.weight > 0 && !knows) {
    return {
      reason: 'RouterAcknowledgement',
      what: 'every router knows a canary pod',
      ends: 'ends when each ready router reports one',
      until,
    }
  }
  if (share !== desired.weight || most !== desired.weight) {
    return {
      reason: 'TrafficShifting',
      what: `the canary's share goes from ${share}% to ${desired.weight}%`,
      ends: 'ends when pods for it are available',
      until,
    }
  }
  const routes = context.fronting.flatMap(({ route }) => route ?? [])
  const slow = [...new Set(routes.map(route => lagging(route, context.seen.routers)).filter(text => text !== ''))].join(', ')
  return traffic.acknowledged
    ? undefined
    : {
        reason: 'RouterAcknowledgement',
        what: 'every router runs the newest weights',
        ends: `ends when each acknowledges (missing: ${slow})`,
        until,
      }
}

const special = ({ context }: InForce, desired: Desired): Waiting | undefined => {
  const { current } = context.versions
  const headers = makeHeaderRoutes(desired.headerRoutes, current.hash)
  const mirrors = makeMirrorRoutes(desired.mirrorRoutes, current.hash)
  const isThere = context.fronting.every(
    ({ route }) => isSame(route?.spec.headerRoutes ?? [], headers) && isSame(route?.spec.mirrorRoutes ?? [], mirrors),
  )
  return isThere
    ? undefined
    : {
        reason: 'TrafficShifting',
        what: 'header and mirror routes are written',
        ends: 'ends when the Routes have them and a canary pod is ready',
      }
}

const stableShrinks = ({ context }: InForce, wanted: number): Waiting | undefined => {
  const stable = stableOf(context)
  // Rounding may leave it above its own share; what counts is that both together are near N.
  const surplus = stable.spec - Math.max(wanted, context.replicas - context.versions.current.available)
  return surplus > 0
    ? {
        reason: 'PodsStopping',
        what: `${surplus} stable pods are not needed any more`,
        ends: 'ends when all routers run the newest weights',
      }
    : undefined
}

/** No canary is made beside a stable version that could not take the traffic back. */
const unprotected = ({ context }: InForce): Waiting | undefined => {
  const stable = stableOf(context)
  const { current } = context.versions
  return stable.ready > 0 || current.spec > 0
    ? undefined
    : {
        reason: 'PodsBecomingReady',
        what: `a pod of the stable version ${stable.hash} becomes ready`,
        ends: 'ends when one is, or with a full promotion',
      }
}

const judgement = ({ gateOpen, context, traffic, split }: InForce, desired: Desired): Waiting | undefined =>
  gateOpen || desired.weight < 100 || (split === 'routes' && (traffic.most[context.versions.current.hash] ?? 0) === 0)
    ? undefined
    : {
        reason: 'Analysis',
        what: `the background analysis judges enough requests of version ${context.versions.current.hash}`,
        ends: 'ends with its verdict, or with a full promotion',
      }

export const missingOf = (inForce: InForce, desired: Desired): Waiting | undefined => {
  const { context, split } = inForce
  const { replicas, surge } = context
  if (split === 'count') {
    const sizes = wantedSizesByCount(replicas, desired.weight, surge)
    return judgement(inForce, desired) ?? pods(context, sizes.canary) ?? stableShrinks(inForce, sizes.stable)
  }
  const sizes = sizesFor(context, inForce.traffic, desired)
  return (
    (sizes.canary > 0 ? unprotected(inForce) : undefined) ??
    judgement(inForce, desired) ??
    pods(context, sizes.canary) ??
    routed(inForce, desired) ??
    (sizes.canary > 0 ? special(inForce, desired) : undefined) ??
    stableShrinks(inForce, sizes.stable)
  )
}
