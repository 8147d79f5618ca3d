import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DESIRED_REPLICAS, REVISION } from '../../api/names.ts'
import { REPLICA_SETS } from '../../kube/resources.ts'
import { eventually, sizesByImage, startTestCluster, type TestCluster } from '../testing/cluster.ts'
import { templateOf } from '../testing/objects.ts'
import { HOLD, webOn } from '../testing/web.ts'

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster()
})
after(() => cluster.stop())
const { patchDeployment, settled, deploy, replicaSets, versionOf, scaleVersion, disarm, makeVersion, afterAnotherLook } = webOn(
  () => cluster.client,
)

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
