import { VERSION } from '../../api/version.ts'
import { messageOf } from '../../kube/errors.ts'
import type { Command } from '../command.ts'

const versionOf = (answer: unknown): string =>
  typeof answer === 'object' && answer !== null && 'gitVersion' in answer ? String(answer.gitVersion) : 'unknown'

export const version: Command = {
  name: 'version',
  summary: 'print the versions of this program and of the cluster',
  options: [
    { flags: '--client', description: 'of this program only' },
    { flags: '--short', description: 'only the number, of this program' },
  ],
  examples: ['version', 'version --client'],
  run: async (session, _target, { client: clientOnly, short }) => {
    const { write } = session.terminal
    if (short === true) {
      write(`${VERSION}\n`)
      return 0
    }
    write(`sluice ${VERSION}\n`)
    if (clientOnly === true) return 0
    try {
      const { client, server } = await session.cluster()
      write(`Kubernetes ${versionOf(await client.raw('GET', '/version'))} at ${server}\n`)
    } catch (error) {
      write(`Kubernetes not reached: ${messageOf(error)}\n`)
    }
    return 0
  },
}
