import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { EndpointSlice, Endpoints, Pod, Service } from '../../api/kubernetes.ts'
import { REVISION, SKIP_MIRROR } from '../../api/names.ts'
import { DEPLOYMENTS, ENDPOINT_SLICES, ENDPOINTS, PODS, SERVICE_ACCOUNTS, SERVICES } from '../../kube/resources.ts'
import { eventually, eventuallyIs, podsOf, sizesByImage, startTestCluster, type TestCluster } from '../testing/cluster.ts'
import { NOT_READY } from '../testing/fake-node.ts'
import { templateOf } from '../testing/objects.ts'
import { webOn } from '../testing/web.ts'

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster()
})
after(() => cluster.stop())
const { namespace, patchDeployment, settled, available, deploy, replicaSets } = webOn(() => cluster.client)

describe('a Deployment on its own', () => {
  it('rolls to a new template and reports it', async () => {
    const ns = await deploy()
    await patchDeployment(ns, { template: templateOf('v2') })
    const done = await settled(
      ns,
      ({ status }) => status?.updatedReplicas === 4 && status.replicas === 4 && status.availableReplicas === 4,
    )
    assert.deepEqual(await sizesByImage(cluster.client, ns), { 'web:v1': 0, 'web:v2': 4 })
    const finished = await settled(
      ns,
      ({ status }) => status?.conditions?.find(c => c.type === 'Progressing')?.reason === 'NewReplicaSetAvailable',
    )
    assert.equal(finished.metadata.annotations?.[REVISION], '2')
    assert.equal(done.metadata.name, 'web')
  })

  it('stops at maxUnavailable when the new pods never become ready, and times out', async () => {
    const ns = await deploy({ progressDeadlineSeconds: 1, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } })
    const bad = templateOf('v2')
    await patchDeployment(ns, { template: { ...bad, metadata: { ...bad.metadata, annotations: { [NOT_READY]: 'true' } } } })
    const stuck = await settled(
      ns,
      ({ status }) => status?.conditions?.find(c => c.type === 'Progressing')?.reason === 'ProgressDeadlineExceeded',
    )
    assert.equal(stuck.status?.availableReplicas, 3)
    assert.deepEqual(await sizesByImage(cluster.client, ns), { 'web:v1': 3, 'web:v2': 2 })
  })

  it('scales, and replaces a pod that was deleted', async () => {
    const ns = await deploy()
    await patchDeployment(ns, { replicas: 2 })
    await settled(ns, available(2))
    const [pod] = await podsOf(cluster.client, ns)
    await cluster.client.delete(PODS, { namespace: ns, name: pod?.metadata.name ?? '' })
    await eventually(async () => {
      const pods = await podsOf(cluster.client, ns)
      return pods.length === 2 && pods.every(({ metadata }) => metadata.uid !== pod?.metadata.uid)
    })
  })

  it('keeps no more old ReplicaSets than revisionHistoryLimit', async () => {
    const ns = await deploy({ revisionHistoryLimit: 1 })
    for (const version of ['v2', 'v3', 'v4']) {
      await patchDeployment(ns, { template: templateOf(version) })
      await eventually(async () => ((await sizesByImage(cluster.client, ns))[`web:${version}`] ?? 0) === 4)
      await settled(ns, ({ status }) => status?.updatedReplicas === 4 && status.replicas === 4)
    }
    await eventually(async () => (await replicaSets(ns)).length === 2)
    assert.deepEqual(await sizesByImage(cluster.client, ns), { 'web:v3': 0, 'web:v4': 4 })
  })

  it('releases a pod that lost its labels and adopts it again', async () => {
    const ns = await deploy({ replicas: 1 })
    const [pod] = await podsOf(cluster.client, ns)
    const ref = { namespace: ns, name: pod?.metadata.name ?? '' }
    await cluster.client.patch(PODS, ref, 'merge', { metadata: { labels: { app: 'other' } } })
    await eventuallyIs<Pod>(cluster.client, {
      resource: PODS,
      ref,
      is: ({ metadata }) => (metadata.ownerReferences ?? []).length === 0,
    })
    await eventually(async () => (await podsOf(cluster.client, ns)).length === 2)
    await cluster.client.patch(PODS, ref, 'merge', { metadata: { labels: { app: 'web' } } })
    await eventually(async () => (await podsOf(cluster.client, ns)).length === 1)
  })

  it('goes on after every watch was cut and the history forgotten', async () => {
    const ns = await deploy()
    cluster.api.closeWatches()
    cluster.api.compact()
    await patchDeployment(ns, { template: templateOf('v2'), replicas: 5 })
    await settled(ns, ({ status }) => status?.updatedReplicas === 5 && status.replicas === 5 && status.availableReplicas === 5)
  })

  it('takes its ReplicaSets and pods with it', async () => {
    const ns = await deploy()
    await cluster.client.delete(DEPLOYMENTS, { namespace: ns, name: 'web' }, { propagation: 'Background' })
    await eventually(async () => (await replicaSets(ns)).length === 0 && (await podsOf(cluster.client, ns)).length === 0)
  })
})

describe('the endpoints of a Service', () => {
  const slices = async (ns: string) => (await cluster.client.list<EndpointSlice>(ENDPOINT_SLICES, { namespace: ns })).items
  const ref = (ns: string) => ({ namespace: ns, name: 'web' })
  const makeService = (ns: string) =>
    cluster.client.create<Service>(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: ns },
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    })
  const readyIn = (items: readonly EndpointSlice[]) =>
    items.flatMap(slice => slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready).length

  it('follow its pods, in slices and in Endpoints', async () => {
    const ns = await deploy()
    await makeService(ns)
    await eventually(async () => readyIn(await slices(ns)) === 4)
    await patchDeployment(ns, { replicas: 1 })
    await eventually(async () => readyIn(await slices(ns)) === 1)
    const endpoints = await cluster.client.get<Endpoints>(ENDPOINTS, ref(ns))
    assert.equal(endpoints.subsets?.length, 1)
  })

  it('stay as they are when the selector goes, and are mirrored unless the label says not to', async () => {
    const ns = await deploy({ replicas: 2 })
    await makeService(ns)
    await eventually(async () => readyIn(await slices(ns)) === 2)
    await cluster.client.patch(SERVICES, ref(ns), 'merge', { metadata: { labels: { [SKIP_MIRROR]: 'true' } } })
    await eventuallyIs<Endpoints>(cluster.client, {
      resource: ENDPOINTS,
      ref: ref(ns),
      is: ({ metadata }) => metadata.labels?.[SKIP_MIRROR] === 'true',
    })
    await cluster.client.patch(SERVICES, ref(ns), 'merge', { spec: { selector: null } })
    await patchDeployment(ns, { replicas: 1 })
    await settled(ns, available(1))
    const left = await slices(ns)
    assert.deepEqual([left.length, readyIn(left)], [1, 2])
    await cluster.client.patch(ENDPOINTS, ref(ns), 'merge', { metadata: { labels: { [SKIP_MIRROR]: null } } })
    await eventually(async () => (await slices(ns)).length === 2)
    await cluster.client.patch(SERVICES, ref(ns), 'merge', { spec: { selector: { app: 'web' } } })
    await eventually(async () => (await slices(ns)).length === 1 && readyIn(await slices(ns)) === 1)
  })
})

describe('a namespace', () => {
  it('gets a ServiceAccount called default', async () => {
    const ns = await namespace()
    await eventuallyIs(cluster.client, { resource: SERVICE_ACCOUNTS, ref: { namespace: ns, name: 'default' }, is: () => true })
  })
})
