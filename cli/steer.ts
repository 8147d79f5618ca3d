/** Carries a steering out: reads the Rollout, sends the planned patches, says what is under way. */
import type { Rollout } from '../api/rollout.ts'
import { ROLLOUTS } from '../kube/resources.ts'
import { readRolloutView } from '../view/read-objects.ts'
import type { RolloutView } from '../view/rollout-view.ts'
import type { Steering } from '../view/steering.ts'
import { CliError, type Session } from './command.ts'
import { parseTarget } from './target.ts'

export const steer = async (
  session: Session,
  target: string,
  plan: (view: RolloutView & { readonly rollout: Rollout }) => Steering,
): Promise<number> => {
  const name = parseTarget(target)
  const { client, namespace } = await session.cluster()
  const view = await readRolloutView(client, namespace, name)
  const { rollout } = view
  if (rollout === undefined)
    throw new CliError(
      `Deployment ${name} has no Rollout yet; set sluice.dev/strategy on it and see that the controller runs, or look with kubectl sluice check ${name}`,
    )
  const steering = plan({ ...view, rollout })
  if ('refused' in steering) throw new CliError(steering.refused)
  for (const { subresource, body } of steering.patches)
    await client.patch(ROLLOUTS, { namespace, name }, 'merge', body, subresource)
  session.terminal.write(`${steering.said}\n`)
  return 0
}
