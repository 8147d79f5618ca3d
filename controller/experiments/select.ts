/** Which Experiments are run here: those for this controller, which users and Rollouts of users make, and those with Sluice's own mark. */
import type { Experiment } from '../../api/experiment.ts'
import { isForScope, isMadeInScope, type Scope } from '../scope.ts'

export const isForUs = (experiment: Experiment, scope: Scope): boolean =>
  isForScope(experiment, scope) || isMadeInScope(experiment, scope)
