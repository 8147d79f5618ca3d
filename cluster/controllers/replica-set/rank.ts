/** Which pods a ReplicaSet gives up first. Rule: ActivePodsWithRanks in pkg/controller/controller_utils.go. */
import type { Pod } from '../../../api/kubernetes.ts'
import { createdAt, isActivePod, isReady, readySince } from './pods.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const PHASES: { readonly [phase: string]: number } = { Pending: 0, Unknown: 1, Running: 2 }

type Ranked = { readonly pod: Pod; readonly siblingsOnNode: number }

/**
 * The `count` pods to delete: unscheduled, then pending, then not ready, then the cheapest, then those that share their node with most siblings,
 * then the shortest ready, the most restarted and the newest (ages by powers of two, so that pods of a like age are chosen at random, by uid).
 * `related` are the pods of all ReplicaSets of the same owner.
 */
export function podsToDelete(
  pods: readonly Pod[],
  related: readonly Pod[],
  { count, now }: { readonly count: number; readonly now: number },
): readonly Pod[] {
  if (count >= pods.length) return pods
  const onNode = Map.groupBy(related.filter(isActivePod), pod => pod.spec.nodeName ?? '')
  const ranked = pods.map(pod => ({ pod, siblingsOnNode: onNode.get(pod.spec.nodeName ?? '')?.length ?? 0 }))
  return ranked
    .toSorted((a, b) => compare(a, b, now))
    .slice(0, count)
    .map(({ pod }) => pod)
}

function compare(a: Ranked, b: Ranked, now: number): number {
  return (
    Number(isScheduled(a.pod)) - Number(isScheduled(b.pod)) ||
    phaseOf(a.pod) - phaseOf(b.pod) ||
    Number(isReady(a.pod)) - Number(isReady(b.pod)) ||
    costOf(a.pod) - costOf(b.pod) ||
    b.siblingsOnNode - a.siblingsOnNode ||
    (isReady(a.pod) && isReady(b.pod) ? compareAge(readySince(a.pod), readySince(b.pod), { a, b, now }) : 0) ||
    restartsOf(b.pod) - restartsOf(a.pod) ||
    compareAge(createdAt(a.pod), createdAt(b.pod), { a, b, now })
  )
}

const isScheduled = (pod: Pod): boolean => (pod.spec.nodeName ?? '') !== ''
const phaseOf = (pod: Pod): number => PHASES[pod.status?.phase ?? 'Pending'] ?? 0
const costOf = (pod: Pod): number => Number(pod.metadata.annotations?.[DELETION_COST] ?? 0) || 0
const restartsOf = (pod: Pod): number => Math.max(0, ...(pod.status?.containerStatuses ?? []).map(status => status.restartCount))

function compareAge(
  a: number,
  b: number,
  { a: first, b: second, now }: { readonly a: Ranked; readonly b: Ranked; readonly now: number },
): number {
  if (a === b) return 0
  const difference = magnitude(now - a) - magnitude(now - b)
  if (difference !== 0) return difference
  return (first.pod.metadata.uid ?? '') < (second.pod.metadata.uid ?? '') ? -1 : 1
}

const magnitude = (age: number): number => (age > 0 ? Math.floor(Math.log2(age)) : -1)
