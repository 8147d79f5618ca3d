/** What the cluster suite reads of a status and of ReplicaSets, whatever object they belong to. */
import type { ReplicaSet } from '../../api/kubernetes.ts'
import { waitFor } from '../../local/wait.ts'

const PATIENCE_MS = 120_000

/** Waits until the status of `name` is as asked for; tells the last one seen when it never is. */
export const statusWait =
  <S extends object>(name: string, read: () => Promise<S>, timeoutMs = PATIENCE_MS) =>
  async (what: string, is: (status: S) => boolean): Promise<S> => {
    let last: S | undefined
    try {
      return await waitFor({ what: `${name}: ${what}`, timeoutMs }, async () => {
        last = await read()
        return is(last) && last
      })
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; last seen: ${JSON.stringify(last ?? {})}`)
    }
  }

const versionOf = ({ spec }: ReplicaSet): string =>
  spec.template.spec.containers[0]?.env?.find(variable => variable.name === 'VERSION')?.value ?? '?'

/** Sizes wanted, by the VERSION of their pods; those at 0 left out. */
export const sizesByVersion = (replicaSets: readonly ReplicaSet[]): { readonly [version: string]: number } => {
  const running = replicaSets.filter(({ spec }) => (spec.replicas ?? 1) > 0)
  return Object.fromEntries(running.map(set => [versionOf(set), set.spec.replicas ?? 1]))
}
