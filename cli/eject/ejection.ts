/** An ejection under way: what every step reads anew, so that it can be started again after any of them. */
import type { Deployment, ReplicaSet } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import { readRolloutView } from '../../view/read-objects.ts'
import type { RolloutView } from '../../view/rollout-view.ts'
import { CliError, type Session } from '../command.ts'
import { chooseStable } from './stable.ts'

export type EjectOptions = {
  readonly optOut: boolean
  readonly stable?: string
  /** How long EndpointSlice changes are given to reach every node's proxy. */
  readonly propagationMs: number
  /** How long connections through the routers are given to end. */
  readonly drainMs: number
  /** Longest wait for pods, endpoints and routers. */
  readonly timeoutMs: number
}

export type Ejection = {
  readonly session: Session
  readonly client: KubeClient
  readonly namespace: string
  readonly name: string
  readonly options: EjectOptions
}

/** Answers what it did in a few words; undefined when there was nothing to do. */
export type EjectStep = { readonly title: string; readonly run: (ejection: Ejection) => Promise<string | undefined> }

export type DeploymentView = RolloutView & { readonly deployment: Deployment }

export const readView = async ({ client, namespace, name }: Ejection): Promise<DeploymentView> => {
  const view = await readRolloutView(client, namespace, name)
  const { deployment } = view
  if (deployment === undefined)
    throw new CliError(
      `there is no Deployment ${name} in namespace ${namespace}; a Rollout without one has no native controller to be given back to`,
    )
  return { ...view, deployment }
}

/** The view and its stable ReplicaSet. Throws when nothing tells which it is. */
export const readStable = async (
  ejection: Ejection,
): Promise<{ readonly view: DeploymentView; readonly stable: ReplicaSet; readonly how: string }> => {
  const view = await readView(ejection)
  const found = chooseStable(view, ejection.options.stable)
  if (found !== undefined) return { view, stable: found.replicaSet, how: found.how }
  const names = view.versions.map(one => one.replicaSet.metadata.name).join(', ')
  throw new CliError(
    `nothing tells which version of ${ejection.name} is the stable one; say it with --stable, one of: ${names || 'no ReplicaSet is there'}`,
  )
}

export type Waiting = { readonly session: Session; readonly options: Pick<EjectOptions, 'timeoutMs'> }

const POLL_MS = 500

/** Looks until `missing` answers undefined; gives up with what is still missing after the time of the options. */
export const waitUntil = async ({ session, options }: Waiting, missing: () => Promise<string | undefined>): Promise<void> => {
  const end = session.now() + options.timeoutMs
  for (;;) {
    const still = await missing()
    if (still === undefined) return
    if (session.signal.aborted) throw new CliError(`stopped; still missing: ${still}; run the same command again to go on`, 130)
    if (session.now() >= end)
      throw new CliError(`gave up waiting: ${still}; see to that and run the same command again, it goes on from here`)
    await session.sleep(POLL_MS)
  }
}
