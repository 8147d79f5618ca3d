/** Rollouts of users that take their template from a workload: a Deployment that is scaled down for it, its template as what is shipped. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Deployment, KubeObject, ReplicaSet } from '../../api/kubernetes.ts'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import { DEPLOYMENTS, POD_TEMPLATES, REPLICA_SETS, ROLLOUTS } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment, type Wanted } from './objects.ts'
import { sizesByVersion, statusWait } from './status.ts'

type Ref = NonNullable<Rollout['spec']['workloadRef']>

const CANARY: Rollout['spec']['strategy'] = {
  canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }] },
}
const GENERATION = 'rollout.argoproj.io/workload-generation'

const healthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const paused = ({ phase }: RolloutStatus) => phase === 'Paused'
const invalid = ({ conditions }: RolloutStatus) => conditions?.some(({ type }) => type === 'InvalidSpec') === true

describe('a Rollout with a workloadRef', { concurrency: 3 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const workload = (name: string, more: Partial<Wanted> = {}): Deployment =>
    aDeployment({ name, namespace: lab.namespace, replicas: 4, version: 'v1', ...more })

  /** A Deployment with all its pods. */
  const runWorkload = async (name: string, more: Partial<Wanted> = {}): Promise<void> => {
    const { client, namespace } = lab
    await apply(client, [workload(name, more)])
    await waitFor({ what: `pods of Deployment ${name}` }, async () => {
      const { spec, status } = await client.get<Deployment>(DEPLOYMENTS, { namespace, name })
      return status?.availableReplicas === spec.replicas
    })
  }

  const refer = async (name: string, ref: Partial<Ref>, spec: Partial<Rollout['spec']> = {}) => {
    const { client, namespace } = lab
    const workloadRef: Ref = { apiVersion: 'apps/v1', kind: 'Deployment', name, ...ref }
    const metadata = { name, namespace }
    await client.create<Rollout>(ROLLOUTS, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata,
      spec: { replicas: 4, workloadRef, strategy: CANARY, ...spec },
    })
    const read = () => client.get<Rollout>(ROLLOUTS, metadata)
    return {
      read,
      patch: (patch: object) => client.patch(ROLLOUTS, metadata, 'merge', patch),
      steer: (wish: object) => client.patch(ROLLOUTS, metadata, 'merge', { status: wish }, 'status'),
      /** Sizes by the version of the app, of the Rollout's own ReplicaSets. */
      sizes: async () => {
        const { uid } = (await read()).metadata
        const { items } = await client.list<ReplicaSet>(REPLICA_SETS, { namespace })
        return sizesByVersion(items.filter(set => set.metadata.ownerReferences?.[0]?.uid === uid))
      },
      until: statusWait(name, async () => (await read()).status ?? {}),
    }
  }

  const replicasOf = async (name: string): Promise<number | undefined> =>
    (await lab.client.get<Deployment>(DEPLOYMENTS, { namespace: lab.namespace, name })).spec.replicas

  const shipTo = (name: string, version: string) =>
    lab.client.patch(DEPLOYMENTS, { namespace: lab.namespace, name }, 'merge', {
      spec: { template: workload(name, { version }).spec.template },
    })

  test('onsuccess: has its pods before the Deployment loses any, and then ships what is written into the Deployment', async () => {
    await runWorkload('ref-success')
    const web = await refer('ref-success', { scaleDown: 'onsuccess' })
    await web.until('the first version', healthy)
    await waitFor({ what: 'no pods of the Deployment' }, async () => (await replicasOf('ref-success')) === 0)
    assert.deepEqual(await web.sizes(), { v1: 4 })
    await shipTo('ref-success', 'v2')
    await web.until('the pause', paused)
    assert.deepEqual(await web.sizes(), { v1: 3, v2: 1 })
    await web.steer({ pauseConditions: null })
    await web.until('promotion', healthy)
    assert.deepEqual(await web.sizes(), { v2: 4 })
    assert.equal(await replicasOf('ref-success'), 0)
    const { generation } = (await lab.client.get<Deployment>(DEPLOYMENTS, { namespace: lab.namespace, name: 'ref-success' }))
      .metadata
    await waitFor({ what: 'the generation of the Deployment' }, async () => {
      const { metadata, status } = await web.read()
      const told = [metadata.annotations?.[GENERATION], status?.workloadObservedGeneration]
      return isDeepStrictEqual(told, [String(generation), String(generation)])
    })
    const events = await lab.kubectl('get', 'events', '--field-selector', 'involvedObject.name=ref-success')
    assert.match(events, /Scaled down Deployment ref-success from 4 to 0/)
  })

  test('progressively: takes the place of the Deployment pod by pod, and both together always have enough', async () => {
    const { client, namespace } = lab
    await runWorkload('ref-steps')
    const short: string[] = []
    let isOver = false
    const watching = (async () => {
      while (!isOver) {
        const { items } = await client.list<ReplicaSet>(REPLICA_SETS, { namespace, labelSelector: 'app=ref-steps' })
        const available = items.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0)
        if (available < 4) short.push(`${available} pods`)
        await setTimeout(20)
      }
    })()
    const web = await refer('ref-steps', { scaleDown: 'progressively' })
    try {
      await web.until('the first version', healthy)
      await waitFor({ what: 'no pods of the Deployment' }, async () => (await replicasOf('ref-steps')) === 0)
    } finally {
      isOver = true
      await watching
    }
    assert.deepEqual(short, [])
    assert.deepEqual(await web.sizes(), { v1: 4 })
  })

  test('never: leaves the Deployment as it is', async () => {
    await runWorkload('ref-never')
    const web = await refer('ref-never', {})
    await web.until('the first version', healthy)
    await shipTo('ref-never', 'v2')
    await web.until('the pause', paused)
    assert.equal(await replicasOf('ref-never'), 4)
  })

  test('onsuccess: a version that never becomes ready leaves the Deployment its pods', async () => {
    await runWorkload('ref-broken')
    await lab.client.patch(DEPLOYMENTS, { namespace: lab.namespace, name: 'ref-broken' }, 'merge', {
      spec: { paused: true, template: workload('ref-broken', { version: 'v2', broken: true }).spec.template },
    })
    const web = await refer('ref-broken', { scaleDown: 'onsuccess' }, { progressDeadlineSeconds: 3 })
    await web.until('the deadline', ({ message = '' }) => message.includes('has timed out progressing'))
    assert.equal(await replicasOf('ref-broken'), 4)
  })

  test('takes its template from a PodTemplate', async () => {
    const { client, namespace } = lab
    await client.create<KubeObject & { readonly template: unknown }>(POD_TEMPLATES, {
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'ref-template', namespace },
      template: workload('ref-template').spec.template,
    })
    const selector = { matchLabels: { app: 'ref-template' } }
    const web = await refer('ref-template', { apiVersion: 'v1', kind: 'PodTemplate' }, { selector })
    await web.until('the first version', healthy)
    assert.deepEqual(await web.sizes(), { v1: 4 })
  })

  test('says that its workload is not there, and starts when it comes', async () => {
    const web = await refer('ref-late', {})
    const { message } = await web.until('the condition', invalid)
    assert.match(
      message ?? '',
      /The Rollout "ref-late" is invalid: spec\.workloadRef\.name: .*deployments\.apps "ref-late" not found/,
    )
    await runWorkload('ref-late')
    await web.until('the first version', healthy)
  })

  test('takes no template from a Deployment that Sluice updates by its annotations', async () => {
    await runWorkload('ref-marked', { annotations: { 'sluice.dev/strategy': 'canary' } })
    const other = await refer('ref-other', { name: 'ref-marked', scaleDown: 'onsuccess' })
    const { message } = await other.until('the condition', invalid)
    assert.match(message ?? '', /Deployment ref-marked has the annotation sluice\.dev\/strategy, by which Sluice updates it/)
    assert.deepEqual(await other.sizes(), {})
    await runWorkload('ref-twin')
    const twin = await refer('ref-twin', { scaleDown: 'onsuccess' }, { paused: true })
    await lab.client.patch(DEPLOYMENTS, { namespace: lab.namespace, name: 'ref-twin' }, 'merge', {
      metadata: { annotations: { 'sluice.dev/strategy': 'canary' } },
    })
    await twin.until('the condition, also of the same name', invalid)
    assert.equal(await replicasOf('ref-twin'), 4)
    const events = await lab.kubectl('get', 'events', '--field-selector', 'involvedObject.name=ref-twin')
    assert.match(events, /A Rollout named ref-twin that Sluice did not make is in the way/)
    assert.equal(await replicasOf('ref-marked'), 4)
  })
})
