/**
 * Freezes a JSON value all the way down, in place. Cached objects are shared by everybody, and a write to one would be a lie about the
 * cluster that shows up far from its cause. Deep, because it costs a third of what parsing the same text costs (13 MB: 80 ms to 230 ms).
 */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
