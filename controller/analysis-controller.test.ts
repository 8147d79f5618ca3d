import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Measured } from '../analysis/measured.ts'
import type { AnalysisRun, AnalysisRunSpec } from '../api/analysis-run.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../api/names.ts'
import type { KubeClient } from '../kube/client.ts'
import { ApiError } from '../kube/errors.ts'
import { makeLogger } from '../kube/log.ts'
import { makeAnalysisController } from './analysis-controller.ts'
import { isMadeInScope } from './scope.ts'

const START = Date.parse('2026-03-01T12:00:00Z')
const KEY = 'default/web-1'

const applyMerge = (target: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = typeof target === 'object' && target !== null ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = applyMerge(result[key], value)
  }
  return result
}

const refused = (status: number, reason: string) => new ApiError({ status, reason, message: reason })

/** One AnalysisRun on a server, and a cache of it that lags until told. */
const makeStage = (spec: Partial<AnalysisRunSpec> = {}, more: { readonly labels?: { readonly [key: string]: string } } = {}) => {
  const first: AnalysisRun = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: 'web-1',
      namespace: 'default',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2026-03-01T11:59:50Z',
      labels: more.labels ?? { [INSTANCE_ID_LABEL]: INSTANCE_ID },
    },
    spec: {
      metrics: [
        {
          name: 'rate',
          interval: '10s',
          provider: {
            plugin: { 'sluice/router': { deployment: 'web', canaryHash: 'n', stableHash: 'o', check: 'success-rate >= 99%' } },
          },
        },
      ],
      ...spec,
    },
  }
  const stage = {
    now: START,
    server: first as AnalysisRun | undefined,
    cache: first as AnalysisRun | undefined,
    writes: [] as unknown[],
    events: [] as string[],
    measured: { kind: 'verdict', verdict: { phase: 'Running', value: 'v', message: '10 more needed' } } as Measured,
    ended: [] as number[],
    asked: [] as { readonly since: number; readonly passedBefore: boolean }[],
    sync: () => {
      stage.cache = stage.server
    },
    change: (patch: unknown) => {
      const changed = applyMerge(stage.server, patch) as AnalysisRun
      stage.server = {
        ...changed,
        metadata: { ...changed.metadata, resourceVersion: String(Number(changed.metadata.resourceVersion) + 1) },
      }
      return stage.server
    },
  }
  const client: Pick<KubeClient, 'patch' | 'delete'> = {
    patch: async (_resource, ref, type, body, subresource) => {
      assert.deepEqual([ref, type, subresource], [{ namespace: 'default', name: 'web-1' }, 'merge', undefined])
      if (!stage.server) throw refused(404, 'NotFound')
      const { metadata } = body as { metadata: { resourceVersion: string } }
      if (metadata.resourceVersion !== stage.server.metadata.resourceVersion) throw refused(409, 'Conflict')
      stage.writes.push(body)
      return stage.change(body) as never
    },
    delete: async (_resource, _ref, options) => {
      assert.equal(options?.uid, 'u1')
      stage.server = undefined
    },
  }
  const step = makeAnalysisController({
    isOurs: run => isMadeInScope(run, { userRollouts: false }),
    client: client as KubeClient,
    runs: { get: (namespace, name) => (`${namespace}/${name}` === KEY ? stage.cache : undefined) },
    measure: {
      measure: async ({ since, passedBefore }) => {
        stage.asked.push({ since, passedBefore })
        return stage.measured
      },
      end: async ({ number }) => {
        stage.ended.push(number)
        return { kind: 'phase', phase: 'Successful', message: 'measurement terminated' }
      },
      describe: () => ({}),
    },
    events: { record: (_about, { type, reason }) => void stage.events.push(`${type} ${reason}`) },
    clock: { now: () => stage.now },
    log: makeLogger({ component: 'test', level: 'error' }),
  })
  return { stage, step: () => step(KEY) }
}

const verdict = (phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Running', message: string): Measured => ({
  kind: 'verdict',
  verdict: { phase, value: 'v', message },
})

describe('the AnalysisRun controller', () => {
  test('starts a run, judges from when it was made, and looks again half a second later', async () => {
    const { stage, step } = makeStage()
    assert.deepEqual(await step(), { afterMs: 500 })
    assert.deepEqual(stage.asked, [{ since: Date.parse('2026-03-01T11:59:50Z'), passedBefore: false }])
    assert.equal(stage.server?.status?.phase, 'Running')
    assert.equal(stage.server?.status?.startedAt, '2026-03-01T12:00:00Z')
    assert.deepEqual(stage.server?.status?.metricResults, [{ name: 'rate', phase: 'Running', message: '10 more needed' }])
  })

  test('writes a changing message every ten seconds only', async () => {
    const { stage, step } = makeStage()
    for (let i = 0; i < 80; i += 1) {
      stage.measured = verdict('Running', `${80 - i} more needed`)
      await step()
      stage.sync()
      stage.now += 500
    }
    assert.equal(stage.writes.length, 4)
  })

  test('writes a failure at once, with events, and then leaves the run alone', async () => {
    const { stage, step } = makeStage()
    await step()
    stage.sync()
    stage.now += 500
    stage.measured = verdict('Failed', 'canary 20% of 20 failed')
    assert.deepEqual(await step(), {})
    assert.equal(stage.server?.status?.phase, 'Failed')
    assert.equal(
      stage.server?.status?.message,
      'Metric "rate" assessed Failed due to failed (1) > failureLimit (0): "Error Message: canary 20% of 20 failed"',
    )
    assert.deepEqual(stage.events, ['Warning MetricFailed', 'Warning AnalysisRunFailed'])
    stage.sync()
    const asked = stage.asked.length
    assert.deepEqual(await step(), {})
    assert.equal(stage.asked.length, asked)
    assert.equal(stage.writes.length, 2)
  })

  test('goes on from its own write while the cache lags', async () => {
    const { stage, step } = makeStage()
    stage.measured = verdict('Successful', 'good')
    for (let i = 0; i < 10; i += 1) {
      await step()
      stage.now += 500
    }
    assert.equal(stage.writes.length, 1)
    assert.equal(stage.server?.status?.metricResults?.[0]?.count, 1)
    assert.equal(stage.asked.at(-1)?.passedBefore, true)
  })

  test('a restart loses nothing: another process goes on from the status', async () => {
    const { stage, step } = makeStage()
    stage.measured = verdict('Successful', 'good')
    await step()
    const second = makeStage()
    second.stage.server = stage.server
    second.stage.cache = stage.server
    second.stage.now = START + 10_000
    second.stage.measured = stage.measured
    await second.step()
    assert.equal(second.stage.server?.status?.metricResults?.[0]?.count, 2)
    assert.equal(second.stage.server?.status?.startedAt, '2026-03-01T12:00:00Z')
  })

  test('tries again when somebody changed the run meanwhile, and then sees the change', async () => {
    const { stage, step } = makeStage()
    stage.change({ spec: { terminate: true } })
    assert.deepEqual(await step(), { afterMs: 50 })
    stage.sync()
    assert.deepEqual(await step(), {})
    assert.equal(stage.server?.status?.phase, 'Successful')
    assert.equal(stage.server?.status?.message, 'Run Terminated')
  })

  test('deletes a run when its time to live is over', async () => {
    const { stage, step } = makeStage({ ttlStrategy: { secondsAfterFailure: 60 } })
    stage.measured = verdict('Failed', 'bad')
    await step()
    stage.sync()
    assert.deepEqual(await step(), { afterMs: 60_000 })
    stage.now += 60_000
    await step()
    assert.equal(stage.server, undefined)
  })

  test('leaves the runs of an Argo Rollouts controller alone', async () => {
    const { stage, step } = makeStage({}, { labels: {} })
    assert.deepEqual(await step(), {})
    assert.deepEqual([stage.asked, stage.writes], [[], []])
  })

  test('has nothing to do with a run that is gone or going', async () => {
    const { stage, step } = makeStage()
    stage.server = undefined
    assert.deepEqual(await step(), {})
    stage.cache = undefined
    assert.deepEqual(await step(), {})
    const going = makeStage()
    going.stage.change({ metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } })
    going.stage.sync()
    assert.deepEqual(await going.step(), {})
    assert.deepEqual(going.stage.asked, [])
  })

  test('a metric whose provider is not there ends in an error after five tries', async () => {
    const { stage, step } = makeStage({ metrics: [{ name: 'up', provider: { prometheus: { query: 'up' } } }] })
    stage.measured = { kind: 'error', message: 'provider "prometheus" is not available in this version' }
    for (let i = 0; i < 5; i += 1) {
      await step()
      stage.sync()
      stage.now += 10_000
    }
    assert.equal(stage.server?.status?.phase, 'Error')
    assert.match(
      stage.server?.status?.message ?? '',
      /consecutiveErrors \(5\) > consecutiveErrorLimit \(4\): "Error Message: provider "prometheus" is not available/,
    )
  })

  test('asks again for a measurement that takes its time, and gives it up when the run is to end', async () => {
    const { stage, step } = makeStage({ metrics: [{ name: 'smoke', provider: { job: { spec: {} } } }] })
    stage.measured = { kind: 'pending', metadata: { 'job-name': 'u1.smoke.1' }, afterMs: 5000 }
    assert.deepEqual(await step(), { afterMs: 5000 })
    stage.now += 5000
    // The cache lags; what was begun is known all the same, and a look that tells nothing new is not written.
    assert.deepEqual(await step(), { afterMs: 5000 })
    assert.deepEqual([stage.asked.length, stage.writes.length], [2, 1])
    stage.change({ spec: { terminate: true } })
    stage.sync()
    await step()
    assert.deepEqual([stage.asked.length, stage.ended], [2, [1]])
    assert.equal(stage.server?.status?.phase, 'Successful')
    const [measurement] = stage.server?.status?.metricResults?.[0]?.measurements ?? []
    assert.deepEqual(measurement?.metadata, { 'job-name': 'u1.smoke.1' })
    assert.ok(measurement?.finishedAt)
  })

  test('an error of the API server is not swallowed', async () => {
    const { stage } = makeStage()
    const failing = makeAnalysisController({
      isOurs: run => isMadeInScope(run, { userRollouts: false }),
      client: { patch: async () => Promise.reject(refused(500, 'InternalError')) } as unknown as KubeClient,
      runs: { get: () => stage.cache },
      measure: { measure: async () => stage.measured, end: async () => stage.measured, describe: () => ({}) },
      events: { record: () => undefined },
      clock: { now: () => START },
      log: makeLogger({ component: 'test', level: 'error' }),
    })
    await assert.rejects(failing(KEY), { status: 500 })
  })
})
