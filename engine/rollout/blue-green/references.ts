/** Services that a blue-green strategy names: they must be there, and its own. */
import type { BlueGreenStrategy } from '../../../api/rollout.ts'
import type { RolloutContext } from '../context.ts'
import { checkNamedService } from '../validate/services.ts'
import type { Violation } from '../validate/violation.ts'

const PATH = 'spec.strategy.blueGreen'

export const checkBlueGreenReferences = (context: RolloutContext, strategy: BlueGreenStrategy): readonly Violation[] => [
  ...checkNamedService(context, `${PATH}.activeService`, strategy.activeService),
  ...checkNamedService(context, `${PATH}.previewService`, strategy.previewService),
]
