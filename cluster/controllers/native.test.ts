import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Deployment, EndpointSlice, Endpoints, Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { DESIRED_REPLICAS, POD_TEMPLATE_HASH, REVISION, SKIP_MIRROR } from '../../api/names.ts'
import {
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  NAMESPACES,
  PODS,
  REPLICA_SETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../kube/resources.ts'
import { eventually, eventuallyIs, podsOf, sizesByImage, startTestCluster, type TestCluster } from '../testing/cluster.ts'
import { NOT_READY } from '../testing/fake-node.ts'
import { templateOf } from '../testing/objects.ts'

const MAX = 2147483647
const HOLD = {
  paused: true,
  strategy: { type: 'Recreate', rollingUpdate: null },
  revisionHistoryLimit: MAX,
  progressDeadlineSeconds: MAX,
}

let cluster: TestCluster
let count = 0
before(async () => {
  cluster = await startTestCluster()
})
after(() => cluster.stop())

/** A namespace of its own for each test. */
async function namespace(): Promise<string> {
  count += 1
  const name = `test-${count}`
  await cluster.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return name
}

const patchDeployment = (ns: string, spec: object) =>
  cluster.client.patch(DEPLOYMENTS, { namespace: ns, name: 'web' }, 'merge', { spec })

const settled = (ns: string, is: (deployment: Deployment) => boolean = () => true) =>
  eventuallyIs<Deployment>(cluster.client, {
    resource: DEPLOYMENTS,
    ref: { namespace: ns, name: 'web' },
    is: deployment => (deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0) && is(deployment),
  })

const available = (n: number) => (deployment: Deployment) => (deployment.status?.availableReplicas ?? 0) === n

async function deploy(spec: object = {}): Promise<string> {
  const ns = await namespace()
  const body = { replicas: 4, selector: { matchLabels: { app: 'web' } }, template: templateOf('v1'), ...spec }
  await cluster.client.create(DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: ns },
    spec: body,
  } as Deployment)
  await settled(ns, available((body as { readonly replicas: number }).replicas))
  return ns
}

const replicaSets = async (ns: string) => (await cluster.client.list<ReplicaSet>(REPLICA_SETS, { namespace: ns })).items

const versionOf = async (ns: string, tag: string): Promise<ReplicaSet> => {
  const found = (await replicaSets(ns)).find(item => item.spec.template.spec.containers[0]?.image === `web:${tag}`)
  assert.ok(found, `no ReplicaSet of ${tag}`)
  return found
}

const scaleVersion = async (ns: string, tag: string, replicas: number) => {
  const { name } = (await versionOf(ns, tag)).metadata
  await cluster.client.patch(REPLICA_SETS, { namespace: ns, name }, 'merge', { spec: { replicas } })
}

const disarm = async (ns: string) => {
  for (const { metadata } of await replicaSets(ns)) {
    await cluster.client.patch(REPLICA_SETS, { namespace: ns, name: metadata.name }, 'merge', {
      metadata: { annotations: { [DESIRED_REPLICAS]: null } },
    })
  }
}

/** A ReplicaSet of the Deployment made by hand, as Sluice makes one. */
async function makeVersion(ns: string, tag: string, replicas: number): Promise<void> {
  const deployment = await cluster.client.get<Deployment>(DEPLOYMENTS, { namespace: ns, name: 'web' })
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
  await cluster.client.create<ReplicaSet>(REPLICA_SETS, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata,
    spec: { replicas, selector: { matchLabels: labels }, template },
  })
}

/** Makes the Deployment controller look, and waits until it has: its status carries the new generation and its ReplicaSets are settled. */
async function afterAnotherLook(ns: string): Promise<void> {
  await cluster.client.patch(DEPLOYMENTS, { namespace: ns, name: 'web' }, 'merge', {
    metadata: { annotations: { look: String(Math.random()) } },
  })
  await settled(ns)
  await eventually(async () =>
    (await replicaSets(ns)).every(
      ({ status, spec }) => status?.replicas === spec.replicas && status?.readyReplicas === spec.replicas,
    ),
  )
  await settled(ns)
}

/** Held, v1 at 3 and v2 at 1, disarmed. */
async function inMidUpdate(spec: object = {}): Promise<string> {
  const ns = await deploy(spec)
  await patchDeployment(ns, { ...HOLD, template: templateOf('v2') })
  await settled(ns)
  await disarm(ns)
  await makeVersion(ns, 'v2', 1)
  await eventually(async () => ((await versionOf(ns, 'v2')).status?.availableReplicas ?? 0) === 1)
  await scaleVersion(ns, 'v1', 3)
  await afterAnotherLook(ns)
  return ns
}

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

  it('takes its ReplicaSets and pods with it', async () => {
    const ns = await deploy()
    await cluster.client.delete(DEPLOYMENTS, { namespace: ns, name: 'web' }, { propagation: 'Background' })
    await eventually(async () => (await replicaSets(ns)).length === 0 && (await podsOf(cluster.client, ns)).length === 0)
  })
})

describe('a Deployment that is held (deployments.md 7)', () => {
  it('1: writes no size with two ReplicaSets at 3+1', async () => {
    const ns = await inMidUpdate()
    assert.deepEqual(await sizesByImage(cluster.client, ns), { 'web:v1': 3, 'web:v2': 1 })
  })

  it('1, control: the same under RollingUpdate is fought over', async () => {
    const ns = await inMidUpdate()
    await patchDeployment(ns, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
    await eventually(async () => Object.values(await sizesByImage(cluster.client, ns)).reduce((a, b) => a + b, 0) === 5)
  })

  it('2, control: reverting with the annotation desired-replicas left kills the other version at once', async () => {
    const ns = await deploy()
    await patchDeployment(ns, { ...HOLD, template: templateOf('v2') })
    await makeVersion(ns, 'v2', 1)
    assert.equal((await versionOf(ns, 'v1')).metadata.annotations?.[DESIRED_REPLICAS], '4')
    await eventually(async () => ((await versionOf(ns, 'v2')).status?.availableReplicas ?? 0) === 1)
    await patchDeployment(ns, { template: templateOf('v1') })
    await eventually(async () => ((await sizesByImage(cluster.client, ns))['web:v2'] ?? 1) === 0)
  })

  it('2: reverting with the annotation removed writes nothing', async () => {
    const ns = await deploy()
    await patchDeployment(ns, { ...HOLD, template: templateOf('v2') })
    await disarm(ns)
    await makeVersion(ns, 'v2', 1)
    await patchDeployment(ns, { template: templateOf('v1') })
    await afterAnotherLook(ns)
    assert.deepEqual(await sizesByImage(cluster.client, ns), { 'web:v1': 4, 'web:v2': 1 })
  })

  it('3: N=1 with a canary of 1, and both versions at full size, are left alone', async () => {
    const small = await deploy({ replicas: 1 })
    await patchDeployment(small, { ...HOLD, template: templateOf('v2') })
    await disarm(small)
    await makeVersion(small, 'v2', 1)
    await afterAnotherLook(small)
    assert.deepEqual(await sizesByImage(cluster.client, small), { 'web:v1': 1, 'web:v2': 1 })
    const full = await inMidUpdate()
    await scaleVersion(full, 'v1', 4)
    await scaleVersion(full, 'v2', 4)
    await afterAnotherLook(full)
    assert.deepEqual(await sizesByImage(cluster.client, full), { 'web:v1': 4, 'web:v2': 4 })
  })

  it('4: a change of N at 3+1 is left to whoever holds', async () => {
    const ns = await inMidUpdate()
    await patchDeployment(ns, { replicas: 8 })
    await afterAnotherLook(ns)
    assert.deepEqual(await sizesByImage(cluster.client, ns), { 'web:v1': 3, 'web:v2': 1 })
  })

  it('5: from 0 back to N the unproven version is woken, the trap to be stepped around', async () => {
    const ns = await inMidUpdate()
    await patchDeployment(ns, { replicas: 0 })
    await settled(ns)
    await scaleVersion(ns, 'v1', 0)
    await scaleVersion(ns, 'v2', 0)
    await afterAnotherLook(ns)
    await patchDeployment(ns, { replicas: 4 })
    await eventually(async () => ((await sizesByImage(cluster.client, ns))['web:v2'] ?? 0) === 4)
    assert.equal((await sizesByImage(cluster.client, ns))['web:v1'], 0)
  })

  it('5: from 0 back to N the stable version is woken when the other is gone', async () => {
    const ns = await inMidUpdate()
    await cluster.client.delete(REPLICA_SETS, { namespace: ns, name: 'web-v2' }, { propagation: 'Background' })
    await patchDeployment(ns, { replicas: 0 })
    await eventually(async () => ((await sizesByImage(cluster.client, ns))['web:v1'] ?? 1) === 0)
    await patchDeployment(ns, { replicas: 4 })
    await eventually(async () => ((await sizesByImage(cluster.client, ns))['web:v1'] ?? 0) === 4)
  })

  it('6: no old ReplicaSet goes while the limit is out of the way, and the restored limit cleans up', async () => {
    const ns = await deploy({ revisionHistoryLimit: 1 })
    await patchDeployment(ns, { ...HOLD, template: templateOf('v2') })
    await disarm(ns)
    for (const version of ['v2', 'v3', 'v4']) {
      await patchDeployment(ns, { template: templateOf(version) })
      await makeVersion(ns, version, version === 'v4' ? 4 : 0)
    }
    await scaleVersion(ns, 'v1', 0)
    await afterAnotherLook(ns)
    assert.equal((await replicaSets(ns)).length, 4)
    await patchDeployment(ns, {
      paused: false,
      strategy: { type: 'RollingUpdate' },
      revisionHistoryLimit: 1,
      progressDeadlineSeconds: 600,
    })
    await eventually(async () => (await replicaSets(ns)).length === 2)
  })

  it('7: giving everything back in one patch writes no size and ends in success with the right revision', async () => {
    const ns = await inMidUpdate()
    await scaleVersion(ns, 'v2', 4)
    await eventually(async () => ((await versionOf(ns, 'v2')).status?.availableReplicas ?? 0) === 4)
    await scaleVersion(ns, 'v1', 0)
    await afterAnotherLook(ns)
    const before = (await replicaSets(ns)).map(({ metadata }) => metadata.generation)
    await patchDeployment(ns, {
      paused: false,
      strategy: { type: 'RollingUpdate' },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    })
    const done = await settled(
      ns,
      ({ status }) => status?.conditions?.find(c => c.type === 'Progressing')?.reason === 'NewReplicaSetAvailable',
    )
    assert.deepEqual(
      (await replicaSets(ns)).map(({ metadata }) => metadata.generation),
      before,
    )
    assert.equal(done.metadata.annotations?.[REVISION], '2')
    assert.equal(done.status?.updatedReplicas, 4)
  })

  it('the trap: paused: false alone, with Recreate left in, takes every stable pod down', async () => {
    const ns = await inMidUpdate()
    await patchDeployment(ns, { paused: false })
    await eventually(async () => ((await sizesByImage(cluster.client, ns))['web:v1'] ?? 3) === 0)
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
