/** Reads what is known about one Deployment, for `sluice check` and `sluice adopt`. */
import { parse } from 'yaml'
import type { Deployment, EndpointSlice, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import { CONTROLLER_LEASE, ROUTER_APP_LABEL } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { isApiError } from '../kube/errors.ts'
import { DEPLOYMENTS, ENDPOINT_SLICES, LEASES, PODS, REPLICA_SETS, SERVICES } from '../kube/resources.ts'
import { notThere, readList, readObject } from '../view/read-objects.ts'
import type { Checked } from './check-report.ts'
import { type Lease, liveHolder } from './eject/lease.ts'
import { readAround } from './read-surroundings.ts'

/** What only an administrator may see is left out, not an error. */
const ifAllowed = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading
  } catch (error) {
    if (isApiError(error) && error.status === 403) return undefined
    throw error
  }
}

const ROUTERS = Object.entries(ROUTER_APP_LABEL)
  .map(([key, value]) => `${key}=${value}`)
  .join(',')

/** Reads the Deployment and everything that its traffic depends on. Throws CliError when it is not there. */
export const readChecked = async (
  client: KubeClient,
  {
    namespace,
    name,
    sluice,
    now,
  }: { readonly namespace: string; readonly name: string; readonly sluice: string; readonly now: number },
): Promise<Checked> => {
  const [deployment, deployments, replicaSets, services, slices, routers, lease] = await Promise.all([
    readObject<Deployment>(client, DEPLOYMENTS, namespace, name),
    readList<Deployment>(client, DEPLOYMENTS, { namespace }),
    readList<ReplicaSet>(client, REPLICA_SETS, { namespace }),
    readList<Service>(client, SERVICES, { namespace }),
    readList<EndpointSlice>(client, ENDPOINT_SLICES, { namespace }),
    ifAllowed(readList<Pod>(client, PODS, { namespace: sluice, labelSelector: ROUTERS })),
    ifAllowed(readObject<Lease>(client, LEASES, sluice, CONTROLLER_LEASE).then(one => one ?? null)),
  ])
  if (deployment === undefined) throw notThere(namespace, name)
  const around = await readAround(client, { namespace, name, systemNamespace: sluice, routers: routers ?? [] })
  return {
    around,
    deployment,
    deployments,
    services,
    replicaSets,
    slices,
    ...(routers && { routers }),
    ...(lease === undefined ? {} : { controller: liveHolder(lease ?? undefined, now)?.holder ?? null }),
    decodeYaml: text => parse(text, { maxAliasCount: 0 }),
  }
}
