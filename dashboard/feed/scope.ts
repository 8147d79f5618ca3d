/** Where somebody may look: all of the cluster, or the namespaces in which the API server lets them list Rollouts. */
import type { KubeObject } from '../../api/kubernetes.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isApiError } from '../../kube/errors.ts'
import { NAMESPACES, ROLLOUTS } from '../../kube/resources.ts'

/** `namespaces` undefined: all of the cluster. */
export type Scope = { readonly namespaces?: readonly string[]; readonly missing: readonly string[] }

/** Beyond that a person had better be given the right to list all. */
const MOST_NAMESPACES = 100

const isForbidden = (error: unknown): boolean => isApiError(error) && error.status === 403

const mayList = async (client: KubeClient, namespace?: string): Promise<boolean> => {
  try {
    await client.list(ROLLOUTS, { limit: 1, ...(namespace !== undefined && { namespace }) })
    return true
  } catch (error) {
    if (isForbidden(error)) return false
    throw error
  }
}

const listNamespaces = async (client: KubeClient): Promise<readonly string[] | undefined> => {
  try {
    return (await client.list<KubeObject>(NAMESPACES)).items.map(({ metadata }) => metadata.name)
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

/** `known`: namespaces to try where they cannot be listed. */
export const findScope = async (client: KubeClient, known: readonly string[]): Promise<Scope> => {
  if (await mayList(client)) return { missing: [] }
  const listed = await listNamespaces(client)
  const candidates = [...new Set(listed ?? known)].sort()
  const tried = candidates.slice(0, MOST_NAMESPACES)
  const allowed = await Promise.all(tried.map(namespace => mayList(client, namespace)))
  const namespaces = tried.filter((_, i) => allowed[i])
  const missing = [
    'You may not list Rollouts in all namespaces, so only those of your own are shown.',
    ...(candidates.length > tried.length ? [`Only the first ${MOST_NAMESPACES} namespaces were tried.`] : []),
    ...(namespaces.length === 0
      ? ['There is no namespace in which you may list Rollouts; ask for the right to list rollouts.argoproj.io.']
      : []),
  ]
  return { namespaces, missing }
}
