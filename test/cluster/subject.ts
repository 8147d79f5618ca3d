/** One annotated Deployment with its Service in the cluster suite: what tests do to it and read of it. */
import assert from 'node:assert/strict'
import type { Deployment, EndpointSlice, Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { SERVICE_NAME } from '../../api/names.ts'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import { DEPLOYMENTS, ENDPOINT_SLICES, PODS, REPLICA_SETS, ROLLOUTS, ROUTES, SERVICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { untilRolledOut } from '../../local/install.ts'
import { waitFor } from '../../local/wait.ts'
import type { Lab } from './lab.ts'
import { aDeployment, aService, type Wanted } from './objects.ts'
import { sizesByVersion } from './status.ts'

/** Where it is deployed. */
export type Place = Pick<Lab, 'client' | 'namespace'>

export type Subject = {
  readonly name: string
  readonly wanted: Wanted
  readonly url: string
  readonly deployment: () => Promise<Deployment>
  readonly service: () => Promise<Service>
  readonly status: () => Promise<RolloutStatus>
  readonly replicaSets: () => Promise<readonly ReplicaSet[]>
  readonly pods: () => Promise<readonly Pod[]>
  /** Sizes wanted of the ReplicaSets, by the VERSION of their pods; those at 0 left out. */
  readonly sizes: () => Promise<{ readonly [version: string]: number }>
  /** Puts another template in, as a pipeline would. */
  readonly ship: (more: Partial<Wanted>) => Promise<void>
  readonly patch: (body: unknown) => Promise<Deployment>
  readonly patchStatus: (status: unknown) => Promise<void>
  /** Waits until the Rollout's status is as wanted; tells the last one seen when it never is. */
  readonly until: (what: string, test: (status: RolloutStatus) => boolean) => Promise<RolloutStatus>
  /** Waits until nothing of Sluice is left in the Service's path, then asserts it. */
  readonly untilServed: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** How long a rollout of the suite may take at most; its own waits are seconds. */
const PATIENCE_MS = 180_000

const readers = (lab: Place, name: string) => {
  const { client, namespace } = lab
  const ref = { namespace, name }
  const mine = { namespace, labelSelector: `app=${name}` }
  const replicaSets = async () => (await client.list<ReplicaSet>(REPLICA_SETS, mine)).items
  return {
    deployment: () => client.get<Deployment>(DEPLOYMENTS, ref),
    service: () => client.get<Service>(SERVICES, ref),
    status: async () => (await client.get<Rollout>(ROLLOUTS, ref)).status ?? {},
    replicaSets,
    pods: async () => (await client.list<Pod>(PODS, mine)).items,
    sizes: async () => sizesByVersion(await replicaSets()),
  }
}

const untilServed = async (lab: Place, name: string): Promise<void> => {
  const { client, namespace } = lab
  await waitFor({ what: `Service ${name} to be out of proxy mode`, timeoutMs: PATIENCE_MS }, async () => {
    const { items } = await client.list(ROUTES, { namespace })
    return !items.some(route => route.metadata.name === name)
  })
  const service = await client.get<Service>(SERVICES, { namespace, name })
  assert.deepEqual(service.spec.selector, { app: name })
  const ours = await waitFor({ what: `only native slices of ${name}` }, async () => {
    const { items } = await client.list<EndpointSlice>(ENDPOINT_SLICES, { namespace, labelSelector: `${SERVICE_NAME}=${name}` })
    return (
      items.every(
        slice => slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === 'endpointslice-controller.k8s.io',
      ) && items
    )
  })
  assert.equal(ours.length, 1)
  await waitFor({ what: `the private Services of ${name} to be gone` }, async () => {
    const { items } = await client.list(SERVICES, { namespace, labelSelector: `sluice.dev/service=${name}` })
    return items.length === 0
  })
}

/** A service proxy hears of a new Service a moment later; until then nobody answers at its address. */
export const untilAnswered = async (url: string): Promise<void> => {
  await waitFor({ what: `an answer at ${url}` }, async () => (await fetch(url, { headers: { connection: 'close' } })).ok)
}

/** Deploys it with its Service and waits until both are at rest. */
export const deploySubject = async (lab: Place, wanted: Omit<Wanted, 'namespace'>): Promise<Subject> => {
  const { client, namespace } = lab
  const { name } = wanted
  const full: Wanted = {
    ...wanted,
    namespace,
    annotations: { 'sluice.dev/strategy': 'canary', 'sluice.dev/analysis': 'none', ...wanted.annotations },
  }
  await apply(client, [aDeployment(full), aService(full)])
  await untilRolledOut(client, namespace, name)
  const read = readers(lab, name)
  const until: Subject['until'] = async (what, test) => {
    let last: RolloutStatus = {}
    const found = await waitFor({ what: `${name}: ${what}`, timeoutMs: PATIENCE_MS }, async () => {
      last = await read.status()
      return test(last) && last
    }).catch(error =>
      assert.fail(
        `${error.message}; last seen ${last.phase}: ${last.message}, step ${last.currentStepIndex}, weights ${JSON.stringify(last.canary?.weights)}`,
      ),
    )
    return found
  }
  await until('to be Healthy at rest', status => status.phase === 'Healthy')
  const patch = (body: unknown) => client.patch<Deployment>(DEPLOYMENTS, { namespace, name }, 'merge', body)
  const { spec } = await read.service()
  const url = `http://${spec.clusterIP}:8080/`
  if (wanted.serve !== undefined && wanted.broken !== true) await untilAnswered(url)
  return {
    ...read,
    name,
    wanted: full,
    until,
    patch,
    url,
    ship: async more => void (await patch({ spec: { template: aDeployment({ ...full, ...more }).spec.template } })),
    patchStatus: async status => void (await client.patch(ROLLOUTS, { namespace, name }, 'merge', { status }, 'status')),
    untilServed: () => untilServed(lab, name),
    remove: () => client.delete(DEPLOYMENTS, { namespace, name }),
  }
}
