import { DEPLOYMENTS } from '../../kube/resources.ts'
import { patchFresh } from '../../view/patch-fresh.ts'
import { annotated, type Proposal, proposeAdoption } from '../adopt.ts'
import type { Checked } from '../check-report.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { printValue } from '../output/print-object.ts'
import { renderAdoption } from '../output/render-adopt.ts'
import { wrap } from '../output/table.ts'
import { readChecked } from '../read-checked.ts'
import { parseTarget } from '../target.ts'

const show = (session: Session, { deployment }: Checked, proposal: Proposal): void => {
  const { terminal, format } = session
  const { namespace, name, annotations } = deployment.metadata
  if (format === 'json' || format === 'yaml') {
    terminal.write(printValue({ namespace, name, ...proposal }, format))
    return
  }
  const width = format === 'wide' ? Number.POSITIVE_INFINITY : terminal.width
  const options = { style: terminal.style, width, hasAnnotations: annotations !== undefined }
  terminal.write(`${renderAdoption(`${namespace}/${name}`, proposal, options).join('\n')}\n`)
}

const hint = (name: string): string =>
  `sluice adopt deployment/${name} --apply writes this; where manifests come from Git, put it there. No pod is restarted by it.`

/** Only what was shown, and only on the object that it was reckoned from. */
const write = async (session: Session, { deployment }: Checked, { annotations }: Proposal): Promise<void> => {
  const { client, namespace } = await session.cluster()
  const { name, resourceVersion } = deployment.metadata
  const added = annotated({}, annotations)
  await client.patch(DEPLOYMENTS, { namespace, name }, 'merge', { metadata: { resourceVersion, annotations: added } })
}

const refuse = (name: string, { findings }: Proposal, isForced: boolean): void => {
  const count = findings.filter(({ verdict }) => verdict === 'bad').length
  if (count > 0 && !isForced)
    throw new CliError(
      `${count === 1 ? 'one thing is' : `${count} things are`} in the way (✖ above); put that right, or adopt deployment/${name} --apply --force writes it all the same`,
    )
}

const run = async (session: Session, target: string, { apply, force }: Values): Promise<number> => {
  const name = parseTarget(target)
  const { client, namespace } = await session.cluster()
  const { terminal, sluiceNamespace: sluice, now } = session
  const isText = session.format === 'table' || session.format === 'wide'
  let shown = ''
  return patchFresh(async () => {
    const checked = await readChecked(client, { namespace, name, sluice, now: now() })
    const proposal = proposeAdoption(checked)
    if (proposal.annotations.length === 0) {
      terminal.write(`Deployment ${name} is adopted already; sluice check deployment/${name} says how its traffic can be split\n`)
      return 0
    }
    // Tried again because somebody else wrote meanwhile: what is written was shown.
    const text = JSON.stringify(proposal)
    if (text !== shown) show(session, checked, proposal)
    shown = text
    if (apply !== true) {
      if (isText) terminal.write(`\n${wrap(hint(name), terminal.width).join('\n')}\n`)
      return 0
    }
    refuse(name, proposal, force === true)
    await write(session, checked, proposal)
    if (isText) terminal.write(`\nwritten; the next change of the pod template starts an update, and no pod was restarted\n`)
    return 0
  })
}

export const adopt: Command = {
  name: 'adopt',
  summary: 'propose annotations for a Deployment from what is in front of it; --apply writes them',
  argument: '<name>',
  options: [
    { flags: '--apply', description: 'write what is shown' },
    { flags: '--force', description: 'with --apply: even when something is in the way' },
  ],
  examples: ['adopt deployment/web', 'adopt deployment/web --apply'],
  run,
}
