/** What webhook, guard and command line do for a held Deployment, by the API server's own rules of admission. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isHeld } from '../../api/hold.ts'
import type { Deployment } from '../../api/kubernetes.ts'
import { BYPASS, DEPLOYMENT_LABEL, SAVED, SAVED_SELECTOR, SLUICE_NAMESPACE } from '../../api/names.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import { DEPLOYMENTS, MUTATING_WEBHOOKS, PODS, SERVICES } from '../../kube/resources.ts'
import { untilRolledOut } from '../../local/install.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment, aService } from './objects.ts'
import { deploySubject, type Subject } from './subject.ts'

const ROOT = resolve(import.meta.dirname, '../..')

type Said = { readonly code: number; readonly out: string; readonly err: string }

const run = (file: string, args: readonly string[], input?: string): Promise<Said> =>
  new Promise(done => {
    const child = execFile(file, args, { timeout: 120_000 }, (error, out, err) =>
      done({ code: error === null ? 0 : 1, out, err }),
    )
    child.stdin?.end(input)
  })

const pausedAt = (weight: number) => (status: RolloutStatus) =>
  status.phase === 'Paused' && status.canary?.weights?.canary.weight === weight

describe('a held Deployment', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const flags = () => ['--kubeconfig', lab.kubeconfig, '--namespace', lab.namespace]
  const kubectl = (line: string, input?: string) =>
    run(`${ROOT}/tools/kubectl/bin/kubectl`, [...flags(), ...line.split(' ')], input)
  const sluice = (line: string) => run(`${ROOT}/cli/sluice`, [...flags(), ...line.split(' ')])

  /** In the middle of an update, waiting for a person at 25 %. */
  const inMidUpdate = async (name: string): Promise<Subject> => {
    const web = await deploySubject(lab, { name, annotations: { 'sluice.dev/steps': '25%, pause' } })
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(25))
    return web
  }

  const scaleSluice = async (component: string, replicas: number): Promise<void> => {
    const ref = { namespace: SLUICE_NAMESPACE, name: `sluice-${component}` }
    await lab.client.patch(DEPLOYMENTS, ref, 'merge', { spec: { replicas } })
    const pods = { namespace: ref.namespace, labelSelector: `app.kubernetes.io/component=${component}` }
    // Also those that are going down: until they are gone they answer.
    await waitFor(
      { what: `${replicas} pods of ${component}` },
      async () => (await lab.client.list(PODS, pods)).items.length === replicas,
    )
    if (replicas > 0) await untilRolledOut(lab.client, ref.namespace, ref.name)
  }

  const assertHeld = async (web: Subject): Promise<Deployment> => {
    const deployment = await web.deployment()
    assert.ok(isHeld(deployment))
    assert.deepEqual([deployment.spec.paused, deployment.spec.strategy], [true, { type: 'Recreate' }])
    assert.deepEqual([deployment.spec.revisionHistoryLimit, deployment.spec.progressDeadlineSeconds], [2147483647, 2147483647])
    return deployment
  }

  test('stays held whatever kubectl sends, and says so', async () => {
    const web = await inMidUpdate('kept')
    const resumed = await kubectl('rollout resume deployment/kept')
    assert.match(resumed.err, /Warning: .*kubectl sluice promote kept/)
    await assertHeld(web)
    const manifest = JSON.stringify(aDeployment({ ...web.wanted, version: 'v2' }))
    assert.equal((await kubectl('apply -f -', manifest)).code, 0)
    const replaced = await kubectl('replace -f -', manifest)
    assert.equal(replaced.code, 0, replaced.err)
    const saved = JSON.parse((await assertHeld(web)).metadata.annotations?.[SAVED] ?? '{}')
    assert.equal(saved.strategy.type, 'RollingUpdate')
    const applied = await kubectl('apply --server-side --force-conflicts --dry-run=server -f -', manifest)
    assert.ok(applied.code === 0 || /415|not support|server-side apply/i.test(applied.err), applied.err)
    const changed = await kubectl(
      'patch deployment kept --type=merge -p {"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}}}',
    )
    assert.match(changed.err, /Warning: .*come into force when it ends/)
    assert.deepEqual(JSON.parse((await assertHeld(web)).metadata.annotations?.[SAVED] ?? '{}').strategy.rollingUpdate, {
      maxSurge: 1,
      maxUnavailable: 0,
    })
    assert.equal((await sluice('promote kept')).code, 0)
    const ended = await sluice('status kept --timeout 90s')
    assert.equal(ended.code, 0, ended.err)
    await web.untilServed()
    assert.equal((await web.deployment()).spec.strategy?.rollingUpdate?.maxSurge, 1)
  })

  test('is in front of a Service that stays detached when its manifest is applied again', async () => {
    const web = await inMidUpdate('detached')
    assert.equal((await kubectl('apply -f -', JSON.stringify(aService(web.wanted)))).code, 0)
    const service = await web.service()
    assert.deepEqual([service.spec.selector, service.metadata.labels?.[DEPLOYMENT_LABEL]], [undefined, 'detached'])
    assert.deepEqual(JSON.parse(service.metadata.annotations?.[SAVED_SELECTOR] ?? ''), { app: 'detached' })
    assert.equal((await sluice('abort detached')).code, 0)
    assert.equal((await sluice('status detached --timeout 90s')).code, 1)
    assert.equal((await sluice('undo detached')).code, 0)
    assert.equal((await sluice('status detached --timeout 90s')).code, 0)
    await web.untilServed()
  })

  test('is given back by eject when the controller is dead, and is as new', async () => {
    const web = await inMidUpdate('ejected')
    const refused = await sluice('eject ejected')
    assert.match(refused.err, /^error: the controller is at work/)
    await scaleSluice('controller', 0)
    const ejected = await sluice('eject deployment/ejected --propagation 500ms --drain 500ms')
    assert.equal(ejected.code, 0, ejected.err + ejected.out)
    await web.untilServed()
    assert.deepEqual(await web.sizes(), { v1: 4 })
    const deployment = await web.deployment()
    assert.deepEqual(
      [isHeld(deployment), deployment.metadata.annotations?.[BYPASS], deployment.spec.strategy?.type],
      [false, undefined, 'RollingUpdate'],
    )
    assert.match(await lab.kubectl('rollout', 'status', 'deployment/ejected', '--timeout=30s'), /successfully rolled out/)
    await scaleSluice('controller', 1)
    await web.until('rest', status => status.phase === 'Healthy')
    await web.ship({ version: 'v3' })
    await web.until('the next update', pausedAt(25))
  })

  test('is given back by eject also when the webhook is dead, which nothing else gets past', async () => {
    const web = await inMidUpdate('orphan')
    await scaleSluice('controller', 0)
    await scaleSluice('webhook', 0)
    assert.match((await kubectl('annotate deployment/orphan a=b')).err, /failed calling webhook "deployments\.sluice\.dev"/)
    assert.equal((await kubectl('annotate service/orphan a=b')).code, 0)
    const ejected = await sluice('eject deployment/orphan --opt-out --propagation 500ms --drain 500ms')
    assert.equal(ejected.code, 0, ejected.err + ejected.out)
    await web.untilServed()
    const { annotations = {} } = (await web.deployment()).metadata
    assert.deepEqual(
      Object.keys(annotations).filter(key => key.startsWith('sluice.dev/')),
      [],
    )
    assert.equal(
      (await lab.client.get(SERVICES, { namespace: lab.namespace, name: 'orphan' })).metadata.annotations?.[BYPASS],
      undefined,
    )
    await scaleSluice('webhook', 1)
    await scaleSluice('controller', 1)
  })

  test('is guarded by the API server alone when the webhook and its configuration are gone', async () => {
    const web = await inMidUpdate('guarded')
    await scaleSluice('controller', 0)
    await scaleSluice('webhook', 0)
    await lab.client.delete(MUTATING_WEBHOOKS, { name: 'sluice' })
    assert.match(
      (await kubectl('rollout resume deployment/guarded')).err,
      /spec\.paused: must stay true while Sluice has an update in progress/,
    )
    assert.match((await kubectl(`annotate deployment/guarded ${SAVED}-`)).err, /sluice\.dev\/saved\]: must stay/)
    assert.match(
      (await kubectl('patch deployment guarded --type=merge -p {"spec":{"strategy":{"type":"RollingUpdate"}}}')).err,
      /spec\.strategy: must stay Recreate/,
    )
    await assertHeld(web)
    assert.equal((await kubectl('scale deployment/guarded --replicas=5')).code, 0)
  })
})
