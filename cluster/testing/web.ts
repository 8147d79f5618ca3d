/** Tests' work with one Deployment `web` in a namespace of its own. */
import assert from 'node:assert/strict'
import type { Deployment, ReplicaSet } from '../../api/kubernetes.ts'
import { DESIRED_REPLICAS, POD_TEMPLATE_HASH } from '../../api/names.ts'
import type { KubeClient } from '../../kube/client.ts'
import { DEPLOYMENTS, NAMESPACES, REPLICA_SETS } from '../../kube/resources.ts'
import { eventually, eventuallyIs } from './cluster.ts'
import { templateOf } from './objects.ts'

const MAX = 2147483647

/** What Sluice sets on a Deployment in flight. */
export const HOLD = {
  paused: true,
  strategy: { type: 'Recreate', rollingUpdate: null },
  revisionHistoryLimit: MAX,
  progressDeadlineSeconds: MAX,
}

/** `client` is called for each use, so that it may be made in a `before`. */
export function webOn(client: () => KubeClient) {
  let count = 0

  /** A namespace of its own for each test. */
  async function namespace(): Promise<string> {
    count += 1
    const name = `test-${count}`
    await client().create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    return name
  }

  const patchDeployment = (ns: string, spec: object) =>
    client().patch(DEPLOYMENTS, { namespace: ns, name: 'web' }, 'merge', { spec })

  const settled = (ns: string, is: (deployment: Deployment) => boolean = () => true) =>
    eventuallyIs<Deployment>(client(), {
      resource: DEPLOYMENTS,
      ref: { namespace: ns, name: 'web' },
      is: deployment => (deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0) && is(deployment),
    })

  const available = (n: number) => (deployment: Deployment) => (deployment.status?.availableReplicas ?? 0) === n

  async function deploy(spec: object = {}): Promise<string> {
    const ns = await namespace()
    const body = { replicas: 4, selector: { matchLabels: { app: 'web' } }, template: templateOf('v1'), ...spec }
    await client().create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: ns },
      spec: body,
    } as Deployment)
    await settled(ns, available((body as { readonly replicas: number }).replicas))
    return ns
  }

  const replicaSets = async (ns: string) => (await client().list<ReplicaSet>(REPLICA_SETS, { namespace: ns })).items

  const versionOf = async (ns: string, tag: string): Promise<ReplicaSet> => {
    const found = (await replicaSets(ns)).find(item => item.spec.template.spec.containers[0]?.image === `web:${tag}`)
    assert.ok(found, `no ReplicaSet of ${tag}`)
    return found
  }

  const scaleVersion = async (ns: string, tag: string, replicas: number) => {
    const { name } = (await versionOf(ns, tag)).metadata
    await client().patch(REPLICA_SETS, { namespace: ns, name }, 'merge', { spec: { replicas } })
  }

  const disarm = async (ns: string) => {
    for (const { metadata } of await replicaSets(ns)) {
      await client().patch(REPLICA_SETS, { namespace: ns, name: metadata.name }, 'merge', {
        metadata: { annotations: { [DESIRED_REPLICAS]: null } },
      })
    }
  }

  /** A ReplicaSet of the Deployment made by hand, as Sluice makes one. */
  async function makeVersion(ns: string, tag: string, replicas: number): Promise<void> {
    const deployment = await client().get<Deployment>(DEPLOYMENTS, { namespace: ns, name: 'web' })
    const labels = { app: 'web', [POD_TEMPLATE_HASH]: tag }
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'web',
      uid: deployment.metadata.uid ?? '',
      controller: true,
      blockOwnerDeletion: true,
    }
    const template = { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } }
    const metadata = { name: `web-${tag}`, namespace: ns, labels, ownerReferences: [owner] }
    await client().create<ReplicaSet>(REPLICA_SETS, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata,
      spec: { replicas, selector: { matchLabels: labels }, template },
    })
  }

  /** Makes the Deployment controller look, and waits until it has: its status carries the new generation and its ReplicaSets are settled. */
  async function afterAnotherLook(ns: string): Promise<void> {
    await client().patch(DEPLOYMENTS, { namespace: ns, name: 'web' }, 'merge', {
      metadata: { annotations: { look: String(Math.random()) } },
    })
    await settled(ns)
    await eventually(async () =>
      (await replicaSets(ns)).every(
        ({ status, spec }) => (status?.replicas ?? 0) === spec.replicas && (status?.readyReplicas ?? 0) === spec.replicas,
      ),
    )
    await settled(ns)
  }

  return {
    namespace,
    patchDeployment,
    settled,
    available,
    deploy,
    replicaSets,
    versionOf,
    scaleVersion,
    disarm,
    makeVersion,
    afterAnotherLook,
  }
}
