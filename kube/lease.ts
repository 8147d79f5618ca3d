/** The rules of a Lease and its body. Pure. */
import type { KubeObject } from '../api/kubernetes.ts'

export type Lease = KubeObject & {
  readonly spec?: {
    readonly holderIdentity?: string | null
    readonly leaseDurationSeconds?: number | null
    /** MicroTime: RFC 3339 with six digits of a second. */
    readonly acquireTime?: string | null
    readonly renewTime?: string | null
    readonly leaseTransitions?: number | null
  }
}

export type LeaseVerdict = 'acquire' | 'renew' | 'wait'

/** Kubernetes' MicroTime, e.g. `2026-01-01T00:00:00.123000Z`; the API server refuses other precisions. */
export const microTime = (now: number): string => new Date(now).toISOString().replace('Z', '000Z')

/** What makes one state of a lease another: who holds it and when they last said so. */
export const leaseFingerprint = (lease: Lease | undefined): string =>
  JSON.stringify([lease?.metadata.uid, lease?.spec?.holderIdentity, lease?.spec?.renewTime, lease?.spec?.leaseTransitions])

const DEFAULT_DURATION_SECONDS = 15

/**
 * What `me` may do. `observedAt` is when this process first saw the lease as it is now, by its own clock: the times in the lease are another
 * machine's and are never compared.
 */
export const evaluate = (lease: Lease | undefined, me: string, observedAt: number, now: number): LeaseVerdict => {
  const holder = lease?.spec?.holderIdentity
  if (!holder) return 'acquire'
  if (holder === me) return 'renew'
  const durationMs = 1000 * (lease?.spec?.leaseDurationSeconds ?? DEFAULT_DURATION_SECONDS)
  return now < observedAt + durationMs ? 'wait' : 'acquire'
}

type Holding = { readonly me: string; readonly durationMs: number; readonly now: number }

/** The spec with which `me` takes or keeps the lease. */
export const heldSpec = (before: Lease['spec'], { me, durationMs, now }: Holding): NonNullable<Lease['spec']> => {
  const isMine = before?.holderIdentity === me
  const transitions = before?.leaseTransitions ?? 0
  return {
    holderIdentity: me,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: (isMine ? before?.acquireTime : undefined) ?? microTime(now),
    renewTime: microTime(now),
    // The first holder of all is no transition.
    leaseTransitions: isMine || before === undefined ? transitions : transitions + 1,
  }
}

/** The spec with which a holder gives the lease up: anybody may take it at once. */
export const releasedSpec = (now: number): NonNullable<Lease['spec']> => ({
  holderIdentity: '',
  leaseDurationSeconds: 1,
  renewTime: microTime(now),
})
