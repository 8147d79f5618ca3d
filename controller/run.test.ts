/** The controller as a whole, before an in-process API server that refuses what a test wants refused. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startWebServer } from '../analysis/testing/web-server.ts'
import type { AnalysisRun } from '../api/analysis-run.ts'
import type { KubeObject, ReplicaSet, Service } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import { type Cluster, startCluster } from '../cluster/start.ts'
import type { KubeClient } from '../kube/client.ts'
import { systemClock } from '../kube/clock.ts'
import { ApiError } from '../kube/errors.ts'
import { silentLogger } from '../kube/log.ts'
import { ANALYSIS_RUNS, EVENTS, EXPERIMENTS, REPLICA_SETS, ROLLOUTS, SERVICES } from '../kube/resources.ts'
import { apply, readCrds } from '../local/apply.ts'
import { freePort } from '../local/free-port.ts'
import { waitFor } from '../local/wait.ts'
import { type RunningController, runController } from './run.ts'
import { runProgram } from './run-program.ts'

const OF = 'argo-rollouts.argoproj.io/controller-instance-id'
const NAMESPACE = 'shop'
const HASH = 'rollouts-pod-template-hash'

const aTemplate = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: app, image: 'registry.example/web:v1' }] },
})

const aRollout = (name: string, labels: { [key: string]: string } = {}): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { namespace: NAMESPACE, name, labels },
  spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: aTemplate(name), strategy: { canary: {} } },
})

const anObject = (kind: string, name: string, instance: string, spec: object) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: { namespace: NAMESPACE, name, labels: { [OF]: instance } },
  spec,
})
const anExperiment = (name: string, instance: string) =>
  anObject('Experiment', name, instance, {
    templates: [{ name: 'one', selector: { matchLabels: { app: name } }, template: aTemplate(name) }],
  })
const aRun = (name: string, instance: string) =>
  anObject('AnalysisRun', name, instance, { metrics: [{ name: 'any', provider: { 'not-there': {} } }] })

/** Answers as a quota (403) or a server in trouble (500) would, by the name of the ReplicaSet. */
const refusing = (client: KubeClient): KubeClient => ({
  ...client,
  create: async (resource, object, ...rest) => {
    const { name } = object.metadata
    const status = /^refused-/.test(name) ? 403 : /^broken-/.test(name) ? 500 : undefined
    if (resource.kind === 'ReplicaSet' && status !== undefined)
      throw new ApiError({ status, reason: 'Forbidden', message: 'exceeded quota: pods' })
    return client.create(resource, object, ...rest)
  },
})

/** Somebody writes into the status just before the controller does, again and again. */
const contending = (client: KubeClient): { readonly client: KubeClient; readonly times: () => number } => {
  let times = 0
  const patch: KubeClient['patch'] = async (resource, ref, type, body, subresource) => {
    if (resource.kind === 'Rollout' && ref.name === 'contended' && subresource === 'status' && times < 12) {
      times += 1
      await client.patch(ROLLOUTS, ref, 'merge', { metadata: { annotations: { touched: String(times) } } })
    }
    return client.patch(resource, ref, type, body, subresource)
  }
  return { client: { ...client, patch }, times: () => times }
}

describe('the controller', () => {
  let stateDir: string
  let cluster: Cluster
  let controller: RunningController
  let port: number
  let plugin: Awaited<ReturnType<typeof startWebServer>>
  /** What the step plugin acme/ticket answers. */
  let answer: object = {}
  let contention: ReturnType<typeof contending>

  before(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'sluice-controller-'))
    cluster = await startCluster({ stateDir, log: silentLogger, node: false, proxy: false })
    await apply(cluster.client, readCrds(join(import.meta.dirname, '..')))
    await apply(
      cluster.client,
      [NAMESPACE, 'sluice-system'].map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    )
    port = await freePort()
    plugin = await startWebServer(() => ({ status: 200, body: answer }))
    contention = contending(refusing(cluster.client))
    controller = await runController({
      client: contention.client,
      clock: systemClock,
      log: silentLogger,
      identity: 'one',
      systemNamespace: 'sluice-system',
      host: '127.0.0.1',
      healthPort: port,
      settings: { propagationMs: 0, maxDrainMs: 0, probes: 1 },
      userRollouts: true,
      stepPlugins: { addresses: new Map([['acme/ticket', plugin.origin]]), run: runProgram },
    })
  })

  after(async () => {
    await controller.stop()
    await plugin.close()
    await cluster.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })

  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const shows = (line: string) => waitFor({ what: line }, async () => (await metrics()).includes(`${line}\n`))
  const list = async <T extends KubeObject>(resource: Parameters<KubeClient['list']>[0]): Promise<readonly T[]> =>
    (await cluster.client.list<T>(resource, { namespace: NAMESPACE })).items
  const progressing = async (name: string) => {
    const { status } = await cluster.client.get<Rollout>(ROLLOUTS, { namespace: NAMESPACE, name })
    return status?.conditions?.find(({ type }) => type === 'Progressing')
  }
  const isTold = (name: string, reason: string) =>
    waitFor({ what: `event ${reason} of ${name}` }, async () => {
      const events = await list<KubeObject & { reason: string; message: string; involvedObject: { name: string } }>(EVENTS)
      return events.find(event => event.involvedObject.name === name && event.reason === reason)
    })

  test('runs a Rollout of a user, and tells of it under Argo Rollouts’ names', async () => {
    await cluster.client.create(ROLLOUTS, aRollout('web'))
    await isTold('web', 'NewReplicaSetCreated')
    const id = `namespace="${NAMESPACE}",name="web"`
    await shows(`rollout_info{${id},strategy="canary",traffic_router="",phase="Progressing"} 1`)
    await shows(`rollout_info_replicas_desired{${id}} 2`)
    await shows(`rollout_events_total{${id},type="Normal",reason="NewReplicaSetCreated"} 1`)
    const passes = new RegExp(`^rollout_reconcile_count\\{${id}\\} [1-9]`, 'm')
    await waitFor({ what: 'the end of a pass' }, async () => passes.test(await metrics()))
  })

  test('tells of a ReplicaSet that the API server refuses, by an event and in the condition Progressing', async () => {
    await cluster.client.create(ROLLOUTS, aRollout('refused'))
    const { message } = await isTold('refused', 'ReplicaSetCreateError')
    assert.match(message, /^Failed to create new replica set "refused-\w+": exceeded quota: pods$/)
    await waitFor({ what: 'the condition' }, async () => (await progressing('refused'))?.reason === 'ReplicaSetCreateError')
    const condition = await progressing('refused')
    assert.deepEqual([condition?.status, condition?.message], ['False', message])
    await shows(`rollout_info{namespace="${NAMESPACE}",name="refused",strategy="canary",traffic_router="",phase="Error"} 1`)
  })

  test('tells of a pass that fails, by an event and in the metrics', async () => {
    await cluster.client.create(ROLLOUTS, aRollout('broken'))
    assert.match((await isTold('broken', 'ReconciliationError')).message, /exceeded quota: pods/)
    assert.match(await metrics(), new RegExp(`^rollout_reconcile_error\\{namespace="${NAMESPACE}",name="broken"\\} [1-9]`, 'm'))
  })

  test('leaves Rollouts, Experiments and AnalysisRuns with the instance id of another controller alone', async () => {
    const { client } = cluster
    await client.create(ROLLOUTS, aRollout('theirs', { [OF]: 'theirs' }))
    for (const [name, instance] of [
      ['theirs', 'theirs'],
      ['ours', 'sluice'],
    ] as const) {
      await client.create(EXPERIMENTS, anExperiment(name, instance))
      await client.create(ANALYSIS_RUNS, aRun(name, instance))
    }
    await client.create(ROLLOUTS, aRollout('ours'))
    const statusOf = (resource: Parameters<KubeClient['get']>[0], name: string) =>
      client.get<AnalysisRun>(resource, { namespace: NAMESPACE, name }).then(({ status }) => status)
    for (const resource of [ROLLOUTS, EXPERIMENTS, ANALYSIS_RUNS])
      await waitFor({ what: `the status of our ${resource.kind}` }, async () => (await statusOf(resource, 'ours')) !== undefined)
    for (const resource of [ROLLOUTS, EXPERIMENTS, ANALYSIS_RUNS]) assert.equal(await statusOf(resource, 'theirs'), undefined)
    const made = (await list<ReplicaSet>(REPLICA_SETS)).map(({ metadata }) => metadata.name)
    assert.equal(made.filter(name => name.startsWith('ours-')).length, 2)
    assert.deepEqual(
      made.filter(name => name.startsWith('theirs-')),
      [],
    )
    assert.deepEqual(
      (await metrics()).split('\n').filter(line => line.includes('name="theirs"')),
      [],
    )
  })

  test('tells that a Rollout of its own was deleted, and forgets its metrics', async () => {
    const { client } = cluster
    const id = `namespace="${NAMESPACE}",name="going"`
    await client.create(ROLLOUTS, aRollout('gone', { [OF]: 'theirs' }))
    await client.create(ROLLOUTS, aRollout('going'))
    await isTold('going', 'NewReplicaSetCreated')
    await shows(`rollout_info_replicas_desired{${id}} 2`)
    await client.delete(ROLLOUTS, { namespace: NAMESPACE, name: 'gone' })
    await client.delete(ROLLOUTS, { namespace: NAMESPACE, name: 'going' })
    assert.equal((await isTold('going', 'RolloutDeleted')).message, 'Rollout going/shop is deleted.')
    await waitFor({ what: 'its metrics to go' }, async () => !(await metrics()).includes(id))
    const told = await list<KubeObject & { involvedObject: { name: string } }>(EVENTS)
    assert.ok(told.every(({ involvedObject }) => involvedObject.name !== 'gone'))
  })

  test('is not stuck when somebody writes at the same time, and misses no promotion (#4073, #4694)', async () => {
    const { client } = cluster
    const ref = { namespace: NAMESPACE, name: 'contended' }
    const status = async () => (await client.get<Rollout>(ROLLOUTS, ref)).status
    const until = (what: string, is: (now: Rollout['status']) => boolean) => waitFor({ what }, async () => is(await status()))
    const { spec, ...rest } = aRollout('contended')
    const steps = [{ setWeight: 20 }, { pause: {} }]
    await client.create(ROLLOUTS, { ...rest, spec: { ...spec, replicas: 0, strategy: { canary: { steps } } } })
    await until('the first version', now => now?.phase === 'Healthy')
    const template = {
      ...aTemplate('contended'),
      spec: { containers: [{ name: 'contended', image: 'registry.example/web:v2' }] },
    }
    await client.patch(ROLLOUTS, ref, 'merge', { spec: { template } })
    await until('the pause', now => now?.phase === 'Paused')
    await client.patch(ROLLOUTS, ref, 'merge', { status: { pauseConditions: null } }, 'status')
    await until('the end', now => now?.phase === 'Healthy' && now.currentStepIndex === 2)
    assert.ok(contention.times() > 3, `${contention.times()} writes came first`)
  })

  test('gives a Service its own selector back that a Rollout names no more, or whose Rollout is gone', async () => {
    const { client } = cluster
    const { spec, ...rest } = aRollout('leaving')
    await client.create(ROLLOUTS, { ...rest, spec: { ...spec, strategy: { canary: { stableService: 'kept' } } } })
    const make = (name: string, rollout: string) =>
      client.create(SERVICES, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: NAMESPACE, name, annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': rollout } },
        spec: { selector: { app: 'leaving', [HASH]: 'abc' }, ports: [{ port: 80 }] },
      } as KubeObject)
    const hashOf = async (name: string) =>
      (await client.get<Service>(SERVICES, { namespace: NAMESPACE, name })).spec.selector?.[HASH]
    const loses = (name: string) => waitFor({ what: `${name} without a hash` }, async () => (await hashOf(name)) === undefined)
    await make('kept', 'leaving')
    await make('former', 'leaving')
    await loses('former')
    await make('orphan', 'not-there')
    await loses('orphan')
    assert.equal(await hashOf('kept'), 'abc')
    await client.delete(ROLLOUTS, { namespace: NAMESPACE, name: 'leaving' })
    await loses('kept')
    const { metadata } = await client.get<Service>(SERVICES, { namespace: NAMESPACE, name: 'kept' })
    assert.deepEqual(metadata.annotations ?? {}, {})
  })

  test('asks the plugin of a step, keeps its answer in the status, and has it undo its work after an abort', async () => {
    const { client } = cluster
    const ref = { namespace: NAMESPACE, name: 'planned' }
    const status = async () => (await client.get<Rollout>(ROLLOUTS, ref)).status
    const until = (what: string, is: (now: Rollout['status']) => boolean) => waitFor({ what }, async () => is(await status()))
    const steps = [{ plugin: { name: 'acme/ticket', config: { queue: 'ops' } } }, { pause: {} }]
    const { spec, ...rest } = aRollout('planned')
    // Of no pods, since there is no node: the steps are gone through all the same.
    await client.create(ROLLOUTS, { ...rest, spec: { ...spec, replicas: 0, strategy: { canary: { steps } } } })
    await until('the first version', now => now?.phase === 'Healthy')
    assert.deepEqual(plugin.asked, [])
    answer = { phase: 'Successful', message: 'ticket 7', status: { ticket: 7 } }
    const template = { ...aTemplate('planned'), spec: { containers: [{ name: 'planned', image: 'registry.example/web:v2' }] } }
    await client.patch(ROLLOUTS, ref, 'merge', { spec: { template } })
    await until('the pause after the plugin', now => now?.phase === 'Paused')
    const [run] = (await status())?.canary?.stepPluginStatuses ?? []
    assert.deepEqual([run?.phase, run?.message, run?.executions, run?.status], ['Successful', 'ticket 7', 1, { ticket: 7 }])
    answer = { message: 'closed' }
    await client.patch(ROLLOUTS, ref, 'merge', { status: { abort: true } }, 'status')
    await until('its answer', now => now?.canary?.stepPluginStatuses?.[1]?.message === 'closed')
    const asked = plugin.asked.map(({ body }) => JSON.parse(body))
    assert.deepEqual(
      asked.map(({ operation, config, status: notes, rollout }) => [operation, config, notes, rollout.metadata.name]),
      [
        ['Run', { queue: 'ops' }, undefined, 'planned'],
        ['Abort', { queue: 'ops' }, { ticket: 7 }, 'planned'],
      ],
    )
  })
})
