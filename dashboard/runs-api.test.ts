/** Experiments, AnalysisRuns of their own, and logs, by the dashboard's paths and with the rights of whoever asks. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { KubeObject, Pod } from '../api/kubernetes.ts'
import { type Cluster, startCluster } from '../cluster/start.ts'
import { systemClock } from '../kube/clock.ts'
import { silentLogger } from '../kube/log.ts'
import { PODS, REPLICA_SETS } from '../kube/resources.ts'
import { apply, readCrds } from '../local/apply.ts'
import { waitFor } from '../local/wait.ts'
import { kubeconfigServer } from './cluster-server.ts'
import type { ExperimentState, Problem, RunState, Runs } from './contract.ts'
import { type RunningDashboard, runDashboard } from './run.ts'
import { ask, OWN } from './testing/dashboard.ts'

const API = '/api/sluice/v1'
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-runs-'))
let cluster: Cluster
let dashboard: RunningDashboard
let cookie: string

const argo = { apiVersion: 'argoproj.io/v1alpha1' }
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'app', image: 'x:2' }] } }
/** Says a line, and then one each tenth of a second. */
const talks = [process.execPath, '-e', 'let n = 0; console.log("hello"); setInterval(() => console.log("line", ++n), 100)']

before(async () => {
  cluster = await startCluster({ stateDir, log: silentLogger, proxy: false })
  const { client } = cluster
  await apply(client, readCrds(join(import.meta.dirname, '..')))
  await apply(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }])
  const objects = [
    {
      ...{ ...argo, kind: 'Experiment', metadata: { name: 'both', namespace: 'shop' } },
      spec: { duration: '10m', templates: [{ name: 'new', replicas: 1, selector: { matchLabels: { app: 'x' } }, template }] },
    },
    {
      ...{ ...argo, kind: 'AnalysisRun', metadata: { name: 'smoke', namespace: 'shop' } },
      spec: { metrics: [{ name: 'queue', provider: { prometheus: { address: 'http://127.0.0.1:9', query: 'q' } } }] },
    },
  ]
  await apply(client, objects as unknown as readonly KubeObject[])
  const [experiment] = (
    await client.list({ group: 'argoproj.io', version: 'v1alpha1', plural: 'experiments', kind: 'Experiment', namespaced: true })
  ).items
  const ownerReferences = [{ ...argo, kind: 'Experiment', name: 'both', uid: experiment?.metadata.uid ?? '', controller: true }]
  await client.create(REPLICA_SETS, {
    ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'both-new', namespace: 'shop', ownerReferences } },
    spec: { replicas: 1, selector: { matchLabels: { app: 'x' } }, template },
  } as KubeObject)
  await client.create(PODS, {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'talker', namespace: 'shop' } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'x', command: talks }] },
  } as unknown as Pod)
  dashboard = await runDashboard({
    ...{ login: 'token', clock: systemClock, log: silentLogger, host: '127.0.0.1', port: 0, healthPort: 0 },
    cluster: await kubeconfigServer(cluster.kubeconfig),
    ...{ sluiceNamespace: 'sluice-system', namespaces: [], dnsNames: ['localhost'], pages: stateDir },
  })
  const body = { token: cluster.api.tokenFor('shop', 'ada') }
  const { headers } = await ask(dashboard.port, `${API}/session`, { method: 'POST', headers: OWN, body })
  cookie = String(headers['set-cookie']).split(';')[0] ?? ''
})

after(async () => {
  await dashboard?.stop(0)
  await cluster?.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

const get = async (path: string) => ask(dashboard.port, `${API}${path}`, { headers: { cookie } })

test('the list has Experiments and the AnalysisRuns that belong to nothing else', async () => {
  const { rows, missing } = (await get('/runs')).body as Runs
  assert.deepEqual(rows.map(({ kind, name, phase }) => `${kind} ${name} ${phase}`).sort(), [
    'AnalysisRun smoke Pending',
    'Experiment both Pending',
  ])
  assert.deepEqual(missing, [])
})

test('an Experiment has its versions with their pods, an AnalysisRun its checks', async () => {
  const experiment = (await get('/experiments/shop/both')).body as ExperimentState
  assert.deepEqual(
    experiment.versions.map(({ name, replicaSet, images, pods }) => [name, replicaSet, ...images, pods.desired]),
    [['new', 'both-new', 'x:2', 1]],
  )
  const run = (await get('/analysisruns/shop/smoke')).body as RunState
  assert.deepEqual(
    run.checks.map(({ name, provider }) => [name, provider]),
    [['queue', 'prometheus']],
  )
  for (const path of ['/experiments/shop/gone', '/analysisruns/shop/gone']) assert.equal((await get(path)).status, 404, path)
})

test('a log is read with the rights of whoever asks, and followed until it is let go', async () => {
  await waitFor({ what: 'the log', timeoutMs: 20_000 }, async () =>
    String((await get('/pods/shop/talker/log')).body).includes('hello'),
  )
  const { headers } = await get('/pods/shop/talker/log?container=app')
  assert.match(String(headers['content-type']), /^text\/plain/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  const text = await new Promise<string>((resolve, reject) => {
    const path = `${API}/pods/shop/talker/log?follow=true`
    const request = httpsRequest(
      { host: '127.0.0.1', port: dashboard.port, path, headers: { cookie }, rejectUnauthorized: false },
      answer => {
        let read = ''
        answer.on('data', chunk => {
          read += chunk
          if (/line \d[\s\S]*line \d/.test(read)) {
            request.destroy()
            resolve(read)
          }
        })
        answer.on('error', () => undefined)
      },
    )
    request.on('error', reject)
    request.end()
  })
  assert.match(text, /^hello\n/)
})

test('what the API server refuses is told as it says it, and no name leaves its place', async () => {
  const { status, body } = await get('/pods/shop/gone/log')
  assert.deepEqual([status, (body as Problem).reason], [404, 'NotFound'])
  for (const path of ['/pods/shop/%2e%2e/log', '/pods/shop/a%2fb/log', '/pods/shop/talker/log?container=a%26b=c'])
    assert.equal((await get(path)).status, 400, path)
  assert.equal((await ask(dashboard.port, `${API}/pods/shop/talker/log`)).status, 401)
})
