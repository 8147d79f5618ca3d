/** Whose objects a controller runs: those of its instance id, and with `namespaced` those of its own namespace only. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { Rollout } from '../api/rollout.ts'
import { startCluster } from '../cluster/start.ts'
import type { KubeClient } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { silentLogger } from '../kube/log.ts'
import { ANALYSIS_RUNS, ROLLOUTS } from '../kube/resources.ts'
import { apply, readCrds } from '../local/apply.ts'
import { freePort } from '../local/free-port.ts'
import { waitFor } from '../local/wait.ts'
import { runController } from './run.ts'

const OF = 'argo-rollouts.argoproj.io/controller-instance-id'
const OWN = 'sluice-system'

const labelled = (instance: string | undefined) => (instance === undefined ? {} : { labels: { [OF]: instance } })

/** Of no pods, since there is no node. */
const aRollout = (namespace: string, name: string, instance?: string): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { namespace, name, ...labelled(instance) },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: 'registry.example/web:v1' }] } },
    strategy: { canary: { steps: [{ analysis: { templates: [{ templateName: 'smoke' }] } }] } },
  },
})

const smoke = (namespace: string) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { namespace, name: 'smoke' },
  spec: { metrics: [{ name: 'any', count: 1, provider: { plugin: { 'acme/none': {} } } }] },
})

const withController = async (
  options: { readonly instanceId?: string; readonly namespaced?: boolean },
  body: (client: KubeClient) => Promise<void>,
): Promise<void> => {
  const stateDir = mkdtempSync(join(tmpdir(), 'sluice-scope-'))
  const cluster = await startCluster({ stateDir, log: silentLogger, node: false, proxy: false })
  const { client } = cluster
  await apply(client, readCrds(join(import.meta.dirname, '..')))
  await apply(
    client,
    [OWN, 'shop'].map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  )
  await apply(client, [OWN, 'shop'].map(smoke))
  const controller = await runController({
    client,
    clock: systemClock,
    log: silentLogger,
    identity: 'one',
    systemNamespace: OWN,
    host: '127.0.0.1',
    healthPort: await freePort(),
    settings: { propagationMs: 0, maxDrainMs: 0, probes: 1 },
    userRollouts: true,
    ...options,
  })
  try {
    await body(client)
  } finally {
    await controller.stop()
    await cluster.stop()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

const statusOf = async (client: KubeClient, namespace: string, name: string) =>
  (await client.get<Rollout>(ROLLOUTS, { namespace, name })).status

const isHealthy = (client: KubeClient, namespace: string, name: string) =>
  waitFor({ what: `${name} to be healthy` }, async () => (await statusOf(client, namespace, name))?.phase === 'Healthy')

test('a controller with an instance id runs what carries it, and marks its analyses with it', () =>
  withController({ instanceId: 'team-a' }, async client => {
    await client.create(ROLLOUTS, aRollout('shop', 'nobody'))
    await client.create(ROLLOUTS, aRollout('shop', 'theirs', 'team-b'))
    await client.create(ROLLOUTS, aRollout('shop', 'ours', 'team-a'))
    await isHealthy(client, 'shop', 'ours')
    assert.deepEqual([await statusOf(client, 'shop', 'nobody'), await statusOf(client, 'shop', 'theirs')], [undefined, undefined])
    const template = { spec: { containers: [{ name: 'ours', image: 'registry.example/web:v2' }] } }
    await client.patch(ROLLOUTS, { namespace: 'shop', name: 'ours' }, 'merge', { spec: { template } })
    const run = await waitFor({ what: 'an analysis that was looked at' }, async () => {
      const { items } = await client.list<AnalysisRun>(ANALYSIS_RUNS, { namespace: 'shop' })
      return items.find(({ status }) => status?.phase !== undefined)
    })
    assert.equal(run.metadata.labels?.[OF], 'team-a')
  }))

test('a namespaced controller leaves other namespaces alone, and knows no template of the cluster', () =>
  withController({ namespaced: true }, async client => {
    await client.create(ROLLOUTS, aRollout('shop', 'elsewhere'))
    await client.create(ROLLOUTS, aRollout(OWN, 'here'))
    await isHealthy(client, OWN, 'here')
    assert.equal(await statusOf(client, 'shop', 'elsewhere'), undefined)
    const { spec, ...rest } = aRollout(OWN, 'wide')
    const steps = [{ analysis: { templates: [{ templateName: 'smoke', clusterScope: true }] } }]
    await client.create(ROLLOUTS, { ...rest, spec: { ...spec, strategy: { canary: { steps } } } })
    await waitFor({ what: 'what is missing' }, async () =>
      /ClusterAnalysisTemplate 'smoke' not found/.test((await statusOf(client, OWN, 'wide'))?.message ?? ''),
    )
  }))
