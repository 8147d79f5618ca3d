/** AnalysisRuns that a person makes: Jobs, arguments from Secrets, and their end. The Jobs are said to be done by the test itself. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Job } from '../../analysis/providers/job.ts'
import type { AnalysisRun, AnalysisRunSpec } from '../../api/analysis-run.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../../api/names.ts'
import { ANALYSIS_RUNS, JOBS } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'

const TOKEN = 'correct-horse'
const TIME = '2026-03-01T12:00:00Z'

/** Of somebody else's, as far as Kubernetes' own Job controller is concerned. */
const jobSpec = {
  managedBy: 'sluice.dev/test',
  template: {
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'smoke', image: 'smoke:v1', env: [{ name: 'TOKEN', value: '{{args.token}}' }] }],
    },
  },
}

const ENDS = {
  Complete: { startTime: TIME, completionTime: TIME, conditions: ['SuccessCriteriaMet', 'Complete'] },
  Failed: { startTime: TIME, conditions: ['FailureTarget', 'Failed'] },
} as const

describe('an AnalysisRun with a Job', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'smoke', namespace: lab.namespace },
      data: { token: btoa(TOKEN) },
    }
    await apply(lab.client, [secret])
  })
  after(() => lab.stop())

  const startRun = async (name: string, more: Partial<AnalysisRunSpec> = {}): Promise<void> => {
    const run: AnalysisRun = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { name, namespace: lab.namespace, labels: { [INSTANCE_ID_LABEL]: INSTANCE_ID } },
      spec: {
        args: [{ name: 'token', valueFrom: { secretKeyRef: { name: 'smoke', key: 'token' } } }],
        metrics: [{ name: 'smoke', provider: { job: { spec: jobSpec } } }],
        ...more,
      },
    }
    await lab.client.create(ANALYSIS_RUNS, run)
  }
  const read = (name: string) => lab.client.get<AnalysisRun>(ANALYSIS_RUNS, { namespace: lab.namespace, name })
  const jobsOf = async ({ metadata }: AnalysisRun): Promise<readonly Job[]> => {
    const labelSelector = `analysisrun.argoproj.io/uid=${metadata.uid}`
    return (await lab.client.list<Job>(JOBS, { namespace: lab.namespace, labelSelector })).items
  }
  const untilJob = (name: string): Promise<Job> =>
    waitFor({ what: `the Job of ${name}` }, async () => (await jobsOf(await read(name)))[0])
  const end = async ({ metadata }: Job, how: keyof typeof ENDS): Promise<void> => {
    const { conditions, ...rest } = ENDS[how]
    const status = {
      ...rest,
      conditions: conditions.map(type => ({ type, status: 'True', message: `it is ${type}`, lastTransitionTime: TIME })),
    }
    await lab.client.patch(JOBS, { namespace: lab.namespace, name: metadata.name }, 'merge', { status }, 'status')
  }
  const untilOver = (name: string): Promise<AnalysisRun> =>
    waitFor({ what: `the end of ${name}` }, async () => {
      const run = await read(name)
      return run.status?.completedAt !== undefined && run
    })

  test('is successful with it, and the Job has the value of the Secret, which the run does not show', async () => {
    await startRun('good')
    const job = await untilJob('good')
    assert.match(JSON.stringify(job.spec), new RegExp(TOKEN))
    await end(job, 'Complete')
    const run = await untilOver('good')
    assert.equal(run.status?.phase, 'Successful')
    assert.deepEqual(run.status?.metricResults?.[0]?.measurements?.[0]?.metadata, { 'job-name': job.metadata.name })
    assert.doesNotMatch(JSON.stringify(run), new RegExp(TOKEN))
  })

  test('fails with it', async () => {
    await startRun('bad')
    await end(await untilJob('bad'), 'Failed')
    const { status } = await untilOver('bad')
    assert.equal(status?.phase, 'Failed')
    assert.match(status?.message ?? '', /^Metric "smoke" assessed Failed due to failed \(1\) > failureLimit \(0\)/)
  })

  test('gives it up when it is terminated, also by a controller that did not start it', async () => {
    await startRun('ended')
    await untilJob('ended')
    await lab.killSluice('controller')
    await lab.client.patch(ANALYSIS_RUNS, { namespace: lab.namespace, name: 'ended' }, 'merge', { spec: { terminate: true } })
    const run = await untilOver('ended')
    assert.equal(run.status?.phase, 'Successful')
    await waitFor({ what: 'the Job to be gone' }, async () => (await jobsOf(run)).every(job => job.metadata.deletionTimestamp))
  })

  test('whose Secret is not there is an error that names it', async () => {
    await startRun('without', { args: [{ name: 'token', valueFrom: { secretKeyRef: { name: 'gone', key: 'token' } } }] })
    const { status } = await untilOver('without')
    assert.deepEqual([status?.phase, status?.message], ['Error', 'Unable to resolve metric arguments: secrets "gone" not found'])
  })
})
