/** Which Experiments are run here: those of no named controller, which users and Rollouts of users make, and those with Sluice's own mark. */
import type { Experiment } from '../../api/experiment.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../../api/names.ts'

export const isForUs = ({ metadata }: Experiment): boolean => {
  const id = metadata.labels?.[INSTANCE_ID_LABEL]
  return id === undefined || id === INSTANCE_ID
}
