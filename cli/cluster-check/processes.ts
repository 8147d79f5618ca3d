/** The processes of Sluice: which run, and who leads. */
import type { Pod } from '../../api/kubernetes.ts'
import { type Lease, liveHolder } from '../eject/lease.ts'
import { count, missing, ok, type Row, warn } from './row.ts'
import type { ClusterSeen } from './seen.ts'

export const PROCESSES = ['controller', 'router', 'webhook'] as const
export type Process = (typeof PROCESSES)[number]

const COMPONENT_LABEL = 'app.kubernetes.io/component'

export const podsOf = (pods: readonly Pod[], component: Process): readonly Pod[] =>
  pods.filter(({ metadata }) => metadata.labels?.[COMPONENT_LABEL] === component && metadata.deletionTimestamp === undefined)

const isReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(one => one.type === 'Ready' && one.status === 'True')

/** What stands still without it, and how many are advisable. */
const ROLES: { readonly [component in Process]: { readonly without: string; readonly advised: number } } = {
  controller: { without: 'updates are held and wait', advised: 1 },
  router: { without: 'updates of Deployments with Services wait', advised: 2 },
  webhook: { without: 'updates of opted-in Deployments are refused', advised: 2 },
}

const podsRow = ({ pods, systemNamespace }: ClusterSeen, component: Process): Row => {
  const check = `${component} pods`
  if ('refused' in pods) return warn(check, `could not be listed in ${systemNamespace} (${pods.refused}); ask somebody who may`)
  const all = podsOf(pods.is, component)
  const ready = all.filter(isReady).length
  const { without, advised } = ROLES[component]
  if (ready === 0) {
    const what = all.length === 0 ? 'there is none' : `${count(all.length, 'pod')}, none ready`
    return missing(check, `${what}: ${without}; kubectl -n ${systemNamespace} get deploy,pods shows why`)
  }
  if (ready < all.length)
    return warn(
      check,
      `${ready} of ${count(all.length, 'pod')} ready; kubectl -n ${systemNamespace} get pods shows which are not`,
    )
  return ready < advised
    ? warn(check, `${count(ready, 'pod')} ready; with one alone, while it restarts ${without}: run ${advised}`)
    : ok(check, `${count(ready, 'pod')} ready`)
}

/** A Lease whose live holder is a pod of the component: by pod names, since the Lease's own name may differ from install to install. */
const leaderOf = (leases: readonly Lease[], pods: readonly Pod[], now: number) =>
  leases.flatMap(lease => {
    const live = liveHolder(lease, now)
    return live !== undefined && pods.some(({ metadata }) => metadata.name === live.holder) ? [live] : []
  })[0]

const leaderRow = ({ pods, leases, now }: ClusterSeen, component: 'controller' | 'router'): Row => {
  const check = `${component} leader`
  if ('refused' in leases) return warn(check, `the Leases could not be read (${leases.refused}); ask somebody who may`)
  if ('refused' in pods) return warn(check, `not looked at: pods could not be listed (${pods.refused})`)
  const leader = leaderOf(leases.is, podsOf(pods.is, component), now)
  if (leader !== undefined) return ok(check, `${leader.holder}, heard of ${Math.max(0, Math.round(leader.ageMs / 1000))} s ago`)
  const without = component === 'controller' ? 'updates are held and wait' : 'the routers do not publish themselves as endpoints'
  return missing(check, `no running ${component} holds a Lease: ${without}; its logs say why`)
}

export const processRows = (seen: ClusterSeen): readonly Row[] => [
  ...PROCESSES.map(component => podsRow(seen, component)),
  leaderRow(seen, 'controller'),
  leaderRow(seen, 'router'),
]
