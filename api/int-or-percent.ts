/** Kubernetes' IntOrString where the string is a percentage: maxSurge, maxUnavailable, minAvailable. */

const PERCENT = /^(\d+)%?$/

/**
 * True for a whole number >= 0 and for a string such as `25%`. A string of digits without the sign is a percentage too, as
 * Argo Rollouts reads it: `"3"` is 3 %, not 3 pods.
 */
export const isIntOrPercent = (value: unknown): value is number | string =>
  typeof value === 'number' ? Number.isSafeInteger(value) && value >= 0 : typeof value === 'string' && PERCENT.test(value)

/**
 * The number of pods that `value` means out of `total`. A percentage is rounded up (maxSurge) or down (maxUnavailable).
 * @throws RangeError when `value` is neither; a decoded object never gets here with one.
 */
export const resolveIntOrPercent = (value: number | string, total: number, rounding: 'up' | 'down'): number => {
  if (!isIntOrPercent(value)) {
    throw new RangeError(`${JSON.stringify(value)} is neither a whole number from 0 (e.g. 1) nor a percentage (e.g. "25%")`)
  }
  if (typeof value === 'number') return value
  // Whole numbers first, so that no floating-point error turns 30 of 100 into 31.
  const hundredths = Number.parseInt(value, 10) * total
  return rounding === 'up' ? Math.ceil(hundredths / 100) : Math.floor(hundredths / 100)
}
