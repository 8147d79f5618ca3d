/** Rollouts that users wrote, with their own template: real controller, real ReplicaSets and pods, steered as the tools of Argo Rollouts do. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { ReplicaSet, Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import { REPLICA_SETS, ROLLOUTS, SERVICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment, aService } from './objects.ts'
import { sizesByVersion, statusWait } from './status.ts'

type Spec = Rollout['spec']

const CANARY: Spec['strategy'] = {
  canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }] },
}

const healthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const paused = ({ phase, message }: RolloutStatus) => phase === 'Paused' && message === 'CanaryPauseStep'
const aborted = ({ phase, abort }: RolloutStatus) => phase === 'Degraded' && abort === true

describe('a Rollout of a user', { concurrency: 3 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const templateOf = (name: string, version: string, broken = false) =>
    aDeployment({ name, namespace: lab.namespace, version, broken }).spec.template

  const makeSubject = async (name: string, more: Partial<Spec> = {}) => {
    const { client, namespace } = lab
    const ref = { namespace, name }
    const rollout: Rollout = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name, namespace },
      spec: {
        replicas: 4,
        selector: { matchLabels: { app: name } },
        template: templateOf(name, 'v1'),
        strategy: CANARY,
        ...more,
      },
    }
    await client.create(ROLLOUTS, rollout)
    const status = async () => (await client.get<Rollout>(ROLLOUTS, ref)).status ?? {}
    const replicaSets = async () =>
      (await client.list<ReplicaSet>(REPLICA_SETS, { namespace, labelSelector: `app=${name}` })).items
    const patch = (spec: object) => client.patch(ROLLOUTS, ref, 'merge', { spec })
    return {
      status,
      patch,
      replicaSets,
      ship: (version: string, broken = false) => patch({ template: templateOf(name, version, broken) }),
      steer: (wish: object) => client.patch(ROLLOUTS, ref, 'merge', { status: wish }, 'status'),
      sizes: async () => sizesByVersion(await replicaSets()),
      until: statusWait(name, status),
    }
  }

  /** A status that is about the newest spec. */
  const newest = (is: (status: RolloutStatus) => boolean, hash: string) => (status: RolloutStatus) =>
    status.currentPodHash === hash && is(status)

  test('is deployed at once, then goes through its steps and is promoted', async () => {
    const web = await makeSubject('ro-steps')
    const first = await web.until('the first version', healthy)
    assert.equal(first.currentPodHash, argoPodTemplateHash(templateOf('ro-steps', 'v1')))
    assert.equal(first.stableRS, first.currentPodHash)
    await web.ship('v2')
    const hash = argoPodTemplateHash(templateOf('ro-steps', 'v2'))
    await web.until('the pause', newest(paused, hash))
    assert.deepEqual(await web.sizes(), { v1: 3, v2: 1 })
    await web.steer({ pauseConditions: null })
    const status = await web.until('promotion', newest(healthy, hash))
    assert.equal(status.stableRS, hash)
    assert.deepEqual(await web.sizes(), { v2: 4 })
    // Events come after the status that they are about.
    const events = await waitFor({ what: 'the event of the promotion' }, async () => {
      const told = await lab.kubectl('get', 'events', '--field-selector', 'involvedObject.name=ro-steps')
      return /Rollout completed update to revision 2 \([a-z0-9]+\): Completed all 3 canary steps/.test(told) && told
    })
    assert.match(events, /Rollout step 2\/3 completed \(pause\)/)
  })

  test('is aborted by a person with all pods of the stable version again, and goes again when retried', async () => {
    const web = await makeSubject('ro-abort')
    await web.until('the first version', healthy)
    await web.ship('v2')
    await web.until('the pause', paused)
    await web.steer({ abort: true })
    await web.until('the abort', aborted)
    await waitFor({ what: 'all pods of v1' }, async () => isDeepStrictEqual(await web.sizes(), { v1: 4 }))
    await web.steer({ abort: false })
    await web.until('the pause again', paused)
    await web.steer({ promoteFull: true })
    await web.until('promotion', healthy)
    assert.deepEqual(await web.sizes(), { v2: 4 })
  })

  test('is aborted at the progress deadline where that is asked for', async () => {
    const web = await makeSubject('ro-late', { progressDeadlineSeconds: 5, progressDeadlineAbort: true })
    await web.until('the first version', healthy)
    await web.ship('v2', true)
    const { message } = await web.until('the abort', aborted)
    assert.match(message ?? '', /has timed out progressing/)
    await waitFor({ what: 'all pods of v1' }, async () => isDeepStrictEqual(await web.sizes(), { v1: 4 }))
  })

  test('follows kubectl scale in mid-update, and goes back without new pods when the template comes back', async () => {
    const web = await makeSubject('ro-scale')
    await web.until('the first version', healthy)
    await web.ship('v2')
    await web.until('the pause', paused)
    await lab.kubectl('scale', 'rollouts/ro-scale', '--replicas=8')
    await waitFor({ what: 'the shares of 8' }, async () => isDeepStrictEqual(await web.sizes(), { v1: 6, v2: 2 }))
    await web.ship('v1')
    await web.until('rest', healthy)
    assert.deepEqual(await web.sizes(), { v1: 8 })
  })

  test('points its Services at its versions', async () => {
    const { client, namespace } = lab
    for (const name of ['ro-stable', 'ro-canary']) {
      const service = aService({ name, namespace })
      const pointed: Service = { ...service, spec: { ...service.spec, selector: { app: 'ro-services' } } }
      await apply(client, [pointed])
    }
    const canary = { ...CANARY.canary, stableService: 'ro-stable', canaryService: 'ro-canary' }
    const web = await makeSubject('ro-services', { strategy: { canary } })
    const hashOf = async (name: string) =>
      (await client.get<Service>(SERVICES, { namespace, name })).spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH]
    const { stableRS } = await web.until('the first version', healthy)
    await waitFor({ what: 'both Services at v1' }, async () => (await hashOf('ro-stable')) === stableRS)
    await web.ship('v2')
    const { currentPodHash } = await web.until('the pause', paused)
    await waitFor({ what: 'the canary Service at v2' }, async () => (await hashOf('ro-canary')) === currentPodHash)
    assert.equal(await hashOf('ro-stable'), stableRS)
    await web.steer({ promoteFull: true })
    await web.until('promotion', healthy)
    await waitFor({ what: 'the stable Service at v2' }, async () => (await hashOf('ro-stable')) === currentPodHash)
  })

  test('says what is wrong in its condition, and goes on when it is right', async () => {
    const web = await makeSubject('ro-wrong', { strategy: { canary: { steps: [{ setWeight: 120 }] } } })
    const { message } = await web.until('the condition', ({ phase }) => phase === 'Degraded')
    assert.match(message ?? '', /^InvalidSpec: The Rollout "ro-wrong" is invalid: .*SetWeight needs to be between 0 and 100$/)
    assert.deepEqual(await web.replicaSets(), [])
    await web.patch({ strategy: CANARY })
    await web.until('the first version', healthy)
  })
})
