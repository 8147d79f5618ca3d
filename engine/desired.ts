/** What the steps up to one of them ask for. */
import type { CanaryStep } from '../api/rollout.ts'

/** What the step asks for: a share of traffic, and the canary's size where the user set it apart from that. */
export type Wish = { readonly weight: number; readonly scale?: { readonly weight?: number; readonly replicas?: number } }

export type HeaderStep = NonNullable<CanaryStep['setHeaderRoute']>
export type MirrorStep = NonNullable<CanaryStep['setMirrorRoute']>

export type Desired = Wish & {
  readonly headerRoutes: readonly HeaderStep[]
  readonly mirrorRoutes: readonly MirrorStep[]
}

export const NOTHING_DESIRED: Desired = { weight: 0, headerRoutes: [], mirrorRoutes: [] }
export const EVERYTHING_DESIRED: Desired = { weight: 100, headerRoutes: [], mirrorRoutes: [] }
