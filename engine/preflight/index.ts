/** Can routers stand in front of these pods, as the cluster around them is now? Pure; see docs/service-mode.md for what follows from it. */
import { addressFindings } from './addresses.ts'
import type { Finding, Front } from './finding.ts'
import { meshFindings } from './mesh.ts'
import { reachFindings } from './reach.ts'
import type { Surroundings } from './surroundings.ts'
import { workloadFindings } from './workload.ts'

export type { Finding, Front } from './finding.ts'
export type { Surroundings } from './surroundings.ts'

/** Everything that is in the way, and what somebody should know; nothing when all is well. */
export const surroundingFindings = (front: Front, around: Surroundings): readonly Finding[] => [
  ...workloadFindings(front, around),
  ...addressFindings(front, around),
  ...reachFindings(front, around),
  ...meshFindings(front, around),
]

/** The first thing that rules routers out; undefined when nothing does. */
export const obstacle = (front: Front, around: Surroundings): string | undefined =>
  surroundingFindings(front, around).find(({ severity }) => severity === 'no')?.text
