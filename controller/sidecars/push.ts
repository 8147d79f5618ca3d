/** Keeps every sidecar's table current, and the newest report of each: often while it splits, seldom at rest. */
import type { Deployment, Pod } from '../../api/kubernetes.ts'
import type { RouterReport } from '../../api/router-admin.ts'
import type { Clock, Timer } from '../../kube/clock.ts'
import { messageOf } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import { BY_SIDECAR, type Caches } from '../caches.ts'
import { changedRoutes } from '../router-watch.ts'
import type { SidecarAuthority } from './authority.ts'
import type { SidecarClient } from './client.ts'
import { makeSidecarTable } from './table.ts'

export type SidecarPush = {
  /** By `NAMESPACE/NAME` of the pod; a sidecar that did not answer is missing. */
  readonly reports: () => ReadonlyMap<string, RouterReport>
  readonly stop: () => void
}

export type SidecarPushOptions = {
  readonly caches: Caches
  readonly authority: Pick<SidecarAuthority, 'current'>
  readonly client: SidecarClient
  /** See kube/shared-keys.ts. */
  readonly stickyKeys: () => readonly string[]
  /** Called with `NAMESPACE/NAME` of each Route of which some sidecar says something new. */
  readonly onChange: (route: string) => void
  readonly clock: Clock
  readonly log: Logger
}

const EVERY_MS = 250
/** At rest a sidecar that started again is told within this. */
const AT_REST_MS = 3_000

type Known = { busy: boolean; text: string; at: number; silent: boolean }
type Told = { readonly text: string; readonly splits: boolean }

export const keyOfPod = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`

const isReachable = ({ status }: Pod): boolean =>
  status?.podIP !== undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed'

/** The Deployment of a pod, by its owners. */
export const deploymentOf = (
  { replicaSets, deployments }: Pick<Caches, 'replicaSets' | 'deployments'>,
  pod: Pod,
): Deployment | undefined => {
  const { namespace = '', ownerReferences = [] } = pod.metadata
  const owner = ownerReferences.find(ref => ref.controller && ref.kind === 'ReplicaSet')
  const replicaSet = owner && replicaSets.get(namespace, owner.name)
  const above = replicaSet?.metadata.ownerReferences?.find(ref => ref.controller && ref.kind === 'Deployment')
  return above && deployments.get(namespace, above.name)
}

export const startSidecarPush = (options: SidecarPushOptions): SidecarPush => {
  const { caches, client, clock, log } = options
  const known = new Map<string, Known>()
  let reports: ReadonlyMap<string, RouterReport> = new Map()
  let timer: Timer | undefined
  let stopped = false

  const note = (key: string, report: RouterReport | undefined) => {
    const next = new Map(reports)
    if (report) next.set(key, report)
    else next.delete(key)
    const changed = changedRoutes(reports, next)
    reports = next
    for (const route of changed) options.onChange(route)
  }

  const tell = async (pod: Pod, mine: Known, { text }: Told) => {
    const key = keyOfPod(pod)
    mine.busy = true
    try {
      const report = await client.push(pod, text)
      if (mine.silent) log.info('a sidecar answers again', { pod: key })
      Object.assign(mine, { text, silent: false })
      if (!stopped) note(key, report)
    } catch (error) {
      // Once a silence: pods that start and end are silent for a while.
      if (!mine.silent) log.info('a sidecar does not take its table', { pod: key, error: messageOf(error) })
      Object.assign(mine, { text: '', silent: true })
      if (!stopped) note(key, undefined)
    } finally {
      Object.assign(mine, { busy: false, at: clock.now() })
    }
  }

  const isDue = (mine: Known, { text, splits }: Told): boolean =>
    !mine.busy && (splits || mine.text !== text || clock.now() - mine.at >= AT_REST_MS)

  const forget = (pods: readonly Pod[]) => {
    const there = new Set(pods.map(({ metadata }) => metadata.uid ?? ''))
    for (const uid of known.keys()) if (!there.has(uid)) known.delete(uid)
    client.keepOnly(there)
    const names = new Set(pods.map(keyOfPod))
    for (const key of reports.keys()) if (!names.has(key)) note(key, undefined)
  }

  const round = () => {
    const ca = options.authority.current()?.caBundle
    if (ca === undefined) return
    const pods = caches.pods.by(BY_SIDECAR, 'yes').filter(isReachable)
    forget(pods)
    const tables = new Map<string, Told>()
    for (const pod of pods) {
      const deployment = deploymentOf(caches, pod)
      if (deployment === undefined) continue
      const uid = deployment.metadata.uid ?? ''
      const table = tables.get(uid) ?? tableFor(deployment, ca)
      tables.set(uid, table)
      const podUid = pod.metadata.uid ?? ''
      const mine = known.get(podUid) ?? { busy: false, text: '', at: 0, silent: false }
      known.set(podUid, mine)
      if (isDue(mine, table)) void tell(pod, mine, table)
    }
  }

  const tableFor = (deployment: Deployment, ca: string): Told => {
    const table = makeSidecarTable(caches, deployment, { ca, stickyKeys: options.stickyKeys() })
    return { text: JSON.stringify(table), splits: table.routes.length > 0 }
  }

  const loop = () => {
    if (stopped) return
    try {
      round()
    } catch (error) {
      log.error('telling the sidecars failed', { error: messageOf(error) })
    }
    timer = clock.setTimeout(loop, EVERY_MS)
  }
  loop()
  return {
    reports: () => reports,
    stop: () => {
      stopped = true
      timer?.cancel()
    },
  }
}
