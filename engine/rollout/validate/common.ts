/** Rules that both strategies share. */
import type { BlueGreenStrategy } from '../../../api/rollout.ts'
import { invalid, type Violation } from './violation.ts'

export const checkAntiAffinity = (path: string, antiAffinity: BlueGreenStrategy['antiAffinity']): readonly Violation[] => {
  if (antiAffinity === undefined) return []
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred, requiredDuringSchedulingIgnoredDuringExecution: always } =
    antiAffinity
  const count = [preferred, always].filter(one => one !== undefined).length
  const weight = preferred?.weight
  return [
    ...(count === 1 ? [] : [invalid(path, antiAffinity, 'AntiAffinity must have exactly one strategy listed')]),
    ...(weight === undefined || (weight >= 1 && weight <= 100)
      ? []
      : [invalid(`${path}.weight`, weight, 'AntiAffinity weight must be between 1-100')]),
  ]
}
