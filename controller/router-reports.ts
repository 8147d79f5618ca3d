/** Asks every router pod on its admin port: what it runs (`/routes`) and what it counted (`/buckets`). */
import { makeRouterAdmin, routerOrigin } from '../analysis/providers/router-admin.ts'
import type { Pod } from '../api/kubernetes.ts'
import type { BucketReport, RouterReport } from '../api/router-admin.ts'

export type RouterClient = {
  /** One answer for each router pod that has an address and is not over, by pod name; an Error for one that did not answer in time. */
  readonly reports: () => Promise<ReadonlyMap<string, RouterReport | Error>>
  /** @param route `NAMESPACE/NAME`. Rejects when the pod is unknown or does not answer. */
  readonly buckets: (podName: string, route: string, seconds: number) => Promise<BucketReport>
  /** Ends the kept-alive connections. */
  readonly close: () => Promise<void>
}

export type RouterClientOptions = {
  /** The router pods as the cache has them now. */
  readonly pods: () => readonly Pod[]
  /** PEM of the CA(s) that routers are signed by; asked before each request. */
  readonly ca: () => string
  /** Where a pod's admin port is; for tests that cannot have the real port. */
  readonly originOf?: (pod: Pod) => string
  readonly timeoutMs?: number
}

/** The pod has an address and its containers have not all ended. */
const isReachable = (pod: Pod): boolean =>
  pod.status?.podIP !== undefined && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed'

export const makeRouterClient = ({ pods, ca, originOf, timeoutMs }: RouterClientOptions): RouterClient => {
  const admin = makeRouterAdmin({ ca, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
  const origin = originOf ?? (pod => routerOrigin(pod.status?.podIP ?? ''))
  const reportOf = async (pod: Pod): Promise<readonly [string, RouterReport | Error]> => {
    try {
      return [pod.metadata.name, await admin.report(origin(pod))]
    } catch (error) {
      return [pod.metadata.name, error instanceof Error ? error : new Error(String(error))]
    }
  }
  return {
    reports: async () => new Map(await Promise.all(pods().filter(isReachable).map(reportOf))),
    buckets: async (podName, route, seconds) => {
      const pod = pods().find(({ metadata }) => metadata.name === podName)
      if (!pod || !isReachable(pod)) throw new Error(`router ${podName} has no address`)
      return admin.buckets(origin(pod), route, seconds)
    },
    close: admin.close,
  }
}
