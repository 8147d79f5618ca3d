/** One ejection from beginning to end, and that of everything in an update. */
import { parseDuration } from '../../api/duration.ts'
import { CONTROLLER_LEASE } from '../../api/names.ts'
import { LEASES } from '../../kube/resources.ts'
import { patchFresh } from '../../view/patch-fresh.ts'
import { readObject } from '../../view/read-objects.ts'
import { CliError, type Option, type Session, type Values } from '../command.ts'
import { explainError } from '../explain-error.ts'
import { renderSpan } from '../output/age.ts'
import { clean, giveBack } from './deployment.ts'
import { type Ejection, type EjectOptions, type EjectStep, readStable } from './ejection.ts'
import { findInUpdate } from './find.ts'
import { type Lease, liveHolder } from './lease.ts'
import { restoreStable, stopOthers } from './replica-sets.ts'
import { attachServices, drainRouters, removeTraces, routeToStable } from './services.ts'

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

/** How long an ejection waits for what; for the commands that eject. */
export const WAIT_OPTIONS: readonly Option[] = [
  { flags: '--propagation <duration>', description: 'time for every node to learn of changed endpoints', default: '3s' },
  { flags: '--drain <duration>', description: 'time for connections through the routers to end', default: '5s' },
  { flags: '--timeout <duration>', description: 'longest wait for pods and endpoints of each step', default: '5m' },
]

const duration = (values: Values, name: string): number => {
  const text = String(values[name])
  const ms = parseDuration(text)
  if (ms === undefined || ms < 0) throw new CliError(`--${name}: ${JSON.stringify(text)} is no duration, e.g. --${name} 30s`)
  return ms
}

export const readWaits = (values: Values): Pick<EjectOptions, 'propagationMs' | 'drainMs' | 'timeoutMs'> => ({
  propagationMs: duration(values, 'propagation'),
  drainMs: duration(values, 'drain'),
  timeoutMs: duration(values, 'timeout'),
})

/** Who leads the controller and since when; undefined when nobody does. */
export const readLeader = async (session: Session) => {
  const { client } = await session.cluster()
  const lease = await readObject<Lease>(client, LEASES, session.sluiceNamespace, CONTROLLER_LEASE)
  return liveHolder(lease, session.now())
}

/** With the controller at work an ejection would be undone as it goes. */
export const refuseWhileLive = async (session: Session, force: boolean): Promise<void> => {
  const holder = await readLeader(session)
  if (holder === undefined || force) return
  throw new CliError(
    `the controller is at work (${holder.holder}, ${renderSpan(holder.ageMs)} ago) and would undo this; use abort, or remove the annotation sluice.dev/strategy, or scale the controller to 0 first, or insist with --force`,
  )
}

export const ejectOne = async (ejection: Ejection): Promise<void> => {
  const { write, style } = ejection.session.terminal
  await readStable(ejection)
  for (const [i, step] of STEPS.entries()) {
    write(`${i + 1}/${STEPS.length} ${step.title} `)
    const did = await patchFresh(() => step.run(ejection)).catch((error: unknown) => {
      write(`${style.bad('✖')}\n`)
      throw error
    })
    write(`${style.good('✔')}${did === undefined ? '' : ` ${style.dim(did)}`}\n`)
  }
  write(`${ejection.name} runs its stable version under Kubernetes alone\n`)
}

/**
 * One after the other; what fails is told and does not hold up the rest. Throws a CliError in the end when any did, and at once
 * when the user stopped it: what is done is done, and the same command goes on from there.
 */
export const ejectAll = async (session: Session, options: EjectOptions): Promise<number> => {
  const { client } = await session.cluster()
  const { write, style } = session.terminal
  const found = await findInUpdate(client)
  const failed: string[] = []
  for (const [i, { namespace, name }] of found.entries()) {
    write(`${style.bold(`Deployment ${namespace}/${name}`)} (${i + 1} of ${found.length})\n`)
    try {
      await ejectOne({ session, client, namespace, name, options })
    } catch (error) {
      if (session.signal.aborted) throw error
      failed.push(`${namespace}/${name}`)
      write(`${style.bad(explainError(error))}\n`)
    }
  }
  if (failed.length > 0)
    throw new CliError(
      `${failed.length} of ${found.length} Deployments could not be given back: ${failed.join(', ')}; see to what stands above and run the same command again, it goes on from here`,
    )
  return found.length
}
