import { isNotFound } from '../../kube/errors.ts'
import { EXPERIMENTS } from '../../kube/resources.ts'
import { steerRetry } from '../../view/steering.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { readKind } from '../experiment-target.ts'
import { steer } from '../steer.ts'
import { joinKinds } from '../target.ts'

/** An experiment without a status is a new one. */
const retryExperiment = async (session: Session, name: string): Promise<number> => {
  const { client, namespace } = await session.cluster()
  try {
    await client.patch(EXPERIMENTS, { namespace, name }, 'merge', { status: null })
  } catch (error) {
    if (isNotFound(error)) throw new CliError(`there is no Experiment ${name} in namespace ${namespace}`)
    throw error
  }
  session.terminal.write(`experiment ${name} starts again\n`)
  return 0
}

const run = async (session: Session, _target: string, _values: Values, words: readonly string[]): Promise<number> => {
  const named = readKind(words)
  if (named !== undefined && named.resource.kind !== 'Experiment')
    throw new CliError('an AnalysisRun is not tried again by itself; retry the update, e.g. retry web')
  const retryOne =
    named === undefined ? (name: string) => steer(session, name, steerRetry) : (name: string) => retryExperiment(session, name)
  let worst = 0
  for (const name of named?.names ?? joinKinds(words)) worst = Math.max(worst, await retryOne(name))
  return worst
}

export const retry: Command = {
  name: 'retry',
  summary: 'try an aborted update, or an Experiment, again from its beginning',
  argument: '<name>',
  takes: 'words',
  examples: ['retry web', 'retry experiment web-2'],
  run,
}
