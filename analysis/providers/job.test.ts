import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeProvider } from '../testing/conformance.ts'
import { shown } from '../testing/provider-lab.ts'
import { FIRST } from '../testing/runs.ts'
import { type Job, type JobSource, jobName, makeJobProvider } from './job.ts'
import type { MeasureRequest } from './provider.ts'

const SPEC = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'smoke', image: 'smoke:v1' }] } } }

const makeStage = () => {
  const jobs = new Map<string, Job>()
  const stage = { jobs, badImage: undefined as string | undefined, broken: false }
  const reach = <T>(value: T): T => {
    if (stage.broken) throw new Error('job create u1.m.1: the API server does not answer')
    return value
  }
  const source: JobSource = {
    create: async job => void reach(jobs.set(job.metadata.name, job)),
    get: async (_, name) => reach(jobs.get(name)),
    badImage: async () => stage.badImage,
    delete: async (_, name) => void reach(jobs.delete(name)),
  }
  const end = (name: string, type: string, message?: string): void => {
    const job = jobs.get(name)
    assert.ok(job)
    jobs.set(name, { ...job, status: { conditions: [{ type, status: 'True', ...(message !== undefined && { message }) }] } })
  }
  return { stage, end, provider: makeJobProvider(source) }
}

const request = (more: Partial<MeasureRequest> = {}): MeasureRequest => ({
  namespace: 'shop',
  ...FIRST,
  metric: { name: 'm', provider: { job: { spec: SPEC } } },
  config: { spec: SPEC },
  since: 0,
  passedBefore: false,
  now: 0,
  ...more,
})

describeProvider('job', async () => {
  const { stage, provider } = makeStage()
  return {
    provider,
    config: { spec: SPEC },
    breakBackend: () => {
      stage.broken = true
    },
  }
})

describe('a Job', () => {
  test('is made in the namespace of the run, is its own, and carries Argo Rollouts’ marks', async () => {
    const { stage, provider } = makeStage()
    const config = { spec: SPEC, metadata: { labels: { team: 'shop' }, annotations: { note: 'x' } } }
    assert.deepEqual(await provider.measure(request({ config })), {
      kind: 'pending',
      metadata: { 'job-name': 'u1.m.1' },
      afterMs: 5000,
    })
    const job = stage.jobs.get('u1.m.1')
    assert.deepEqual(job?.spec, SPEC)
    assert.deepEqual(job?.metadata, {
      name: 'u1.m.1',
      namespace: 'shop',
      labels: { team: 'shop', 'analysisrun.argoproj.io/uid': 'u1' },
      annotations: { note: 'x', 'analysisrun.argoproj.io/name': 'web-1', 'analysisrun.argoproj.io/metric-name': 'm' },
      ownerReferences: [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AnalysisRun',
          name: 'web-1',
          uid: 'u1',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    })
  })

  const begun = { 'job-name': 'u1.m.1' }

  test('is waited for, and its end is the measurement', async () => {
    for (const [type, words] of [
      ['Complete', 'Successful'],
      ['Failed', 'Failed  backoff limit reached'],
    ] as const) {
      const { end, provider } = makeStage()
      await provider.measure(request())
      assert.match(shown(await provider.measure(request({ begun }))), /^pending/)
      end('u1.m.1', type, type === 'Failed' ? 'backoff limit reached' : undefined)
      assert.equal(shown(await provider.measure(request({ begun }))), words)
    }
  })

  test('whose image cannot be had tells nothing of the version, and is deleted', async () => {
    const { stage, provider } = makeStage()
    await provider.measure(request())
    stage.badImage = 'Back-off pulling image "smoke:v1"'
    assert.equal(shown(await provider.measure(request({ begun }))), 'Inconclusive  Back-off pulling image "smoke:v1"')
    assert.equal(stage.jobs.size, 0)
  })

  test('that is gone is an error', async () => {
    const { provider } = makeStage()
    assert.equal(shown(await provider.measure(request({ begun }))), 'jobs.batch "u1.m.1" not found')
  })

  test('is deleted when the run ends', async () => {
    const { stage, provider } = makeStage()
    await provider.measure(request())
    assert.equal(shown((await provider.end?.(request({ begun }))) ?? assert.fail()), 'Successful  measurement terminated')
    assert.equal(stage.jobs.size, 0)
  })

  test('is deleted when its measurement is no longer kept', async () => {
    const { stage, provider } = makeStage()
    for (const number of [1, 2, 3]) await provider.measure(request({ number, kept: 2 }))
    assert.deepEqual([...stage.jobs.keys()], ['u1.m.2', 'u1.m.3'])
  })

  test('has a name that Kubernetes takes, whatever the metric is called, and no two metrics share one', () => {
    const uid = '0f3c1c4e-6f1a-4b5e-9a52-3f6f7f0b9f11'
    assert.equal(jobName(uid, 'smoke', 1), `${uid}.smoke.1`)
    const names = [
      'success rate >= 99%',
      'Success Rate',
      '—',
      'a-very-long-name-that-does-not-fit',
      'a-very-long-name-that-does-not-fit-2',
    ].map(metric => jobName(uid, metric, 120))
    for (const name of names) assert.match(name, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/)
    assert.ok(names.every(name => name.length <= 63))
    assert.equal(new Set(names).size, names.length)
  })
})
