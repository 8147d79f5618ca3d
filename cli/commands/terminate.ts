import { isNotFound } from '../../kube/errors.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { readKind } from '../experiment-target.ts'

const run = async (session: Session, _target: string, _values: Values, words: readonly string[]): Promise<number> => {
  const named = readKind(words)
  if (named === undefined)
    throw new CliError('terminate takes analysisrun NAME or experiment NAME, e.g. terminate analysisrun web-7b9c4d5f8x-2', 2)
  const { client, namespace } = await session.cluster()
  const { resource, names } = named
  for (const name of names) {
    try {
      await client.patch(resource, { namespace, name }, 'merge', { spec: { terminate: true } })
    } catch (error) {
      if (isNotFound(error)) throw new CliError(`there is no ${resource.kind} ${name} in namespace ${namespace}`)
      throw error
    }
    session.terminal.write(`${resource.kind} ${name} is ended\n`)
  }
  return 0
}

export const terminate: Command = {
  name: 'terminate',
  summary: 'end an AnalysisRun or an Experiment now; what it measured so far decides',
  argument: '<kind>',
  takes: 'words',
  examples: ['terminate analysisrun web-7b9c4d5f8x-2', 'terminate experiment web-2'],
  run,
}
