/** Reads one rollout once, as far as the person may. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { KubeClient, List, Resource } from '../../kube/client.ts'
import { ApiError, isApiError } from '../../kube/errors.ts'
import { EVENTS } from '../../kube/resources.ts'
import { numbersReader } from '../../view/read-numbers.ts'
import { notThere, readList, readRolloutObjects } from '../../view/read-objects.ts'
import { isInProgress, makeRolloutView, type RolloutView } from '../../view/rollout-view.ts'
import type { Numbers, RolloutDetail } from '../contract.ts'
import { makeDetail } from '../model/detail.ts'
import type { KubeEvent } from '../model/events.ts'
import { makeNumbers } from '../model/numbers.ts'

export type DetailSource = {
  readonly client: KubeClient
  /** Where the routers run. */
  readonly sluiceNamespace: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type Where = { readonly namespace: string; readonly name: string }

export const missingSentence = (plural: string, namespace: string): string =>
  `You may not see ${plural} in namespace ${namespace}, so they are left out.`

const isForbidden = (error: unknown): boolean => isApiError(error) && error.status === 403

/** What is refused is as what is not there, and noted. */
export const tolerant = (client: KubeClient, refused: Set<string>): KubeClient => ({
  ...client,
  get: async <T extends KubeObject>(resource: Resource, ref: Parameters<KubeClient['get']>[1]) => {
    try {
      return await client.get<T>(resource, ref)
    } catch (error) {
      if (!isForbidden(error)) throw error
      refused.add(resource.plural)
      throw new ApiError({ status: 404, reason: 'NotFound', message: `${resource.plural} may not be read` })
    }
  },
  list: async <T extends KubeObject>(resource: Resource, options: Parameters<KubeClient['list']>[1]): Promise<List<T>> => {
    try {
      return await client.list<T>(resource, options)
    } catch (error) {
      if (!isForbidden(error)) throw error
      refused.add(resource.plural)
      return { metadata: { resourceVersion: '0' }, items: [] }
    }
  },
})

export type ReadView = { readonly view: RolloutView; readonly missing: readonly string[] }

/** Throws ApiError 403 where neither the Rollout nor the Deployment may be read, UserError where there is neither. */
export const readView = async (client: KubeClient, { namespace, name }: Where): Promise<ReadView> => {
  const refused = new Set<string>()
  const view = makeRolloutView(await readRolloutObjects(tolerant(client, refused), namespace, name))
  if (view !== undefined) return { view, missing: [...refused].map(plural => missingSentence(plural, namespace)) }
  if (!refused.has('rollouts')) throw notThere(namespace, name)
  const message = `You may not see Rollouts in namespace ${namespace}; ask for the right to get rollouts.argoproj.io`
  throw new ApiError({ status: 403, reason: 'Forbidden', message })
}

export const readDetail = async ({ client, sluiceNamespace, now }: DetailSource, where: Where): Promise<RolloutDetail> => {
  const { namespace } = where
  const refused = new Set<string>()
  const [{ view, missing }, events] = await Promise.all([
    readView(client, where),
    readList<KubeEvent>(tolerant(client, refused), EVENTS, { namespace }),
  ])
  const asked = isInProgress(view) ? await numbersReader({ client, sluiceNamespace, now })(view) : undefined
  const numbers = asked !== undefined && 'seconds' in asked ? asked : undefined
  const noEvents = [...refused].map(plural => missingSentence(plural, namespace))
  return makeDetail({ view, events, numbers, missing: [...missing, ...noEvents], now: now() })
}

export const readNumbers = async ({ client, sluiceNamespace, now }: DetailSource, where: Where): Promise<Numbers> => {
  const { view } = await readView(client, where)
  return makeNumbers(await numbersReader({ client, sluiceNamespace, now })(view), view.analysisRuns, now())
}
