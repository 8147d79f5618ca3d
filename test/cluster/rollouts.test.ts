/** An annotated Deployment's rollouts, end to end: real controller, webhook and routers, as users and their tools drive them. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { SAVED } from '../../api/names.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import { DEPLOYMENTS, REPLICA_SETS, ROLLOUTS, ROUTES, SERVICES } from '../../kube/resources.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment } from './objects.ts'
import { deploySubject, type Subject } from './subject.ts'

const healthy = (status: RolloutStatus) => status.phase === 'Healthy'
const pausedAt = (weight: number) => (status: RolloutStatus) =>
  status.phase === 'Paused' && status.canary?.weights?.canary.weight === weight
const rolledBack = (status: RolloutStatus) => status.phase === 'Degraded' && status.abort === true

describe('a rollout of an annotated Deployment', { concurrency: 3 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const subject = (name: string, steps: string, more: Parameters<typeof deploySubject>[1] | object = {}): Promise<Subject> =>
    deploySubject(lab, { name, annotations: { 'sluice.dev/steps': steps }, ...more })

  /** Shipped, and promoted: everything native again. */
  const assertGivenBack = async (web: Subject, version: string, replicas: number) => {
    await web.untilServed()
    const deployment = await web.deployment()
    assert.equal(deployment.metadata.annotations?.[SAVED], undefined)
    assert.equal(deployment.spec.strategy?.type, 'RollingUpdate')
    assert.ok(!deployment.spec.paused)
    assert.equal(deployment.spec.progressDeadlineSeconds, 600)
    assert.equal(deployment.spec.revisionHistoryLimit, 10)
    assert.deepEqual(await web.sizes(), { [version]: replicas })
    assert.match(await lab.kubectl('rollout', 'status', `deployment/${web.name}`, '--timeout=30s'), /successfully rolled out/)
  }

  test('goes through its steps, is promoted, and leaves nothing behind', async () => {
    const web = await subject('steps', '25%, 1s, 50%, 1s')
    await web.ship({ version: 'v2' })
    const held = await web.deployment()
    assert.equal(held.spec.paused, true)
    assert.deepEqual(held.spec.strategy, { type: 'Recreate' })
    await web.until('a pause at 25 %', pausedAt(25))
    await web.until('a pause at 50 %', pausedAt(50))
    await web.until('promotion', healthy)
    await assertGivenBack(web, 'v2', 4)
    assert.match(await lab.kubectl('rollout', 'history', `deployment/${web.name}`), /2\s/)
  })

  test('waits at a pause for a person, whose promotion is the patch that kubectl argo rollouts sends', async () => {
    const web = await subject('manual', '50%, pause')
    await web.ship({ version: 'v2' })
    const waiting = await web.until('the pause', pausedAt(50))
    assert.match(waiting.message ?? '', /promote/)
    assert.deepEqual(await web.sizes(), { v1: 2, v2: 2 })
    await web.patchStatus({ pauseConditions: null })
    await web.until('promotion', healthy)
    await assertGivenBack(web, 'v2', 4)
  })

  test('skips everything when it is promoted in full', async () => {
    const web = await subject('skip', '25%, pause, 50%, pause')
    await web.ship({ version: 'v2' })
    await web.until('the first pause', pausedAt(25))
    await web.patchStatus({ promoteFull: true })
    await web.until('promotion', healthy)
    await assertGivenBack(web, 'v2', 4)
  })

  test('is aborted by a person, stays held on the stable version, and goes again when retried', async () => {
    const web = await subject('abort', '50%, pause')
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(50))
    await web.patchStatus({ abort: true })
    await web.until('the roll-back', rolledBack)
    await web.untilServed()
    assert.deepEqual(await web.sizes(), { v1: 4 })
    assert.equal((await web.deployment()).spec.paused, true)
    await assert.rejects(
      lab.kubectl('rollout', 'status', `deployment/${web.name}`, '--timeout=10s'),
      /exceeded its progress deadline/,
    )
    await web.patchStatus({ abort: false })
    await web.until('the pause again', pausedAt(50))
    await web.patchStatus({ pauseConditions: null })
    await web.until('promotion', healthy)
    await assertGivenBack(web, 'v2', 4)
  })

  test('is rolled back when its pods are not ready by the progress deadline', async () => {
    const web = await subject('late', '50%, pause', { progressDeadlineSeconds: 4 })
    await web.ship({ version: 'v2', broken: true })
    const status = await web.until('the roll-back', rolledBack)
    assert.match(status.message ?? '', /deadline|RolloutAborted/)
    await web.untilServed()
    assert.deepEqual(await web.sizes(), { v1: 4 })
  })

  test('goes back without restarting a pod when the template is put back in mid-update', async () => {
    const web = await subject('revert', '25%, pause')
    const before = (await web.pods()).map(pod => pod.metadata.name).sort()
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(25))
    await web.ship({ version: 'v1' })
    await web.until('rest', status => healthy(status) && status.stableRS === status.currentPodHash)
    await assertGivenBack(web, 'v1', 4)
    const after = (await web.pods()).map(pod => pod.metadata.name).sort()
    assert.equal(before.filter(name => after.includes(name)).length >= 3, true)
  })

  test('starts again with a newer version in mid-update, and the one in between is gone', async () => {
    const web = await subject('newer', '25%, pause')
    await web.ship({ version: 'v2' })
    await web.until('the pause of v2', pausedAt(25))
    const v2 = (await web.status()).currentPodHash
    await web.ship({ version: 'v3' })
    await web.until('the pause of v3', status => pausedAt(25)(status) && status.currentPodHash !== v2)
    assert.equal((await web.sizes())['v2'], undefined)
    await web.patchStatus({ promoteFull: true })
    await web.until('promotion', healthy)
    await assertGivenBack(web, 'v3', 4)
  })

  test('follows a new number of replicas in mid-update, in total near it', async () => {
    const web = await subject('scaled', '50%, pause')
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(50))
    await lab.kubectl('scale', `deployment/${web.name}`, '--replicas=6')
    await waitFor({ what: 'three of each' }, async () => isDeepStrictEqual(await web.sizes(), { v1: 3, v2: 3 }))
    await lab.kubectl('scale', `deployment/${web.name}`, '--replicas=2')
    await waitFor({ what: 'one of each' }, async () => isDeepStrictEqual(await web.sizes(), { v1: 1, v2: 1 }))
    await web.patchStatus({ promoteFull: true })
    await web.until('promotion', healthy)
    await assertGivenBack(web, 'v2', 2)
  })

  test('wakes only the stable version after a scale to 0 in mid-update', async () => {
    const web = await subject('asleep', '50%, pause')
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(50))
    await lab.kubectl('scale', `deployment/${web.name}`, '--replicas=0')
    await waitFor({ what: 'no pods' }, async () => (await web.pods()).length === 0)
    await lab.kubectl('scale', `deployment/${web.name}`, '--replicas=2')
    await waitFor({ what: 'the stable version to be awake' }, async () => ((await web.sizes())['v1'] ?? 0) > 0)
    await web.until('the pause again', pausedAt(50))
    await web.patchStatus({ promoteFull: true })
    await web.until('promotion', healthy)
    await assertGivenBack(web, 'v2', 2)
  })

  test('is given back on the stable version when the Deployment opts out in mid-update', async () => {
    const web = await subject('optout', '25%, pause')
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(25))
    await web.patch({
      metadata: { annotations: { 'sluice.dev/strategy': null, 'sluice.dev/steps': null, 'sluice.dev/analysis': null } },
    })
    await waitFor(
      { what: 'the Rollout to be gone', timeoutMs: 120_000 },
      async () =>
        !(await lab.client.list(ROLLOUTS, { namespace: lab.namespace })).items.some(
          rollout => rollout.metadata.name === web.name,
        ),
    )
    await assertGivenBack(web, 'v1', 4)
    const { annotations = {} } = (await web.deployment()).metadata
    assert.deepEqual(
      Object.keys(annotations).filter(key => key.startsWith('sluice.dev/')),
      [],
    )
  })

  test('gives the Service back when the Deployment is deleted in mid-update', async () => {
    const web = await subject('deleted', '25%, pause')
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(25))
    await web.remove()
    await waitFor(
      { what: 'the Service to have its selector again', timeoutMs: 120_000 },
      async () => (await web.service()).spec.selector?.['app'] === web.name,
    )
    await waitFor({ what: 'all of it to be gone' }, async () => {
      const left = await Promise.all(
        [ROUTES, ROLLOUTS, REPLICA_SETS, SERVICES].map(kind => lab.client.list(kind, { namespace: lab.namespace })),
      )
      return (
        left
          .flatMap(list => list.items)
          .filter(({ metadata }) => metadata.name.startsWith(web.name) && metadata.name !== web.name).length === 0
      )
    })
  })

  test('starts with kubectl set image, and kubectl rollout undo at rest is a canary of the older template', async () => {
    const web = await subject('undo', '50%, 1s')
    await lab.kubectl('set', 'image', `deployment/${web.name}`, 'app=sluice.dev/other:2')
    await web.until('the update', status => status.phase !== 'Healthy')
    await web.until('promotion', healthy)
    await web.untilServed()
    const second = (await web.status()).stableRS
    await lab.kubectl('rollout', 'undo', `deployment/${web.name}`)
    await web.until('the canary of the older template', pausedAt(50))
    await web.until('promotion', status => healthy(status) && status.stableRS !== second)
    await assertGivenBack(web, 'v1', 4)
  })

  test('is refused a wrong annotation with the key, the value, what is allowed and an example', async () => {
    const wrong = aDeployment({
      name: 'wrong',
      namespace: lab.namespace,
      annotations: { 'sluice.dev/strategy': 'canary', 'sluice.dev/steps': '5%, 120%' },
    })
    await assert.rejects(lab.client.create(DEPLOYMENTS, wrong), /sluice\.dev\/steps.*120%/)
  })
})
