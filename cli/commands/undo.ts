import { patchFresh } from '../../view/patch-fresh.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import { planUndo } from '../../view/undo.ts'
import { readWorkload } from '../../view/workload.ts'
import { CliError, type Command } from '../command.ts'
import { parseTarget } from '../target.ts'

const parseRevision = (text: string): number => {
  if (!/^\d{1,9}$/.test(text))
    throw new CliError(`--to-revision: ${JSON.stringify(text)} is no revision, e.g. --to-revision 3; 0 is the one before`)
  return Number(text)
}

export const undo: Command = {
  name: 'undo',
  summary: 'put an older template back; it is tried like any new version, or is a rollback in the middle of an update',
  argument: '<name>',
  options: [{ flags: '--to-revision <number>', description: 'the revision to go back to; 0 is the one before', default: '0' }],
  examples: ['undo web', 'undo web --to-revision 3'],
  run: async (session, target, { toRevision }) => {
    const name = parseTarget(target)
    const revision = parseRevision(String(toRevision))
    const { client, namespace } = await session.cluster()
    const undone = await patchFresh(async () => {
      const view = await readRolloutView(client, namespace, name)
      const workload = await readWorkload(client, namespace, view)
      const plan = planUndo(
        workload,
        view.versions.map(one => one.replicaSet),
        revision,
      )
      if ('refused' in plan) throw new CliError(plan.refused)
      await client.patch(workload.resource, { namespace, name: workload.object.metadata.name }, 'json', plan.patch)
      return plan
    })
    session.terminal.write(`${name} goes back to revision ${undone.revision} (${undone.replicaSet})\n`)
    return 0
  },
}
