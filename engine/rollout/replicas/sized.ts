/** The two numbers of a ReplicaSet by which sizes are decided. */
export type Sized = {
  /** spec.replicas. */
  readonly spec: number
  /** status.availableReplicas. */
  readonly available: number
}

export const sumOf = (sets: readonly (Sized | undefined)[], count: keyof Sized): number =>
  sets.reduce((total, set) => total + (set?.[count] ?? 0), 0)
