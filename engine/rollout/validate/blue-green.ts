/** The rules for a blue-green strategy. */
import type { BlueGreenStrategy, Rollout } from '../../../api/rollout.ts'
import { checkAntiAffinity } from './common.ts'
import { invalid, required, type Violation } from './violation.ts'

const HISTORY = 10

export const checkBlueGreen = (
  { spec }: Rollout,
  { activeService, previewService, scaleDownDelayRevisionLimit: limit, antiAffinity }: BlueGreenStrategy,
  path: string,
): readonly Violation[] => [
  ...(activeService
    ? []
    : [required(`${path}.activeService`, "Rollout has missing field '.spec.strategy.blueGreen.activeService'")]),
  ...(activeService && activeService === previewService
    ? [
        invalid(
          `${path}.activeService`,
          activeService,
          'This rollout uses the same service for the active and preview services, but two different services are required.',
        ),
      ]
    : []),
  ...(limit !== undefined && (spec.revisionHistoryLimit ?? HISTORY) < limit
    ? [
        invalid(
          `${path}.scaleDownDelayRevisionLimit`,
          limit,
          "This rollout's revision history limit can not be smaller than the rollout's scale down limit",
        ),
      ]
    : []),
  ...checkAntiAffinity(`${path}.antiAffinity`, antiAffinity),
]
