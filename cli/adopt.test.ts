import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, KubeObject, Service } from '../api/kubernetes.ts'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aRouter } from './testing/numbers.ts'
import { aDeployment, aPod, aReplicaSet, aService } from './testing/objects.ts'
import { assertGolden, run } from './testing/run.ts'

const fresh = (spec: Partial<Deployment['spec']> = {}): Deployment => {
  const { metadata, spec: before, ...deployment } = aDeployment({ held: false, image: 'registry.example/web:v1' })
  const { annotations: _, ...rest } = metadata
  return { ...deployment, metadata: rest, spec: { ...before, ...spec } }
}

const lease = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'sluice-controller', namespace: 'sluice-system' },
  spec: { holderIdentity: 'sluice-controller-0', renewTime: '2026-01-01T11:59:58.000000Z', leaseDurationSeconds: 15 },
}

const shop = (...objects: readonly KubeObject[]): MemoryApi => {
  const api = makeMemoryApi()
  api.put(aReplicaSet(), ...[0, 1, 2, 3].map(index => aPod({ index })), aRouter(), lease, ...objects)
  return api
}

const headless = (name: string): Service => ({ ...aService(name), spec: { ...aService().spec, clusterIP: 'None' } })

const template = (readinessProbe: boolean): Deployment['spec']['template'] => ({
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'registry.example/web:v1',
        ports: [{ name: 'http', containerPort: 8080 }],
        ...(readinessProbe && { readinessProbe: { httpGet: { port: 8080 } } }),
      },
    ],
  },
})

test('adopt proposes annotations as a diff, with a reason for each, and writes nothing', async () => {
  const api = shop(fresh({ template: template(false) }), aService(), headless('web-peers'))
  const { code, out, err } = await run(api, 'adopt deployment/web')
  assert.deepEqual([code, err, api.writes], [0, '', []])
  for (const line of out.split('\n')) assert.ok([...line].length <= 80, line)
  assertGolden('adopt', out)
})

test('adopt --apply writes what it showed, on the object that it looked at', async () => {
  const api = shop(fresh({ template: template(true) }), aService())
  const { code, out } = await run(api, 'adopt web --apply')
  assert.equal(code, 0)
  assert.match(out, /\+ {5}sluice\.dev\/strategy: canary\n/)
  assert.deepEqual(
    api.writes.map(({ kind, body }) => [kind, body]),
    [
      [
        'Deployment',
        {
          metadata: {
            resourceVersion:
              api.writes[0] && String(Reflect.get(Reflect.get(Object(api.writes[0].body), 'metadata'), 'resourceVersion')),
            annotations: { 'sluice.dev/strategy': 'canary', 'sluice.dev/analysis': 'success-rate >= 99%, p99 <= stable * 1.5' },
          },
        },
      ],
    ],
  )
  assert.match((await run(api, 'adopt web')).out, /^Deployment web is adopted already;/)
})

test('adopt without a Service splits by as many pods as an autoscaler leaves', async () => {
  const scaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web-hpa', namespace: 'shop' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 3 },
  }
  const { annotations } = JSON.parse((await run(shop(fresh(), scaler), 'adopt web -o json')).out)
  assert.deepEqual(
    annotations.map(({ key, value }: { key: string; value: string }) => [key, value]),
    [
      ['strategy', 'canary'],
      ['router', 'none'],
      ['steps', '33%, 2m, 67%, 2m, 100%'],
    ],
  )
  assert.match(annotations[2].why, /HorizontalPodAutoscaler web-hpa goes down to 3/)
})

test('adopt proposes sidecars where no Service can have routers in front and ports have names', async () => {
  const named: Service = {
    ...headless('web'),
    spec: { ...headless('web').spec, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }
  const { annotations } = JSON.parse((await run(shop(fresh({ template: template(true) }), named), 'adopt web -o json')).out)
  assert.deepEqual(annotations[1].value, 'sidecar')
})

test('adopt --apply does not write while something is in the way, but with --force', async () => {
  const api = shop(fresh({ strategy: { type: 'Recreate' }, template: template(true) }), aService())
  const refused = await run(api, 'adopt web --apply')
  assert.deepEqual([refused.code, api.writes], [1, []])
  assert.match(refused.out, /✖ its strategy is Recreate: two versions may not run at the same time/)
  assert.match(refused.err, /^error: one thing is in the way \(✖ above\)/)
  assert.equal((await run(api, 'adopt web --apply --force')).code, 0)
  assert.equal(api.writes.length, 1)
})

test('what a person wrote already is kept', async () => {
  const deployment = fresh({ template: template(true) })
  const api = shop(
    { ...deployment, metadata: { ...deployment.metadata, annotations: { 'sluice.dev/analysis': 'none' } } },
    aService(),
  )
  const { annotations } = JSON.parse((await run(api, 'adopt web -o json')).out)
  assert.deepEqual(
    annotations.map(({ key }: { key: string }) => key),
    ['strategy'],
  )
})
