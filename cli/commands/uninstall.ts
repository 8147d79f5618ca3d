import { patchFresh } from '../../view/patch-fresh.ts'
import type { Command, Session } from '../command.ts'
import { ejectAll, readWaits, WAIT_OPTIONS } from '../eject/run.ts'
import { removeAdmission } from '../uninstall/admission.ts'
import { removeMarks } from '../uninstall/marks.ts'
import { removeKept, stopComponent, waitForNoLeader } from '../uninstall/processes.ts'

const tell = async (session: Session, what: string, act: () => Promise<string | undefined>): Promise<void> => {
  const { write, style } = session.terminal
  write(`${what} `)
  const did = await act().catch((error: unknown) => {
    write(`${style.bad('✖')}\n`)
    throw error
  })
  write(`${style.good('✔')}${did === undefined ? '' : ` ${style.dim(did)}`}\n`)
}

const counted = (count: number, did: string): string | undefined => (count === 0 ? undefined : `${did} ${count} objects`)

/**
 * The order: nobody is held up by the webhook any more; nobody takes up again what is given back; the routers serve until no
 * traffic needs them; and what the processes keep goes when they can not make it again. Started again it goes on where it was.
 */
export const uninstall: Command = {
  name: 'uninstall',
  summary: 'give everything in all namespaces back to Kubernetes and stop Sluice; run by helm uninstall',
  options: [
    {
      flags: '--configuration <name>',
      description: "the release's MutatingWebhookConfiguration, which goes first",
      default: 'sluice',
    },
    ...WAIT_OPTIONS,
  ],
  examples: ['uninstall', 'uninstall --sluice-namespace platform --configuration sluice --timeout 10m'],
  run: async (session, _target, values) => {
    const waits = readWaits(values)
    const { client } = await session.cluster()
    const waiting = { session, options: waits }
    const { sluiceNamespace } = session
    await tell(session, 'the webhook is not asked any more', async () =>
      counted(await removeAdmission(client, String(values.configuration)), 'removed'),
    )
    await tell(session, 'the controller has stopped', async () => {
      const did = await stopComponent(waiting, 'controller')
      await waitForNoLeader(waiting)
      return did
    })
    await ejectAll(session, { optOut: false, ...waits })
    await tell(session, 'nothing of Sluice is left on Deployments and Services', async () =>
      counted(await patchFresh(() => removeMarks(client)), 'changed or removed'),
    )
    for (const component of ['router', 'webhook'])
      await tell(session, `the ${component} has stopped`, () => stopComponent(waiting, component))
    await tell(session, 'Leases and certificates are gone', async () =>
      counted(await removeKept(client, sluiceNamespace), 'removed'),
    )
    session.terminal.write('every Deployment and Service is under Kubernetes alone; Sluice can be removed\n')
    return 0
  },
}
