/**
 * What the native Deployment controller does to a Deployment that somebody else drives. Each trap bites first (the control), then
 * stays away when the rules of the hold are kept. The in-process cluster and the real one have to agree.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { giveBackOps, holdOps } from '../../api/hold.ts'
import { pointer } from '../../api/json-patch.ts'
import type { Deployment, ReplicaSet } from '../../api/kubernetes.ts'
import { DESIRED_REPLICAS, REVISION } from '../../api/names.ts'
import { sameTemplate, templateHash } from '../../api/template.ts'
import { DEPLOYMENTS, REPLICA_SETS } from '../../kube/resources.ts'
import { untilRolledOut } from '../../local/install.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment, aReplicaSetOf, type Wanted } from './objects.ts'

/** How long nothing may happen to be believed: the native controller acts within milliseconds of a change. */
const QUIET_MS = 2000

describe('the native Deployment controller', { concurrency: 2 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab.stop())

  const get = (name: string) => lab.client.get<Deployment>(DEPLOYMENTS, { namespace: lab.namespace, name })
  const patch = (name: string, ops: readonly unknown[]) =>
    lab.client.patch<Deployment>(DEPLOYMENTS, { namespace: lab.namespace, name }, 'json', ops)
  const owned = async (name: string): Promise<readonly ReplicaSet[]> => {
    const { items } = await lab.client.list<ReplicaSet>(REPLICA_SETS, { namespace: lab.namespace, labelSelector: `app=${name}` })
    return items
  }
  const scale = (replicaSet: string, replicas: number) =>
    lab.client.patch(REPLICA_SETS, { namespace: lab.namespace, name: replicaSet }, 'merge', { spec: { replicas } })
  const disarm = (replicaSet: string) =>
    lab.client.patch(REPLICA_SETS, { namespace: lab.namespace, name: replicaSet }, 'merge', {
      metadata: { annotations: { [DESIRED_REPLICAS]: null } },
    })
  const sizes = async (name: string) => Object.fromEntries((await owned(name)).map(rs => [rs.metadata.name, rs.spec.replicas]))
  const untilAvailable = (name: string, replicaSet: string, count: number) =>
    waitFor({ what: `${count} available pods of ${replicaSet}` }, async () =>
      (await owned(name)).some(rs => rs.metadata.name === replicaSet && (rs.status?.availableReplicas ?? 0) === count),
    )
  /** Asserts that no ReplicaSet of `name` changes its size for a while. */
  const staysQuiet = async (name: string, expected: { readonly [replicaSet: string]: number }) => {
    const until = performance.now() + QUIET_MS
    while (performance.now() < until) {
      assert.deepEqual(await sizes(name), expected)
      await sleep(100)
    }
  }

  const setVersion = (version: string) => ({
    op: 'replace',
    path: '/spec/template/spec/containers/0/env/0/value',
    value: version,
  })

  /** A Deployment of v1 in full, held, with v2 as its template and `canary` pods of it beside `stable` of v1. */
  const inFlight = async (
    wanted: Omit<Wanted, 'namespace'>,
    { stable, canary, armed = false }: { readonly stable: number; readonly canary: number; readonly armed?: boolean },
  ) => {
    const { name } = wanted
    await lab.client.create(DEPLOYMENTS, aDeployment({ ...wanted, namespace: lab.namespace }))
    const atRest = await untilRolledOut(lab.client, lab.namespace, name)
    const [first] = await owned(name)
    assert.ok(first)
    await patch(name, [...holdOps(atRest), setVersion('v2')])
    if (!armed) await disarm(first.metadata.name)
    const second = await lab.client.create(REPLICA_SETS, aReplicaSetOf(await get(name), canary))
    await untilAvailable(name, second.metadata.name, canary)
    if (stable !== first.spec.replicas) await scale(first.metadata.name, stable)
    return { v1: first.metadata.name, v2: second.metadata.name }
  }

  test('writes nothing to two active ReplicaSets of a held Deployment', async () => {
    const { v1, v2 } = await inFlight({ name: 'quiet', replicas: 4 }, { stable: 3, canary: 1 })
    await staysQuiet('quiet', { [v1]: 3, [v2]: 1 })
  })

  test('forces the sum to N + maxSurge when only paused, with RollingUpdate left in (control)', async () => {
    const { v1, v2 } = await inFlight({ name: 'fights', replicas: 4 }, { stable: 3, canary: 1 })
    // One of the two carries the annotation by which a change of N is noticed, as one that native code made would.
    await patch('fights', [
      {
        op: 'replace',
        path: '/spec/strategy',
        value: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } },
      },
    ])
    await waitFor({ what: 'the native controller to fight' }, async () => {
      const now = await sizes('fights')
      return (now[v1] ?? 0) + (now[v2] ?? 0) === 6
    })
  })

  test('kills the canary at once when the template is reverted and desired-replicas was left on the stable ReplicaSet (control)', async () => {
    const { v1, v2 } = await inFlight({ name: 'armed', replicas: 3 }, { stable: 3, canary: 1, armed: true })
    await patch('armed', [setVersion('v1')])
    await waitFor({ what: 'the native controller to scale the canary to 0' }, async () => (await sizes('armed'))[v2] === 0)
    assert.equal((await sizes('armed'))[v1], 3)
  })

  test('leaves both alone when the template is reverted and the annotation was removed', async () => {
    const { v1, v2 } = await inFlight({ name: 'disarmed', replicas: 3 }, { stable: 3, canary: 1 })
    await patch('disarmed', [setVersion('v1')])
    await staysQuiet('disarmed', { [v1]: 3, [v2]: 1 })
  })

  test('leaves a canary of full size and its stable version alone (N = 1, and blue-green)', async () => {
    const one = await inFlight({ name: 'one', replicas: 1 }, { stable: 1, canary: 1 })
    const full = await inFlight({ name: 'full', replicas: 3 }, { stable: 3, canary: 3 })
    await staysQuiet('one', { [one.v1]: 1, [one.v2]: 1 })
    await staysQuiet('full', { [full.v1]: 3, [full.v2]: 3 })
  })

  test('does not scale for a new N in mid-update', async () => {
    const { v1, v2 } = await inFlight({ name: 'grows', replicas: 4 }, { stable: 3, canary: 1 })
    await patch('grows', [{ op: 'replace', path: '/spec/replicas', value: 8 }])
    await staysQuiet('grows', { [v1]: 3, [v2]: 1 })
  })

  test('wakes the newest template, proven or not, when all ReplicaSets are at 0 (control)', async () => {
    const { v1, v2 } = await inFlight({ name: 'wakes', replicas: 2 }, { stable: 2, canary: 1 })
    await patch('wakes', [{ op: 'replace', path: '/spec/replicas', value: 0 }])
    await scale(v2, 0)
    await scale(v1, 0)
    await waitFor({ what: 'both at 0' }, async () => Object.values(await sizes('wakes')).every(size => size === 0))
    await patch('wakes', [{ op: 'replace', path: '/spec/replicas', value: 2 }])
    await waitFor({ what: 'the unproven version to be woken' }, async () => (await sizes('wakes'))[v2] === 2)
    assert.equal((await sizes('wakes'))[v1], 0)
  })

  test('wakes the stable version when it is the only one left', async () => {
    const { v1, v2 } = await inFlight({ name: 'safe', replicas: 2 }, { stable: 2, canary: 1 })
    await patch('safe', [{ op: 'replace', path: '/spec/replicas', value: 0 }])
    await scale(v2, 0)
    await lab.client.delete(REPLICA_SETS, { namespace: lab.namespace, name: v2 })
    await scale(v1, 0)
    await waitFor(
      { what: 'only v1 to be left, at 0' },
      async () => JSON.stringify(await sizes('safe')) === JSON.stringify({ [v1]: 0 }),
    )
    await patch('safe', [{ op: 'replace', path: '/spec/replicas', value: 2 }])
    await waitFor({ what: 'the stable version to wake' }, async () => (await sizes('safe'))[v1] === 2)
  })

  test('keeps every old ReplicaSet while held and cleans up by the user’s limit after the fields are given back', async () => {
    const name = 'history'
    await lab.client.create(DEPLOYMENTS, aDeployment({ name, namespace: lab.namespace, replicas: 1, revisionHistoryLimit: 1 }))
    await untilRolledOut(lab.client, lab.namespace, name)
    await patch(name, holdOps(await get(name)))
    for (const version of ['v2', 'v3', 'v4']) {
      const deployment = await patch(name, [setVersion(version)])
      await lab.client.create(REPLICA_SETS, aReplicaSetOf(deployment, 0))
    }
    await sleep(QUIET_MS)
    assert.equal((await owned(name)).length, 4)
    await patch(name, [setVersion('v1')])
    const held = await get(name)
    await patch(name, giveBackOps(held, { stableTemplate: templateHash(held.spec.template) }))
    await waitFor({ what: 'one old ReplicaSet beside the current one' }, async () => (await owned(name)).length === 2)
  })

  test('finishes without touching a ReplicaSet when everything is given back in one patch, and tells kubectl the truth', async () => {
    const name = 'finish'
    const { v1, v2 } = await inFlight({ name, replicas: 2 }, { stable: 2, canary: 2 })
    await scale(v1, 0)
    await waitFor({ what: 'the pods of v1 to be gone' }, async () =>
      (await owned(name)).some(rs => rs.metadata.name === v1 && (rs.status?.replicas ?? 0) === 0),
    )
    const held = await get(name)
    await patch(name, giveBackOps(held, { stableTemplate: templateHash(held.spec.template) }))
    await staysQuiet(name, { [v1]: 0, [v2]: 2 })
    assert.match(await lab.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=30s'), /successfully rolled out/)
    const deployment = await get(name)
    const current = (await owned(name)).find(rs => sameTemplate(rs.spec.template, deployment.spec.template))
    assert.equal(current?.metadata.annotations?.[REVISION], '2')
    assert.equal(deployment.metadata.annotations?.[REVISION], '2')
    assert.equal(deployment.spec.strategy?.type, 'RollingUpdate')
  })

  test('is refused a Recreate strategy with rollingUpdate left in, so a half-kept hold cannot be applied', async () => {
    const name = 'refused'
    await lab.client.create(DEPLOYMENTS, aDeployment({ name, namespace: lab.namespace, replicas: 1 }))
    await assert.rejects(
      patch(name, [{ op: 'replace', path: pointer('spec', 'strategy', 'type'), value: 'Recreate' }]),
      /may not be specified when strategy `type` is 'Recreate'/,
    )
  })
})
