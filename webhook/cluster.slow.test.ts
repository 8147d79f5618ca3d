/** The webhook in front of an API server that calls it: matching, patches, defaulting, reinvocation and the guard, with kubectl as the user. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { giveBackOps, isHeld } from '../api/hold.ts'
import type { Deployment, KubeObject, Service } from '../api/kubernetes.ts'
import { BYPASS, CONTROLLER_USER, DEPLOYMENT_LABEL, SAVED, SAVED_SELECTOR } from '../api/names.ts'
import { detachOps } from '../api/service-mode.ts'
import { templateHash } from '../api/template.ts'
import { eventually, startTestCluster, type TestCluster } from '../cluster/testing/cluster.ts'
import type { Resource } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { clientOver } from '../kube/http-client.ts'
import { DEPLOYMENTS, MUTATING_WEBHOOKS, NAMESPACES, SERVICES } from '../kube/resources.ts'
import {
  DEFAULT_TARGET,
  makeGuardBinding,
  makeGuardPolicy,
  makeMutatingWebhookConfiguration,
  type WebhookService,
} from './manifests.ts'
import { type RunningWebhook, runWebhook } from './run.ts'
import { SILENT } from './testing/client.ts'
import { OPTED_IN, TEMPLATE } from './testing/objects.ts'

const KUBECTL = [
  new URL('../tools/kubectl/bin/kubectl', import.meta.url).pathname,
  '/usr/local/bin/kubectl',
  '/usr/bin/kubectl',
].find(path => existsSync(path))
const withKubectl = KUBECTL === undefined ? { skip: 'there is no kubectl; tools/setup kubectl installs one' } : {}

const ADDRESS = '127.96.77.1'
const policies = (plural: string, kind: string): Resource => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: false,
})

let cluster: TestCluster
let webhook: RunningWebhook
let directory: string

const kubectl = (line: string, input?: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
  new Promise(resolve => {
    const child = execFile(
      KUBECTL ?? '',
      ['--kubeconfig', join(directory, 'kubeconfig'), '-n', 'shop', ...line.split(' ')],
      (error, out, err) => resolve({ code: error === null ? 0 : 1, out, err }),
    )
    child.stdin?.end(input)
  })

const apply = async (object: KubeObject): Promise<void> => {
  const { code, err } = await kubectl('apply -f -', JSON.stringify(object))
  assert.equal(code, 0, err)
}

const manifest = (image: string, more: Partial<Deployment['spec']> = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', annotations: OPTED_IN },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: TEMPLATE(image), ...more },
})

const read = (): Promise<Deployment> => cluster.client.get<Deployment>(DEPLOYMENTS, { namespace: 'shop', name: 'web' })
const readService = (): Promise<Service> => cluster.client.get<Service>(SERVICES, { namespace: 'shop', name: 'web' })
const asController = () => clientOver(cluster.api.transport({ username: CONTROLLER_USER, groups: ['system:masters'] } as never))

/** Ends an update as the controller does. */
const giveBack = async (): Promise<void> => {
  const held = await read()
  await asController().patch(
    DEPLOYMENTS,
    { namespace: 'shop', name: 'web' },
    'json',
    giveBackOps(held, { stableTemplate: templateHash(held.spec.template) }),
  )
}

const rest = async (): Promise<void> => {
  if (isHeld(await read())) await giveBack()
  await eventually(async () => {
    const { status, metadata, spec } = await read()
    return status?.updatedReplicas === spec.replicas && status?.observedGeneration === metadata.generation
  })
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-webhook-cluster-'))
  cluster = await startTestCluster()
  await cluster.api.listen()
  await cluster.api.writeKubeconfig(join(directory, 'kubeconfig'))
  const { client } = cluster
  for (const name of ['shop', 'sluice-system'])
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const target: WebhookService = { ...DEFAULT_TARGET, port: 0 }
  webhook = await runWebhook({
    client,
    clock: systemClock,
    log: SILENT,
    host: ADDRESS,
    port: 0,
    healthPort: 0,
    target,
    createConfiguration: false,
  })
  // The webhook stands at the Service's own address, as if a service proxy passed everything on.
  await client.create<Service>(SERVICES, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'sluice-webhook', namespace: 'sluice-system' },
    spec: { clusterIP: ADDRESS, ports: [{ port: webhook.port }] },
  })
  await client.create(policies('validatingadmissionpolicies', 'ValidatingAdmissionPolicy'), makeGuardPolicy())
  await client.create(policies('validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding'), makeGuardBinding())
  await client.create(MUTATING_WEBHOOKS, makeMutatingWebhookConfiguration({ ...target, port: webhook.port }))
  await eventually(async () => (await fetch(`http://${ADDRESS}:${webhook.healthPort}/readyz`)).status === 200)
})

after(async () => {
  await webhook.stop(0)
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

test('a Deployment is created, and a new image is held at once', withKubectl, async () => {
  await apply(manifest('web:v1'))
  await rest()
  const { err } = await kubectl('set image deployment/web web=web:v2')
  assert.equal(err, '')
  const held = await read()
  assert.deepEqual(
    [held.spec.paused, held.spec.strategy, held.spec.revisionHistoryLimit, held.spec.progressDeadlineSeconds],
    [true, { type: 'Recreate' }, 2147483647, 2147483647],
  )
  assert.deepEqual(JSON.parse(held.metadata.annotations?.[SAVED] ?? ''), {
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  })
})

test('kubectl rollout resume is answered with what to run instead', withKubectl, async () => {
  const { err } = await kubectl('rollout resume deployment/web')
  assert.match(err, /Warning: .*kubectl sluice promote web/)
  assert.equal((await read()).spec.paused, true)
})

test('the manifest applied again, and replaced, in mid-update changes nothing that is held', withKubectl, async () => {
  const before = await read()
  await apply(manifest('web:v2', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }))
  const { code, err } = await kubectl('replace -f -', JSON.stringify(manifest('web:v2')))
  assert.equal(code, 0, err)
  const after = await read()
  assert.deepEqual([after.spec.paused, after.spec.strategy], [true, { type: 'Recreate' }])
  assert.equal(JSON.parse(after.metadata.annotations?.[SAVED] ?? '').strategy.rollingUpdate.maxSurge, '25%')
  assert.deepEqual(after.spec.template, before.spec.template)
})

test('a dry run is answered and changes nothing', withKubectl, async () => {
  const before = await read()
  const { code, err } = await kubectl('set image deployment/web web=web:v9 --dry-run=server')
  assert.equal(code, 0, err)
  assert.deepEqual(await read(), before)
})

test('the patch of the controller that gives everything back passes webhook and guard', withKubectl, async () => {
  await giveBack()
  const after = await read()
  assert.deepEqual(
    [after.spec.paused, after.spec.strategy?.type, after.metadata.annotations?.[SAVED]],
    [undefined, 'RollingUpdate', undefined],
  )
})

test('kubectl rollout undo keeps the notes and is held as a new version', withKubectl, async () => {
  await rest()
  const { code, err } = await kubectl('rollout undo deployment/web')
  assert.equal(code, 0, err)
  const after = await read()
  assert.ok(isHeld(after))
  assert.ok(after.metadata.annotations?.['sluice.dev/stable-template'])
  assert.equal(after.spec.template.spec.containers[0]?.image, 'web:v1')
  await giveBack()
})

test('a wrong annotation is refused with its path, and the Deployment stays as it was', withKubectl, async () => {
  const { code, err } = await kubectl('annotate deployment/web sluice.dev/steps=120%')
  assert.equal(code, 1)
  assert.match(
    err,
    /admission webhook "deployments\.sluice\.dev" denied the request: metadata\.annotations\[sluice\.dev\/steps\]: step 1: weight "120%"/,
  )
  assert.equal((await read()).metadata.annotations?.['sluice.dev/steps'], undefined)
})

test('a Service in front of it is labelled, and stays detached when its manifest is applied again', withKubectl, async () => {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  }
  await apply(service)
  assert.equal((await readService()).metadata.labels?.[DEPLOYMENT_LABEL], 'web')
  await asController().patch(SERVICES, { namespace: 'shop', name: 'web' }, 'json', detachOps(await readService()))
  await apply({ ...service, spec: { ...service.spec, selector: { app: 'web', tier: 'front' } } } as Service)
  const detached = await readService()
  assert.equal(detached.spec.selector, undefined)
  assert.deepEqual(JSON.parse(detached.metadata.annotations?.[SAVED_SELECTOR] ?? ''), { app: 'web', tier: 'front' })
})

test(
  'with the webhook down opted-in Deployments cannot be changed, held ones are guarded, and the bypass is the way out',
  withKubectl,
  async () => {
    await rest()
    await kubectl('set image deployment/web web=web:v5')
    assert.ok(isHeld(await read()))
    await webhook.stop(0)
    const refused = await kubectl('set image deployment/web web=web:v6')
    assert.match(refused.err, /failed calling webhook "deployments\.sluice\.dev"/)
    const service = await kubectl('annotate service/web touched=yes')
    assert.equal(service.code, 0, service.err)
    await cluster.client.delete(MUTATING_WEBHOOKS, { name: 'sluice' })
    const guarded = await kubectl('rollout resume deployment/web')
    assert.match(guarded.err, /spec\.paused: must stay true while Sluice has an update in progress/)
    const patched = await kubectl(
      `patch deployment web --type=merge -p {"metadata":{"annotations":{"${BYPASS}":"true","${SAVED}":null}},"spec":{"paused":false,"strategy":{"type":"RollingUpdate"}}}`,
    )
    assert.equal(patched.code, 0, patched.err)
    assert.equal(isHeld(await read()), false)
  },
)
