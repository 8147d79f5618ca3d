import { parseDuration } from '../../api/duration.ts'
import { patchFresh } from '../../view/patch-fresh.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import { planRestart } from '../../view/restart.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { parseTarget } from '../target.ts'

const parseDelay = (text: unknown): number => {
  if (text === undefined) return 0
  const ms = parseDuration(String(text))
  if (ms === undefined || ms < 0) throw new CliError(`--in: ${JSON.stringify(text)} is no duration, e.g. --in 10m`)
  return ms
}

const run = async (session: Session, target: string, values: Values): Promise<number> => {
  const name = parseTarget(target)
  const at = session.now() + parseDelay(values.in)
  const { client, namespace } = await session.cluster()
  const said = await patchFresh(async () => {
    const plan = planRestart(await readRolloutView(client, namespace, name), { at, now: session.now() })
    if ('refused' in plan) throw new CliError(plan.refused)
    await client.patch(plan.resource, { namespace, name }, 'merge', plan.body)
    return plan.said
  })
  session.terminal.write(`${said}\n`)
  return 0
}

export const restart: Command = {
  name: 'restart',
  summary: 'replace all pods: a Deployment by an update to the same images, a Rollout one pod after the other',
  argument: '<name>',
  takes: 'names',
  options: [{ flags: '-i, --in <duration>', description: 'so much later (Rollouts with pods of their own)' }],
  examples: ['restart web', 'restart rollout/api --in 10m'],
  run,
}
