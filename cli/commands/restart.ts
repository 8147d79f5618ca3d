import { parseDuration } from '../../api/duration.ts'
import { ROLLOUTS } from '../../kube/resources.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { patchFresh } from '../patch-fresh.ts'
import { readRolloutView } from '../read-objects.ts'
import { parseTarget } from '../target.ts'
import { isInProgress, type RolloutView } from '../view.ts'
import { workloadOf } from '../workload.ts'

/** What `kubectl rollout restart` writes, too. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

const wholeSecond = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const parseDelay = (text: unknown): number => {
  if (text === undefined) return 0
  const ms = parseDuration(String(text))
  if (ms === undefined || ms < 0) throw new CliError(`--in: ${JSON.stringify(text)} is no duration, e.g. --in 10m`)
  return ms
}

/** Answers what is under way. */
const restartOne = async (session: Session, view: RolloutView, at: number): Promise<string> => {
  const { client, namespace } = await session.cluster()
  const { name } = view
  const { resource, object } = workloadOf(view)
  if (resource.kind === ROLLOUTS.kind) {
    await client.patch(ROLLOUTS, { namespace, name }, 'merge', { spec: { restartAt: wholeSecond(at) } })
    return `${name} restarts its pods one after the other from ${wholeSecond(at)} on`
  }
  if (at > session.now()) throw new CliError('--in is for Rollouts with pods of their own; a Deployment restarts at once')
  if (isInProgress(view))
    throw new CliError(
      `an update of ${name} is in progress; a restart would be a new version in the middle of it; promote or abort it first`,
    )
  const { resourceVersion } = object.metadata
  const template = { metadata: { annotations: { [RESTARTED_AT]: wholeSecond(at) } } }
  await client.patch(resource, { namespace, name }, 'merge', { metadata: { resourceVersion }, spec: { template } })
  return `${name} restarts: the same images as a new version, which is tried by its steps`
}

const run = async (session: Session, target: string, values: Values): Promise<number> => {
  const name = parseTarget(target)
  const at = session.now() + parseDelay(values.in)
  const { client, namespace } = await session.cluster()
  const said = await patchFresh(async () => restartOne(session, await readRolloutView(client, namespace, name), at))
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
