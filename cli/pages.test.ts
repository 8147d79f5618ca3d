import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import { cellsOf } from './output/style.ts'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, aPod, aReplicaSet, aRollout, aService, CANARY, healthy, midUpdate, NOW } from './testing/objects.ts'
import { assertGolden, run } from './testing/run.ts'

type AnyObject = KubeObject & { readonly [field: string]: unknown }

const shopWith = (...objects: readonly (KubeObject | AnyObject)[]): MemoryApi => {
  const api = makeMemoryApi()
  api.put(...objects)
  return api
}

const atRest = () => [
  aDeployment({ held: false, image: 'registry.example/web:v1' }),
  aRollout(healthy),
  aReplicaSet({ revision: 3 }),
  aReplicaSet({ hash: CANARY, replicas: 0, revision: 2 }),
  ...[0, 1, 2, 3].map(index => aPod({ index })),
  aService(),
]

const narrow = (text: string): void => {
  for (const line of text.split('\n')) assert.ok(cellsOf(line) <= 80, `${cellsOf(line)} cells: ${line}`)
}

test('get shows an update that waits for a person', async () => {
  const { code, out, err } = await run(shopWith(...midUpdate()), 'get deployment/web')
  assert.deepEqual([code, err], [0, ''])
  narrow(out)
  assertGolden('get-paused', out)
})

test('get shows a Deployment at rest', async () => {
  const { out } = await run(shopWith(...atRest()), 'get web')
  narrow(out)
  assertGolden('get-rest', out)
})

test('get shows an aborted update with a pod that does not start', async () => {
  const api = shopWith(
    ...midUpdate(),
    aRollout({
      phase: 'Degraded',
      abort: true,
      message: 'RolloutAborted: success-rate >= 99% failed: canary 81.2% of 160, stable 99.9% of 2660',
    }),
    aPod({ hash: CANARY, ready: false, waiting: 'CrashLoopBackOff', age: 390 }),
  )
  const { out } = await run(api, 'get web')
  narrow(out)
  assertGolden('get-aborted', out)
})

test('get says how long a version that is not needed any more keeps its pods', async () => {
  const keptFor = async (seconds: number): Promise<string | undefined> => {
    const old = aReplicaSet({ hash: CANARY, revision: 2 })
    const deadline = new Date(NOW + seconds * 1000).toISOString()
    const annotations = { ...old.metadata.annotations, 'scale-down-deadline': deadline }
    const api = shopWith(...atRest(), { ...old, metadata: { ...old.metadata, annotations } })
    return /delay:\S+/.exec((await run(api, 'get web')).out)?.[0]
  }
  assert.equal(await keptFor(25), 'delay:25s')
  assert.equal(await keptFor(190), 'delay:3m10s')
  assert.equal(await keptFor(-1), undefined)
})

test('get -o wide cuts nothing', async () => {
  const { out } = await run(shopWith(...midUpdate()), 'get web -o wide')
  assert.match(out, /web-7b9c4d5f8x-2-background/)
  assertGolden('get-wide', out)
})

test('get on a terminal has colours, and NO_COLOR or --no-color takes them away', async () => {
  const api = shopWith(...midUpdate())
  assertGolden('get-colours', (await run(api, 'get web', { isTerminal: true })).out)
  const colour = String.fromCharCode(27)
  assert.ok(!(await run(api, 'get web', { isTerminal: true, noColor: '1' })).out.includes(colour))
  assert.ok(!(await run(api, 'get web --no-color', { isTerminal: true })).out.includes(colour))
  assert.ok(!(await run(api, 'get web')).out.includes(colour))
})

test('get -o json and -o yaml print the Rollout', async () => {
  const api = shopWith(...midUpdate())
  assert.equal(JSON.parse((await run(api, 'get web -o json')).out).kind, 'Rollout')
  assert.match((await run(api, '-o yaml get web')).out, /^apiVersion: argoproj.io\/v1alpha1\nkind: Rollout\n/)
})

test('list shows each with what it waits for', async () => {
  const api = shopWith(...midUpdate())
  const long = 'a-deployment-with-a-name-that-takes-all-of-the-sixty-three-allowed'
  const other = aDeployment({ held: false })
  api.put(
    { ...aRollout(healthy), metadata: { ...aRollout().metadata, name: long, namespace: 'bank', uid: 'u2' } },
    { ...other, metadata: { ...other.metadata, name: 'api', uid: 'u3' } },
  )
  const one = await run(api, 'list')
  const all = await run(api, 'list -A')
  narrow(one.out)
  narrow(all.out)
  assertGolden('list', one.out)
  assertGolden('list-all', all.out)
  assert.equal(JSON.parse((await run(api, 'list -A -o json')).out).items.length, 2)
})

test('list says so when there is nothing', async () => {
  assert.equal((await run(makeMemoryApi(), 'list')).out, 'nothing is managed by Sluice in namespace shop; -A looks in all\n')
})

test('check finds nothing wrong with a Deployment that is ready to be updated', async () => {
  const api = shopWith(...atRest(), controllerLease('2026-01-01T11:59:58.000000Z'), aRouter())
  const { code, out } = await run(api, 'check deployment/web')
  assertGolden('check-good', out)
  narrow(out)
  assert.equal(code, 0)
})

test('check names wrong annotations, Services that cannot be fronted, and what does not run', async () => {
  const deployment = aDeployment({ held: false })
  const api = shopWith(
    {
      ...deployment,
      metadata: {
        ...deployment.metadata,
        annotations: { 'sluice.dev/strategy': 'canary', 'sluice.dev/steps': '120%, 2 minutes' },
      },
    },
    aReplicaSet(),
    aService(),
    { ...aService('web-headless'), spec: { ...aService().spec, clusterIP: 'None' } },
  )
  const { code, out } = await run(api, 'check web')
  assert.match((await run(api, 'check web -o yaml')).out, /^namespace: shop\nname: web\nsections:\n/)
  assertGolden('check-bad', out)
  narrow(out)
  assert.equal(code, 1)
})

test('check names what lies around the pods: policies, autoscalers, budgets, strangers, other masters', async () => {
  const other = (kind: string, apiVersion: string, name: string, spec: object, more: object = {}): AnyObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', ...more },
    spec,
  })
  const target = { kind: 'Deployment', name: 'web' }
  const api = shopWith(
    ...atRest(),
    controllerLease('2026-01-01T11:59:58.000000Z'),
    aRouter(),
    other('NetworkPolicy', 'networking.k8s.io/v1', 'default-deny', { podSelector: {}, policyTypes: ['Ingress'] }),
    other('HorizontalPodAutoscaler', 'autoscaling/v2', 'web', { scaleTargetRef: target }),
    other('PodDisruptionBudget', 'policy/v1', 'web', { maxUnavailable: 0, selector: { matchLabels: { app: 'web' } } }),
    other('Rollout', 'argoproj.io/v1alpha1', 'web-argo', { workloadRef: target, strategy: {} }),
    other('ReplicaSet', 'apps/v1', 'web-by-hand', {}, { labels: { app: 'web' } }),
    other('Deployment', 'apps/v1', 'copy', { selector: { matchLabels: { app: 'web' } }, template: aDeployment().spec.template }),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } },
  )
  const { code, out } = await run(api, 'check web')
  narrow(out)
  assertGolden('check-around', out)
  assert.equal(code, 1)
})

const controllerLease = (renewTime: string) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'sluice-controller', namespace: 'sluice-system' },
  spec: { holderIdentity: 'sluice-controller-0', renewTime, leaseDurationSeconds: 15 },
})

const aRouter = () => ({
  ...aPod(),
  metadata: {
    name: 'sluice-router-0',
    namespace: 'sluice-system',
    labels: { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': 'router' },
  },
})
