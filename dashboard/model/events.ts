/** Events as Kubernetes keeps them, and as they are shown. Pure. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { RolloutView } from '../../view/rollout-view.ts'
import type { EventLine } from '../contract.ts'

export type KubeEvent = KubeObject & {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string }
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly count?: number
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string }
}

const MOST = 100

/** When it was last seen; newer recorders leave the old fields empty. */
const timeOf = ({ lastTimestamp, series, eventTime, firstTimestamp, metadata }: KubeEvent): string =>
  lastTimestamp ?? series?.lastObservedTime ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? ''

/** Times are whole seconds; within one the later write is the later event. No meaning beyond that. */
const orderOf = ({ metadata }: KubeEvent): number => Number(metadata.resourceVersion ?? 0) || 0

const lineOf = (event: KubeEvent): EventLine => ({
  at: timeOf(event),
  type: event.type ?? 'Normal',
  reason: event.reason ?? '',
  message: event.message ?? '',
  count: event.series?.count ?? event.count ?? 1,
  object: `${event.involvedObject?.kind ?? ''}/${event.involvedObject?.name ?? ''}`,
})

/** `KIND/NAME` of everything that belongs to the rollout. */
const objectsOf = ({ name, versions }: RolloutView): ReadonlySet<string> =>
  new Set([
    `Rollout/${name}`,
    `Deployment/${name}`,
    ...versions.flatMap(({ replicaSet, pods, analysisRuns }) => [
      `ReplicaSet/${replicaSet.metadata.name}`,
      ...pods.map(({ metadata }) => `Pod/${metadata.name}`),
      ...analysisRuns.map(({ metadata }) => `AnalysisRun/${metadata.name}`),
    ]),
  ])

/** Newest first. `events` may hold those of other objects of the namespace. */
export const eventLines = (events: readonly KubeEvent[], view: RolloutView): readonly EventLine[] => {
  const objects = objectsOf(view)
  return events
    .map(event => ({ line: lineOf(event), order: orderOf(event) }))
    .filter(({ line }) => objects.has(line.object))
    .sort((a, b) => b.line.at.localeCompare(a.line.at) || b.order - a.order)
    .slice(0, MOST)
    .map(({ line }) => line)
}
