import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, KubeObject, ReplicaSet, Service } from '../api/kubernetes.ts'
import { BYPASS, DEPLOYMENT_LABEL, NATIVE_SLICE_CONTROLLER, SAVED, SAVED_SELECTOR, SKIP_MIRROR } from '../api/names.ts'
import type { Route } from '../api/route.ts'
import { ApiError } from '../kube/errors.ts'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import {
  aDeployment,
  aPod,
  aReplicaSet,
  aRollout,
  aService,
  aSlice,
  CANARY,
  healthy,
  midUpdate,
  STABLE,
  template,
} from './testing/objects.ts'
import { assertGolden, run } from './testing/run.ts'

/** What the native controllers do: pods follow a ReplicaSet's size, endpoints follow a Service's selector. */
const reactNatively: MemoryApi['react'] = (write, api) => {
  if (write.kind === 'ReplicaSet') {
    const set = api.read<ReplicaSet>('ReplicaSet', write.name)
    if (set === undefined) return
    const { replicas = 1 } = set.spec
    api.put({ ...set, status: { replicas, readyReplicas: replicas, availableReplicas: replicas } } as ReplicaSet)
    const hash = write.name.slice('web-'.length)
    for (let index = 0; index < 6; index += 1) {
      if (index < replicas) api.put(aPod({ hash, index }))
      else api.remove('Pod', aPod({ hash, index }).metadata.name)
    }
  }
  if (write.kind === 'Service' && write.verb === 'patch' && api.read<Service>('Service', write.name)?.spec.selector !== undefined)
    api.put(aSlice({ manager: NATIVE_SLICE_CONTROLLER, addresses: ['10.0.1.1', '10.0.1.2', '10.0.1.3', '10.0.1.4'] }))
}

const shop = (...more: readonly KubeObject[]): MemoryApi => {
  const api = makeMemoryApi()
  api.put(...midUpdate(), ...more)
  api.react = reactNatively
  return api
}

const aLease = (renewTime: string) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'sluice-controller', namespace: 'sluice-system' },
  spec: { holderIdentity: 'sluice-controller-0', renewTime, leaseDurationSeconds: 15 },
})

test('eject gives a Deployment and its Service back in an order that is safe', async () => {
  const api = shop(aReplicaSet({ replicas: 3 }))
  const { code, out, err } = await run(api, 'eject deployment/web')
  assert.deepEqual([code, err], [0, ''])
  assertGolden('eject', out)
  assertGolden(
    'eject-writes',
    `${api.writes.map(({ verb, kind, name, body }) => `${verb} ${kind} ${name} ${JSON.stringify(body) ?? ''}`.trimEnd()).join('\n')}\n`,
  )
})

test('after eject nothing of the update is left, and the next one is tried again', async () => {
  const api = shop()
  await run(api, 'eject web')
  const deployment = api.read<Deployment>('Deployment', 'web')
  assert.deepEqual(deployment?.spec.template, template('registry.example/web:v1'))
  assert.deepEqual(
    [
      deployment?.spec.paused,
      deployment?.spec.strategy?.type,
      deployment?.spec.revisionHistoryLimit,
      deployment?.spec.progressDeadlineSeconds,
    ],
    [undefined, 'RollingUpdate', 10, 600],
  )
  const annotations = deployment?.metadata.annotations ?? {}
  assert.deepEqual(
    [annotations['sluice.dev/strategy'], annotations[SAVED], annotations[BYPASS]],
    ['canary', undefined, undefined],
  )
  const service = api.read<Service>('Service', 'web')
  assert.deepEqual(service?.spec.selector, { app: 'web' })
  assert.deepEqual([service?.metadata.annotations, service?.metadata.labels], [{}, { [DEPLOYMENT_LABEL]: 'web' }])
  assert.equal(service?.metadata.labels?.[SKIP_MIRROR], undefined)
  for (const [kind, name] of [
    ['Route', 'web'],
    ['Service', `web-${STABLE}`],
    ['Service', `web-${CANARY}`],
    ['EndpointSlice', 'web-sluice-router'],
    ['EndpointSlice', 'web-sluice-fail-open'],
  ] as const)
    assert.equal(api.read(kind, name), undefined, `${kind} ${name}`)
  assert.equal(api.read<ReplicaSet>('ReplicaSet', `web-${CANARY}`)?.spec.replicas, 0)
  assert.equal(api.read<ReplicaSet>('ReplicaSet', `web-${STABLE}`)?.spec.replicas, 4)
})

test('eject --opt-out takes every annotation and the Rollout away as well', async () => {
  const api = shop()
  assert.equal((await run(api, 'eject web --opt-out')).code, 0)
  assert.deepEqual(api.read('Deployment', 'web')?.metadata.annotations, {})
  assert.equal(api.read('Rollout', 'web'), undefined)
})

test('an object that changes between a read and a write is read and written again', async () => {
  const api = shop()
  let refused = 0
  const before = new Set<string>()
  api.admit = write => {
    const key = JSON.stringify(write)
    if (write.kind === 'ReplicaSet' || before.has(write.kind + write.name)) return
    before.add(write.kind + write.name)
    if (!key.includes('resourceVersion')) return
    refused += 1
    throw new ApiError({
      status: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    })
  }
  const { code, err } = await run(api, 'eject web')
  assert.deepEqual([code, err, refused], [0, '', 3])
})

test('opting out works without the webhook: every write to the opted-in Deployment carries the mark', async () => {
  const api = shop()
  api.admit = (write, after, before) => {
    if (write.kind !== 'Deployment') return
    const asksWebhook = [before, after].some(one => one?.metadata.annotations?.['sluice.dev/strategy'] !== undefined)
    assert.ok(!asksWebhook || after?.metadata.annotations?.[BYPASS] === 'true')
  }
  assert.equal((await run(api, 'eject web --opt-out')).code, 0)
})

test('no selector comes back while another version has pods, and no Deployment before all Services are native', async () => {
  const api = shop()
  let checked = 0
  api.admit = (write, after) => {
    if (
      write.kind === 'Service' &&
      (after as Service).spec.selector !== undefined &&
      (after as Service).metadata.annotations?.[SAVED_SELECTOR] === undefined
    ) {
      assert.equal(api.read('Pod', aPod({ hash: CANARY }).metadata.name), undefined)
      checked += 1
    }
    if (write.kind === 'Deployment') {
      assert.equal(api.read<Service>('Service', 'web')?.metadata.annotations?.[SAVED_SELECTOR], undefined)
      assert.equal(api.read<Route>('Route', 'web'), undefined)
      checked += 1
    }
    if (write.kind === 'ReplicaSet' && write.name === `web-${CANARY}`) {
      assert.deepEqual(
        api.read<Route>('Route', 'web')?.spec.backends.map(one => one.weight),
        [100, 0],
      )
      checked += 1
    }
  }
  assert.equal((await run(api, 'eject web')).code, 0)
  assert.ok(checked >= 4)
})

test('the write that gives the Deployment back carries the mark that the webhook and the guard let through', async () => {
  const api = shop()
  const seen: unknown[] = []
  api.admit = (write, after, before) => {
    const gaveBack = before?.metadata.annotations?.[SAVED] !== undefined && after?.metadata.annotations?.[SAVED] === undefined
    const attached =
      before?.metadata.annotations?.[SAVED_SELECTOR] !== undefined && after?.metadata.annotations?.[SAVED_SELECTOR] === undefined
    if (gaveBack || attached) seen.push([write.kind, after?.metadata.annotations?.[BYPASS]])
  }
  await run(api, 'eject web')
  assert.deepEqual(seen, [
    ['Service', 'true'],
    ['Deployment', 'true'],
  ])
})

test('whichever write fails, running eject again ends the same', async () => {
  const whole = shop()
  await run(whole, 'eject web')
  const writes = whole.writes.filter(one => one.verb === 'patch').length
  for (let failing = 0; failing < writes; failing += 1) {
    const api = shop()
    let count = 0
    api.admit = () => {
      count += 1
      if (count === failing + 1) throw new Error('the connection broke')
    }
    const first = await run(api, 'eject web')
    assert.deepEqual([first.code, /the connection broke/.test(first.err)], [1, true], `write ${failing}`)
    assert.equal((await run(api, 'eject web')).code, 0)
    for (const [kind, name] of [
      ['Deployment', 'web'],
      ['Service', 'web'],
    ] as const) {
      const { resourceVersion: _a, ...metadata } = api.read(kind, name)?.metadata ?? { name }
      const { resourceVersion: _b, ...wanted } = whole.read(kind, name)?.metadata ?? { name }
      assert.deepEqual(metadata, wanted, `write ${failing}: ${kind}`)
    }
  }
})

test('eject is refused while the controller is at work, unless it is insisted on', async () => {
  const refused = await run(shop(aLease('2026-01-01T11:59:55.000000Z')), 'eject web')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /^error: the controller is at work \(sluice-controller-0, 5s ago\) and would undo this; .*--force\n$/)
  assert.equal((await run(shop(aLease('2026-01-01T11:59:55.000000Z')), 'eject web --force')).code, 0)
  assert.equal((await run(shop(aLease('2026-01-01T11:59:00.000000Z')), 'eject web')).code, 0)
})

test('eject waits for the stable pods, and gives up with what is missing', async () => {
  const api = shop(aReplicaSet({ replicas: 2 }))
  api.react = () => {}
  const { code, out, err } = await run(api, 'eject web --timeout 2s')
  assert.equal(code, 1)
  assert.match(out, /^1\/8 the stable version has all its pods ✖\n$/)
  assert.match(
    err,
    /^error: gave up waiting: ReplicaSet web-5d8f7c9b6b has 2 of 4 pods available; see to that and run the same command again/,
  )
})

test('routers that are dead are marked as draining by eject itself', async () => {
  const api = shop()
  const drained: unknown[] = []
  api.admit = (write, after) => {
    if (write.kind === 'EndpointSlice')
      drained.push([write.name, (after as ReturnType<typeof aSlice>).endpoints?.map(one => one.conditions)])
  }
  await run(api, 'eject web')
  const draining = { ready: false, serving: true, terminating: true }
  assert.deepEqual(drained, [['web-sluice-router', [draining, draining]]])
})

test('a Deployment at rest is left as it is', async () => {
  const api = makeMemoryApi()
  api.put(aDeployment({ held: false, image: 'registry.example/web:v1' }), aRollout(healthy), aReplicaSet(), aPod(), aService())
  api.put(
    ...[0, 1, 2, 3].map(index => aPod({ index })),
    aSlice({ manager: NATIVE_SLICE_CONTROLLER, addresses: ['10.0.1.1', '10.0.1.2', '10.0.1.3', '10.0.1.4'] }),
  )
  assert.equal((await run(api, 'eject web')).code, 0)
  assert.deepEqual(api.writes, [])
})

test('where nothing tells which version is stable it has to be said', async () => {
  const { [SAVED]: saved = '', ...annotations } = aDeployment().metadata.annotations ?? {}
  const unknown = {
    ...aDeployment(),
    metadata: {
      ...aDeployment().metadata,
      annotations: { ...annotations, [SAVED]: saved, 'sluice.dev/stable-template': 'zzzz' },
    },
  }
  const lost = { ...aRollout(), status: {} }
  const refused = await run(shop(unknown, lost), 'eject web')
  assert.equal(
    refused.err,
    `error: nothing tells which version of web is the stable one; say it with --stable, one of: web-${CANARY}, web-${STABLE}\n`,
  )
  assert.equal((await run(shop(unknown, lost), `eject web --stable web-${STABLE}`)).code, 0)
})
