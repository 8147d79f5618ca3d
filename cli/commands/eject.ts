import { CliError, type Command } from '../command.ts'
import type { EjectOptions } from '../eject/ejection.ts'
import { ejectAll, ejectOne, readWaits, refuseWhileLive, WAIT_OPTIONS } from '../eject/run.ts'
import { parseTarget } from '../target.ts'

export const eject: Command = {
  name: 'eject',
  summary: 'give a Deployment and its Services (or with --all every one) back to Kubernetes without the controller',
  argument: '[name]',
  options: [
    { flags: '--all', description: 'everything that is in an update, in all namespaces' },
    { flags: '--opt-out', description: "also remove Sluice's annotations, so that later updates are Kubernetes' own" },
    { flags: '--stable <replicaset>', description: 'the ReplicaSet of the stable version, where nothing else tells' },
    { flags: '--force', description: 'even while the controller is at work' },
    ...WAIT_OPTIONS,
  ],
  examples: ['eject deployment/web', 'eject deployment/web --opt-out', 'eject --all'],
  run: async (session, target, values) => {
    const all = values.all === true
    if (all === (target !== ''))
      throw new CliError(`eject takes one of a name or --all, e.g. eject deployment/web, or eject --all`, 2)
    if (all && values.stable !== undefined) throw new CliError('--stable is about one Deployment; it does not go with --all', 2)
    const options: EjectOptions = {
      optOut: values.optOut === true,
      ...(typeof values.stable === 'string' ? { stable: values.stable } : {}),
      ...readWaits(values),
    }
    const name = all ? '' : parseTarget(target)
    await refuseWhileLive(session, values.force === true)
    if (all) {
      const count = await ejectAll(session, options)
      session.terminal.write(
        count === 0 ? 'nothing is in an update\n' : `gave ${count === 1 ? '1 Deployment' : `${count} Deployments`} back\n`,
      )
      return 0
    }
    const { client, namespace } = await session.cluster()
    await ejectOne({ session, client, namespace, name, options })
    return 0
  },
}
