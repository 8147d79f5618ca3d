/** Whether a pod may run on the one node there is. */
import type { Labels, Pod } from '../../api/kubernetes.ts'

export const SCHEDULER = 'default-scheduler'

/** `bind`, or why not: `ignore` is for another scheduler's pods and for those that are held by a gate. */
export function decidePlace(pod: Pod, nodeLabels: Labels): { readonly bind: boolean; readonly problem?: string } {
  const scheduler = (pod.spec['schedulerName'] as string | undefined) ?? SCHEDULER
  const gates = (pod.spec['schedulingGates'] ?? []) as readonly unknown[]
  if (scheduler !== SCHEDULER || gates.length > 0) return { bind: false }
  const wanted = Object.entries((pod.spec['nodeSelector'] ?? {}) as Labels)
  const missing = wanted.filter(([key, value]) => nodeLabels[key] !== value)
  if (missing.length === 0) return { bind: true }
  const selectors = missing.map(([key, value]) => `${key}=${value}`).join(', ')
  return { bind: false, problem: `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector (${selectors}).` }
}
