/** Reading and replacing entries of `status.conditions`. */
import type { Condition } from '../../api/kubernetes.ts'

export const conditionOf = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find(condition => condition.type === type)

export const withoutCondition = (conditions: readonly Condition[], type: string): readonly Condition[] =>
  conditions.filter(condition => condition.type !== type)

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestamp = (now: number): string => new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')

/**
 * The conditions with `next` in place of its type. Nothing changes (times included) while status and reason stay the same;
 * lastTransitionTime moves only with the status.
 */
export function withCondition(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const current = conditionOf(conditions, next.type)
  if (current && current.status === next.status && current.reason === next.reason) return conditions
  const since = current?.status === next.status ? current.lastTransitionTime : undefined
  return [...withoutCondition(conditions, next.type), since === undefined ? next : { ...next, lastTransitionTime: since }]
}
