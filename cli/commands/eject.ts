import { parseDuration } from '../../api/duration.ts'
import { CONTROLLER_LEASE, SLUICE_NAMESPACE } from '../../api/names.ts'
import { LEASES } from '../../kube/resources.ts'
import { CliError, type Command, type Session, type Values } from '../command.ts'
import { clean, giveBack } from '../eject/deployment.ts'
import { type Ejection, type EjectStep, readStable } from '../eject/ejection.ts'
import { type Lease, liveHolder } from '../eject/lease.ts'
import { restoreStable, stopOthers } from '../eject/replica-sets.ts'
import { attachServices, drainRouters, removeTraces, routeToStable } from '../eject/services.ts'
import { renderSpan } from '../output/age.ts'
import { patchFresh } from '../patch-fresh.ts'
import { readObject } from '../read-objects.ts'
import { parseTarget } from '../target.ts'

/**
 * The order is the safety: capacity before traffic, traffic before pods go, no other version's pods when a selector comes back,
 * pods among the endpoints before the routers leave them, and the Deployment last, when the stable version is all there is.
 */
const STEPS: readonly EjectStep[] = [
  restoreStable,
  routeToStable,
  stopOthers,
  attachServices,
  drainRouters,
  removeTraces,
  giveBack,
  clean,
]

const duration = (values: Values, name: string, flag: string): number => {
  const text = String(values[name])
  const ms = parseDuration(text)
  if (ms === undefined || ms < 0) throw new CliError(`${flag}: ${JSON.stringify(text)} is no duration, e.g. ${flag} 30s`)
  return ms
}

/** With the controller at work an ejection would be undone as it goes. */
const refuseWhileLive = async (session: Session, force: boolean): Promise<void> => {
  const { client } = await session.cluster()
  const holder = liveHolder(await readObject<Lease>(client, LEASES, SLUICE_NAMESPACE, CONTROLLER_LEASE), session.now())
  if (holder === undefined || force) return
  throw new CliError(
    `the controller is at work (${holder.holder}, ${renderSpan(holder.ageMs)} ago) and would undo this; use abort, or remove the annotation sluice.dev/strategy, or scale the controller to 0 first, or insist with --force`,
  )
}

const runSteps = async (ejection: Ejection): Promise<void> => {
  const { write, style } = ejection.session.terminal
  for (const [i, step] of STEPS.entries()) {
    write(`${i + 1}/${STEPS.length} ${step.title} `)
    const did = await patchFresh(() => step.run(ejection)).catch((error: unknown) => {
      write(`${style.bad('✖')}\n`)
      throw error
    })
    write(`${style.good('✔')}${did === undefined ? '' : ` ${style.dim(did)}`}\n`)
  }
}

export const eject: Command = {
  name: 'eject',
  summary: 'give a Deployment and its Services back to Kubernetes without the controller',
  argument: '<name>',
  options: [
    { flags: '--opt-out', description: "also remove Sluice's annotations, so that later updates are Kubernetes' own" },
    { flags: '--stable <replicaset>', description: 'the ReplicaSet of the stable version, where nothing else tells' },
    { flags: '--force', description: 'even while the controller is at work' },
    { flags: '--propagation <duration>', description: 'time for every node to learn of changed endpoints', default: '3s' },
    { flags: '--drain <duration>', description: 'time for connections through the routers to end', default: '5s' },
    { flags: '--timeout <duration>', description: 'longest wait for pods and endpoints of each step', default: '5m' },
  ],
  examples: ['eject deployment/web', 'eject deployment/web --opt-out'],
  run: async (session, target, values) => {
    const name = parseTarget(target)
    await refuseWhileLive(session, values.force === true)
    const { client, namespace } = await session.cluster()
    const ejection: Ejection = {
      session,
      client,
      namespace,
      name,
      options: {
        optOut: values.optOut === true,
        ...(typeof values.stable === 'string' ? { stable: values.stable } : {}),
        propagationMs: duration(values, 'propagation', '--propagation'),
        drainMs: duration(values, 'drain', '--drain'),
        timeoutMs: duration(values, 'timeout', '--timeout'),
      },
    }
    await readStable(ejection)
    await runSteps(ejection)
    session.terminal.write(`${name} runs its stable version under Kubernetes alone\n`)
    return 0
  },
}
