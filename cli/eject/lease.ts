/** Whether the controller is at work, by its Lease. */
import type { KubeObject } from '../../api/kubernetes.ts'

export type Lease = KubeObject & {
  readonly spec?: {
    readonly holderIdentity?: string | null
    readonly renewTime?: string | null
    readonly leaseDurationSeconds?: number | null
  }
}

/** Who holds it and since when it was last renewed, in milliseconds; undefined when nobody does, or its time is up. */
export const liveHolder = (
  lease: Lease | undefined,
  now: number,
): { readonly holder: string; readonly ageMs: number } | undefined => {
  const { holderIdentity, renewTime, leaseDurationSeconds } = lease?.spec ?? {}
  const renewedAt = Date.parse(renewTime ?? '')
  if (!holderIdentity || Number.isNaN(renewedAt)) return undefined
  const ageMs = now - renewedAt
  return ageMs < (leaseDurationSeconds ?? 15) * 1000 ? { holder: holderIdentity, ageMs } : undefined
}
