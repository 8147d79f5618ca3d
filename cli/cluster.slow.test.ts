/** The program as installed, on the in-process cluster: a kubeconfig, a context's namespace, a pipe, and an ejection of real objects. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import type { AnalysisRun } from '../api/analysis-run.ts'
import { holdOps, isHeld } from '../api/hold.ts'
import type { Deployment, EndpointSlice, KubeObject, ReplicaSet, Service } from '../api/kubernetes.ts'
import { DEPLOYMENT_LABEL, DESIRED_REPLICAS, POD_TEMPLATE_HASH, SAVED_SELECTOR } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import { detachOps, skipMirrorOps } from '../api/service-mode.ts'
import { eventually, startTestCluster, type TestCluster } from '../cluster/testing/cluster.ts'
import { isNotFound } from '../kube/errors.ts'
import {
  ANALYSIS_RUNS,
  CRDS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  NAMESPACES,
  REPLICA_SETS,
  ROLLOUTS,
  ROUTES,
  SERVICES,
} from '../kube/resources.ts'
import { aRollout, aRoute, aSlice, template } from './testing/objects.ts'

let cluster: TestCluster
let directory: string

const start = (...args: readonly string[]): ChildProcess => {
  const child = spawn(new URL('./sluice', import.meta.url).pathname, [
    '--kubeconfig',
    join(directory, 'kubeconfig'),
    '-n',
    'shop',
    ...args,
  ])
  return child
}

const sluice = (
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> =>
  new Promise(resolve => {
    const child = start(...args)
    let out = ''
    let err = ''
    child.stdout?.on('data', chunk => {
      out += chunk
    })
    child.stderr?.on('data', chunk => {
      err += chunk
    })
    child.on('close', code => resolve({ code, out, err }))
  })

const ref = { namespace: 'shop', name: 'web' }
const read = (): Promise<Deployment> => cluster.client.get<Deployment>(DEPLOYMENTS, ref)
const setsOf = async (): Promise<readonly ReplicaSet[]> =>
  (await cluster.client.list<ReplicaSet>(REPLICA_SETS, { namespace: 'shop' })).items

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-cli-'))
  cluster = await startTestCluster()
  await cluster.api.listen()
  await cluster.api.writeKubeconfig(join(directory, 'kubeconfig'))
  const { client } = cluster
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const file of ['rollouts', 'routes', 'analysisruns'])
    await client.create(
      CRDS,
      parse(readFileSync(new URL(`../charts/sluice/files/crds/${file}.yaml`, import.meta.url), 'utf8')) as KubeObject,
    )
  await eventually(() => client.list(ROLLOUTS, { namespace: 'shop' }).catch(() => undefined))
})

after(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

const createAtRest = async (): Promise<ReplicaSet> => {
  const { client } = cluster
  await client.create<Deployment>(DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...ref, annotations: { 'sluice.dev/strategy': 'canary' } },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('web:v1') },
  })
  await client.create<Service>(SERVICES, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...ref, labels: { [DEPLOYMENT_LABEL]: 'web' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  })
  await eventually(async () => (await read()).status?.availableReplicas === 3)
  return (await setsOf())[0]!
}

/** What webhook, controller and routers leave behind when all of them die in the middle of an update. */
const dieInMidUpdate = async (stable: ReplicaSet): Promise<string> => {
  const { client } = cluster
  const rest = await read()
  await client.patch(DEPLOYMENTS, ref, 'json', [
    ...holdOps(rest),
    { op: 'replace', path: '/spec/template', value: template('web:v2') },
  ])
  await client.patch(REPLICA_SETS, { namespace: 'shop', name: stable.metadata.name }, 'merge', {
    metadata: { annotations: { [DESIRED_REPLICAS]: null } },
  })
  const hash = 'canaryhash'
  const labels = { app: 'web', [POD_TEMPLATE_HASH]: hash }
  await client.create<ReplicaSet>(REPLICA_SETS, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${hash}`,
      namespace: 'shop',
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: 'web',
          uid: rest.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { ...template('web:v2'), metadata: { labels } } },
  })
  const stableHash = stable.metadata.labels?.[POD_TEMPLATE_HASH] ?? ''
  const rollout = aRollout()
  const { uid: _, generation: __, creationTimestamp: ___, ownerReferences: ____, ...metadata } = rollout.metadata
  await client.create<Rollout>(ROLLOUTS, { ...rollout, metadata })
  await client.patch(
    ROLLOUTS,
    ref,
    'merge',
    { status: { ...rollout.status, stableRS: stableHash, currentPodHash: hash, workloadObservedGeneration: '99' } },
    'status',
  )
  const service = await client.get<Service>(SERVICES, ref)
  await client.patch(SERVICES, ref, 'json', [...skipMirrorOps(service, true), ...detachOps(service)])
  const route = aRoute()
  const backends = route.spec.backends.map(one => ({ ...one, hash: one.role === 'stable' ? stableHash : hash }))
  await client.create(ROUTES, { ...route, metadata: ref, spec: { ...route.spec, backends } })
  for (const slice of (await client.list<EndpointSlice>(ENDPOINT_SLICES, { namespace: 'shop' })).items)
    await client.delete(ENDPOINT_SLICES, { namespace: 'shop', name: slice.metadata.name })
  await client.create(ENDPOINT_SLICES, aSlice({ role: 'router', addresses: ['127.10.0.1'] }))
  await eventually(async () => (await setsOf()).find(one => one.metadata.name === `web-${hash}`)?.status?.availableReplicas === 1)
  return hash
}

test('a cluster that is not there is one line and exit code 1', async () => {
  const nowhere = await new Promise<string>(resolve => {
    const child = spawn(new URL('./sluice', import.meta.url).pathname, ['--kubeconfig', '/nowhere/config', 'list'])
    let err = ''
    child.stderr.on('data', chunk => {
      err += chunk
    })
    child.on('close', () => resolve(err))
  })
  assert.match(nowhere, /^error: .*\/nowhere\/config.*\n$/)
})

test('an update in which everything of Sluice died is shown, followed, and ejected', async () => {
  const stable = await createAtRest()
  const hash = await dieInMidUpdate(stable)
  const page = await sluice('get', 'web')
  assert.equal(page.code, 0, page.err)
  assert.match(page.out, /Status: +॥ Paused/)
  assert.match(page.out, new RegExp(`⧉ web-${hash} +ReplicaSet +✔ Healthy .* canary`))
  const follower = start('get', 'web', '-w')
  let followed = ''
  follower.stdout?.on('data', chunk => {
    followed += chunk
  })
  const ended = new Promise<number | null>(resolve => follower.on('close', resolve))
  await eventually(async () => followed.includes('॥ Paused'))
  const ejected = await sluice('eject', 'deployment/web', '--propagation', '100ms', '--drain', '100ms')
  assert.equal(ejected.code, 0, ejected.err)
  const after = await read()
  assert.deepEqual([isHeld(after), after.spec.paused ?? false, after.spec.strategy?.type], [false, false, 'RollingUpdate'])
  assert.equal(after.spec.template.spec.containers[0]?.image, 'web:v1')
  const service = await cluster.client.get<Service>(SERVICES, ref)
  assert.deepEqual([service.spec.selector, service.metadata.annotations?.[SAVED_SELECTOR]], [{ app: 'web' }, undefined])
  await assert.rejects(cluster.client.get(ROUTES, ref), isNotFound)
  await eventually(async () => {
    const { status, metadata } = await read()
    return status?.observedGeneration === metadata.generation && status?.updatedReplicas === 3 && status?.replicas === 3
  })
  const sizes = Object.fromEntries((await setsOf()).map(one => [one.metadata.name, one.spec.replicas]))
  assert.deepEqual(sizes, { [stable.metadata.name]: 3, [`web-${hash}`]: 0 })
  await eventually(async () => followed.includes('native, no router in the path'))
  follower.kill('SIGINT')
  assert.equal(await ended, 0)
})

/** A command that must succeed; what it prints. */
const does = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await sluice(...args)
  assert.equal(code, 0, `${args.join(' ')}: ${err}`)
  return out
}

test('a Deployment is adopted, gets other images, restarts and goes back', async () => {
  const till = { namespace: 'shop', name: 'till' }
  await cluster.client.create<Deployment>(DEPLOYMENTS, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: till,
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'till' } },
      template: { ...template('till:v1'), metadata: { labels: { app: 'till' } } },
    },
  })
  const now = () => cluster.client.get<Deployment>(DEPLOYMENTS, till)
  const isDone = async () => {
    const { status, metadata } = await now()
    return status?.observedGeneration === metadata.generation && status?.updatedReplicas === 1 && status.replicas === 1
  }
  await eventually(isDone)
  assert.equal((await sluice('adopt', 'till', '--apply')).code, 1, 'no controller is at work')
  await does('adopt', 'till', '--apply', '--force')
  assert.equal((await now()).metadata.annotations?.['sluice.dev/strategy'], 'canary')
  await does('set', 'image', 'till', 'web=till:v2')
  await eventually(isDone)
  await does('restart', 'till')
  await eventually(isDone)
  assert.match((await now()).spec.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'] as string, /^20\d\d-/)
  await does('undo', 'till', '--to-revision', '1')
  const { template: last } = (await now()).spec
  assert.deepEqual([last.spec.containers[0]?.image, last.metadata?.annotations], ['till:v1', undefined])
})

test('objects are made from files, completed by name, and ended', async () => {
  const template = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'smoke' } }
  const spec = { args: [{ name: 'host' }], metrics: [{ name: 'up', provider: { web: { url: 'http://{{args.host}}' } } }] }
  writeFileSync(join(directory, 'smoke.json'), JSON.stringify({ ...template, spec }))
  const lonely =
    'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: lonely}\nspec:\n  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: gone}\n  strategy: {canary: {}}\n'
  writeFileSync(join(directory, 'lonely.yaml'), lonely)
  assert.match(
    await does('lint', '-f', join(directory, 'lonely.yaml'), '-f', join(directory, 'smoke.json')),
    /^2 objects checked in 2 files, 0 problems/,
  )
  assert.equal(await does('create', '-f', join(directory, 'lonely.yaml')), 'Rollout lonely is there\n')
  await does('create', 'analysisrun', '--from-file', join(directory, 'smoke.json'), '--name', 'smoke-1', '-a', 'host=web')
  await does('terminate', 'analysisrun', 'smoke-1')
  const run = await cluster.client.get<AnalysisRun>(ANALYSIS_RUNS, { namespace: 'shop', name: 'smoke-1' })
  assert.deepEqual([run.spec.terminate, run.spec.args], [true, [{ name: 'host', value: 'web' }]])
  // The shell's line comes behind the word, flags and all.
  const shell = spawn(new URL('./sluice', import.meta.url).pathname, [
    '__complete',
    '--kubeconfig',
    join(directory, 'kubeconfig'),
    '-n',
    'shop',
    'promote',
    'lo',
  ])
  assert.equal(await text(shell.stdout), 'lonely\n:4\n')
})

test('a reader that closes early is no error', async () => {
  const child = start('list', '-o', 'json')
  child.stdout?.destroy()
  assert.equal(await new Promise(resolve => child.on('close', resolve)), 0)
})
