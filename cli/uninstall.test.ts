import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, KubeObject, Pod, ReplicaSet, Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, NATIVE_SLICE_CONTROLLER, SAVED, SAVED_SELECTOR } from '../api/names.ts'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aPod, aReplicaSet, aSlice, CANARY, midUpdate, STABLE } from './testing/objects.ts'
import { run } from './testing/run.ts'

const labelsOf = (component: string) => ({ 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': component })

const aProcess = (component: string): readonly KubeObject[] => [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `rel-${component}`, namespace: 'platform', labels: labelsOf(component) },
    spec: { replicas: 1, selector: { matchLabels: labelsOf(component) }, template: { spec: { containers: [] } } },
  } as KubeObject,
  { apiVersion: 'v1', kind: 'Pod', metadata: { name: `rel-${component}-0`, namespace: 'platform', labels: labelsOf(component) } },
]

const kept = (kind: string, name: string): KubeObject => ({
  apiVersion: kind === 'Lease' ? 'coordination.k8s.io/v1' : 'v1',
  kind,
  metadata: { name, namespace: 'platform' },
})

const admission = (kind: string, name: string): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  metadata: { name },
})

const react: MemoryApi['react'] = ({ kind, name, verb }, api) => {
  if (kind === 'ReplicaSet') {
    const set = api.read<ReplicaSet>('ReplicaSet', name)
    if (set === undefined) return
    const { replicas = 1 } = set.spec
    api.put({ ...set, status: { replicas, readyReplicas: replicas, availableReplicas: replicas } } as ReplicaSet)
    const hash = name.slice('web-'.length)
    for (let index = 0; index < 6; index += 1) {
      if (index < replicas) api.put(aPod({ hash, index }))
      else api.remove('Pod', aPod({ hash, index }).metadata.name)
    }
  }
  if (kind === 'Service' && verb === 'patch' && api.read<Service>('Service', name)?.spec.selector !== undefined)
    api.put(aSlice({ manager: NATIVE_SLICE_CONTROLLER, addresses: ['10.0.1.1', '10.0.1.2', '10.0.1.3', '10.0.1.4'] }))
  if (kind === 'Deployment' && api.read<Deployment>('Deployment', name)?.spec.replicas === 0) api.remove('Pod', `${name}-0`)
}

const installed = (): MemoryApi => {
  const api = makeMemoryApi()
  api.put(
    ...midUpdate(),
    ...['controller', 'router', 'webhook'].flatMap(aProcess),
    ...['sluice-controller', 'sluice-router-publisher'].map(name => kept('Lease', name)),
    ...['sluice-router-tls', 'sluice-webhook-tls'].map(name => kept('Secret', name)),
    kept('Secret', 'of-somebody-else'),
    admission('MutatingWebhookConfiguration', 'rel'),
    admission('ValidatingAdmissionPolicy', 'rel-guard.sluice.dev'),
    admission('ValidatingAdmissionPolicyBinding', 'rel-guard.sluice.dev'),
  )
  // As the native controller copies them from the Deployment.
  const stable = api.read<ReplicaSet>('ReplicaSet', `web-${STABLE}`)!
  const annotations = { 'sluice.dev/steps': '20%', 'sluice.dev/stable-template': 'x', 'sluice.dev/saved': '{}' }
  api.put({ ...stable, metadata: { ...stable.metadata, annotations } } as ReplicaSet)
  api.react = react
  return api
}

const LINE = 'uninstall --sluice-namespace platform --configuration rel --timeout 5s'

const assertClean = (api: MemoryApi): void => {
  const web = api.read<Deployment>('Deployment', 'web')
  assert.deepEqual(
    [web?.spec.paused, web?.spec.strategy?.type, web?.metadata.annotations?.[SAVED]],
    [undefined, 'RollingUpdate', undefined],
  )
  assert.deepEqual(web?.metadata.annotations, { 'sluice.dev/strategy': 'canary' })
  const service = api.read<Service>('Service', 'web')
  assert.deepEqual(service?.spec.selector, { app: 'web' })
  assert.deepEqual(
    [service?.metadata.labels?.[DEPLOYMENT_LABEL], service?.metadata.annotations?.[SAVED_SELECTOR]],
    [undefined, undefined],
  )
  for (const [kind, name] of [
    ['Rollout', 'web'],
    ['Route', 'web'],
    ['Service', `web-${STABLE}`],
    ['Service', `web-${CANARY}`],
    ['EndpointSlice', 'web-sluice-router'],
    ['Lease', 'sluice-controller'],
    ['Lease', 'sluice-router-publisher'],
    ['Secret', 'sluice-router-tls'],
    ['Secret', 'sluice-webhook-tls'],
    ['MutatingWebhookConfiguration', 'rel'],
    ['ValidatingAdmissionPolicy', 'rel-guard.sluice.dev'],
    ['ValidatingAdmissionPolicyBinding', 'rel-guard.sluice.dev'],
  ] as const)
    assert.equal(api.read(kind, name), undefined, `${kind} ${name}`)
  assert.ok(api.read('Secret', 'of-somebody-else'))
  const set = api.read<ReplicaSet>('ReplicaSet', `web-${STABLE}`)
  assert.equal(set?.spec.replicas, 4)
  assert.ok(set?.metadata.ownerReferences?.every(({ kind }) => kind !== 'Rollout'))
  assert.deepEqual(set?.metadata.annotations, { 'sluice.dev/steps': '20%' }, "the settings are the user's own")
}

test('uninstall in the middle of an update gives everything back and leaves nothing of Sluice', async () => {
  const api = installed()
  const { code, err } = await run(api, LINE)
  assert.deepEqual([err, code], ['', 0])
  assertClean(api)
})

test('the webhook goes first, then the controller, and the routers only when no traffic needs them', async () => {
  const api = installed()
  await run(api, LINE)
  const at = (kind: string, name: string) => api.writes.findIndex(write => write.kind === kind && write.name === name)
  const order = [
    at('MutatingWebhookConfiguration', 'rel'),
    at('Deployment', 'rel-controller'),
    at('Service', 'web'),
    at('Deployment', 'web'),
    at('Deployment', 'rel-router'),
    at('Deployment', 'rel-webhook'),
    at('Secret', 'sluice-router-tls'),
  ]
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  )
  assert.equal(order[0], 0)
})

test('uninstall that breaks off after any write goes on from there, and a second one has nothing to do', async () => {
  const whole = installed()
  await run(whole, LINE)
  for (let last = 1; last <= whole.writes.length; last += 1) {
    const api = installed()
    api.react = (write, server) => {
      react(write, server)
      if (server.writes.length === last) throw new Error('the connection broke')
    }
    await run(api, LINE)
    api.react = react
    assert.deepEqual((await run(api, LINE)).err, '', `after write ${last}`)
    assertClean(api)
    const before = api.writes.length
    assert.equal((await run(api, LINE)).code, 0)
    assert.equal(api.writes.length, before)
  }
})

test('a Deployment that cannot be given back keeps its routers, and is named', async () => {
  const api = installed()
  api.put(aReplicaSet({ replicas: 2 }))
  api.react = (write, server) => {
    if (write.kind !== 'ReplicaSet') react(write, server)
  }
  const { code, out, err } = await run(api, LINE)
  assert.equal(code, 1)
  assert.match(out, /has 2 of 4 pods available/)
  assert.match(err, /^error: 1 of 1 Deployments could not be given back: shop\/web; see to what stands above/)
  assert.ok(api.read<Pod>('Pod', 'rel-router-0'))
})

test('uninstall waits while a controller leads from elsewhere', async () => {
  const api = installed()
  api.put({
    ...kept('Lease', 'sluice-controller'),
    spec: { holderIdentity: 'elsewhere', renewTime: '2026-01-01T12:00:00.000000Z', leaseDurationSeconds: 15 },
  } as KubeObject)
  const { code, err } = await run(api, LINE)
  assert.equal(code, 1)
  assert.match(err, /elsewhere still leads the controller/)
  assert.equal(api.read<Deployment>('Deployment', 'web')?.spec.paused, true)
})

test('eject --all gives back what is in an update and leaves what is at rest alone', async () => {
  const api = installed()
  const { code, out } = await run(api, 'eject --all')
  assert.equal(code, 0)
  assert.match(out, /^Deployment shop\/web \(1 of 1\)\n1\/8 /)
  assert.match(out, /gave 1 Deployment back\n$/)
  assert.ok(api.read('Rollout', 'web'))
  assert.equal((await run(api, 'eject --all')).out, 'nothing is in an update\n')
})

test('eject takes a name or --all, not both and not neither', async () => {
  for (const line of ['eject', 'eject web --all', 'eject --all --stable web-1']) {
    const { code, err } = await run(installed(), line)
    assert.equal(code, 2, line)
    assert.match(err, /^error: .*--all/, line)
  }
})
