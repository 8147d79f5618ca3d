import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, KubeObject } from '../api/kubernetes.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import { silentLogger } from '../kube/log.ts'
import { makeFakeClock } from '../kube/testing/fake-clock.ts'
import { makeSurroundings } from './surroundings.ts'

const aDeployment = (generation: number, name = 'web'): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', generation },
  spec: { selector: {}, template: { spec: { containers: [] } } },
})

const policy = (name: string): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
})

/** Lists what `objects` says now; counts the times that policies of namespace shop were read. */
const aServer = (objects: { policies: readonly KubeObject[]; refuse?: number }) => {
  let reads = 0
  const refusal = (status: number) => new ApiError({ status, reason: 'Test', message: `refused with ${status}` })
  const client = {
    list: async (resource: Resource, { namespace }: { readonly namespace?: string } = {}) => {
      if (resource.kind === 'PeerAuthentication') throw refusal(404)
      if (objects.refuse !== undefined) throw refusal(objects.refuse)
      if (namespace === 'shop') reads += 1
      return { metadata: { resourceVersion: '1' }, items: namespace === 'shop' ? objects.policies : [] }
    },
    get: async (_: Resource, { name }: { readonly name: string }) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { name } },
    }),
  } as unknown as KubeClient
  return { client, reads: () => reads }
}

const none = { list: () => [] }
const rig = (objects: Parameters<typeof aServer>[0]) => {
  const clock = makeFakeClock()
  const { client, reads } = aServer(objects)
  const caches = { rollouts: none, routerPods: none } as unknown as Parameters<typeof makeSurroundings>[0]['caches']
  const of = makeSurroundings({ client, caches, clock, log: silentLogger, systemNamespace: 'sluice-system' })
  return { clock, reads, of }
}

test('Deployments of a namespace that are updated together are answered by one reading', async () => {
  const { of, reads } = rig({ policies: [policy('a')] })
  const both = await Promise.all([of(aDeployment(1)), of(aDeployment(1, 'api'))])
  assert.deepEqual(
    both.map(({ policies }) => policies.map(({ metadata }) => metadata.name)),
    [['a'], ['a']],
  )
  assert.equal(reads(), 1)
})

test('what was read before an update began does not count for it', async () => {
  const objects = { policies: [] as readonly KubeObject[] }
  const { of, clock } = rig(objects)
  await of(aDeployment(1))
  objects.policies = [policy('new')]
  await clock.advance(1)
  assert.equal((await of(aDeployment(1))).policies.length, 0)
  assert.equal((await of(aDeployment(2))).policies.length, 1)
})

test('it is read anew after a while, so that what is mended is seen', async () => {
  const objects = { policies: [policy('deny')] as readonly KubeObject[] }
  const { of, clock } = rig(objects)
  assert.equal((await of(aDeployment(1))).policies.length, 1)
  objects.policies = []
  await clock.advance(3_000)
  assert.equal((await of(aDeployment(1))).policies.length, 0)
})

test('what may not be read is not in the way, and an API server that is away is an error', async () => {
  assert.deepEqual((await rig({ policies: [], refuse: 403 }).of(aDeployment(1))).policies, [])
  await assert.rejects(rig({ policies: [], refuse: 500 }).of(aDeployment(1)), /refused with 500/)
})
