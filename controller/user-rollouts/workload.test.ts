/** The workload of a Rollout as it is read: asked for once a change where the cache has no template, and whose changes wake the Rollout. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, KubeObject, ReplicaSet } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { KubeClient } from '../../kube/client.ts'
import { ApiError } from '../../kube/errors.ts'
import { type Caches, workloadKey } from '../caches.ts'
import { keysOfDeployment, keysOfReplicaSet } from '../keys.ts'
import { makeWorkloadReader } from './workload.ts'

type Ref = NonNullable<Rollout['spec']['workloadRef']>

const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'v1' }] } }
const SELECTOR = { matchLabels: { app: 'web' } }

const rolloutOf = (workloadRef: Ref, name = 'web'): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name, namespace: 'shop' },
  spec: { workloadRef, strategy: { canary: {} } },
})

/** As the cache has one that never heard of Sluice. */
const trimmed = (resourceVersion: string): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'old', namespace: 'shop', resourceVersion },
  spec: { selector: {}, template: { spec: { containers: [] } } },
})

const setOf = (name: string): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, namespace: 'shop', generation: 2 },
  spec: { replicas: 3, selector: SELECTOR, template: TEMPLATE },
})

/** What the server has, by plural and name; `asked` in order. */
const makeReader = (served: { readonly [plural: string]: KubeObject | undefined }, cached: { deployment?: Deployment } = {}) => {
  const asked: string[] = []
  const client = {
    get: async ({ plural }: { readonly plural: string }, { name }: { readonly name: string }) => {
      asked.push(`${plural}/${name}`)
      const found = served[plural]
      if (found === undefined) throw new ApiError({ status: 404, reason: 'NotFound', message: `${plural} "${name}" not found` })
      return found
    },
  } as unknown as KubeClient
  const caches = {
    deployments: { get: () => cached.deployment },
    replicaSets: { get: (_: string, name: string) => (name === 'old' ? setOf(name) : undefined) },
  } as unknown as Caches
  return { asked, read: makeWorkloadReader({ client, caches }) }
}

const DEPLOYMENT: Ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'old' }

test('a Deployment is asked for once a change, with its size and its annotations of Sluice', async () => {
  const { metadata } = trimmed('7')
  const annotations = { 'sluice.dev/strategy': 'canary', team: 'shop' }
  const whole = {
    ...trimmed('7'),
    metadata: { ...metadata, generation: 3, annotations },
    spec: { selector: SELECTOR, template: TEMPLATE },
  }
  const cached = { deployment: trimmed('7') }
  const { asked, read } = makeReader({ deployments: whole }, cached)
  const seen = await read(rolloutOf(DEPLOYMENT))
  assert.deepEqual(seen, {
    generation: 3,
    template: TEMPLATE,
    selector: SELECTOR,
    replicas: 1,
    resourceVersion: '7',
    marks: ['sluice.dev/strategy'],
  })
  await read(rolloutOf(DEPLOYMENT))
  assert.deepEqual(asked, ['deployments/old'])
  cached.deployment = trimmed('8')
  await read(rolloutOf(DEPLOYMENT))
  assert.equal(asked.length, 2)
})

test('one that is not in the cache, or gone since, is not there', async () => {
  const none = makeReader({})
  assert.equal(await none.read(rolloutOf(DEPLOYMENT)), undefined)
  assert.deepEqual(none.asked, [])
  assert.equal(await makeReader({}, { deployment: trimmed('7') }).read(rolloutOf(DEPLOYMENT)), undefined)
})

test('a ReplicaSet comes from the cache, a PodTemplate from the server, and no other kind from anywhere', async () => {
  const template: KubeObject & { readonly template: object } = {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: 'old', namespace: 'shop', generation: 5 },
    template: TEMPLATE,
  }
  const { asked, read } = makeReader({ podtemplates: template })
  const set = await read(rolloutOf({ ...DEPLOYMENT, kind: 'ReplicaSet' }))
  assert.deepEqual(set, { generation: 2, template: TEMPLATE, selector: SELECTOR, marks: [] })
  assert.deepEqual(asked, [])
  assert.deepEqual(await read(rolloutOf({ apiVersion: 'v1', kind: 'PodTemplate', name: 'old' })), {
    generation: 5,
    template: TEMPLATE,
    marks: [],
  })
  assert.equal(await read(rolloutOf({ ...DEPLOYMENT, kind: 'StatefulSet' })), undefined)
  assert.deepEqual(asked, ['podtemplates/old'])
})

test('a change of the workload wakes the Rollouts that refer to it, and no others', () => {
  const rollouts = [
    rolloutOf(DEPLOYMENT, 'a'),
    rolloutOf({ ...DEPLOYMENT, kind: 'ReplicaSet' }, 'b'),
    rolloutOf({ ...DEPLOYMENT, name: 'other' }, 'c'),
    rolloutOf(DEPLOYMENT, 'd'),
  ]
  const by = (_: string, value: string) =>
    rollouts.filter(
      ({ metadata, spec: { workloadRef: ref } }) => ref && workloadKey(metadata.namespace, ref.kind, ref.name) === value,
    )
  const caches = { rollouts: { get: () => undefined, by } } as unknown as Caches
  assert.deepEqual(keysOfDeployment(caches, trimmed('7')), ['shop/a', 'shop/d'])
  assert.deepEqual(keysOfReplicaSet(caches, setOf('old')), ['shop/b'])
})
