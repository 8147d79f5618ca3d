/** Canaries of users' Rollouts judged by analyses: real controller, real AnalysisRuns. Jobs are said to be done by the test itself. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Job } from '../../analysis/providers/job.ts'
import type { AnalysisRun, AnalysisTemplate } from '../../api/analysis-run.ts'
import type { CanaryStrategy, Rollout } from '../../api/rollout.ts'
import { ANALYSIS_RUNS, ANALYSIS_TEMPLATES, JOBS, ROLLOUTS } from '../../kube/resources.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment } from './objects.ts'
import { statusWait } from './status.ts'

const TIME = '2026-03-01T12:00:00Z'

/** A Job that only the test ends. */
const SMOKE = {
  managedBy: 'sluice.dev/test',
  template: { spec: { restartPolicy: 'Never', containers: [{ name: 'smoke', image: 'smoke:v1', args: ['{{args.hash}}'] }] } },
}

const analysisTemplate = (namespace: string, name: string, spec: AnalysisTemplate['spec']): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name, namespace },
  spec,
})

describe('a Rollout of a user with analyses', { concurrency: 3 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
    const { client, namespace } = lab
    await client.create(
      ANALYSIS_TEMPLATES,
      analysisTemplate(namespace, 'smoke', {
        args: [{ name: 'hash' }],
        metrics: [{ name: 'smoke', provider: { job: { spec: SMOKE } } }],
      }),
    )
    // Nobody listens there: the measurement is an error each time.
    const web = { url: 'http://127.0.0.1:9/' }
    const metrics = [{ name: 'down', interval: '1s', consecutiveErrorLimit: 0, provider: { web } }]
    await client.create(ANALYSIS_TEMPLATES, analysisTemplate(namespace, 'down', { metrics }))
  })
  after(() => lab.stop())

  const templateOf = (name: string, version: string) => aDeployment({ name, namespace: lab.namespace, version }).spec.template

  const shipV2Of = async (name: string, canary: CanaryStrategy) => {
    const { client, namespace } = lab
    const ref = { namespace, name }
    const rollout: Rollout = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: ref,
      spec: {
        replicas: 4,
        selector: { matchLabels: { app: name } },
        template: templateOf(name, 'v1'),
        strategy: { canary: { maxSurge: 1, maxUnavailable: 0, ...canary } },
      },
    }
    await client.create(ROLLOUTS, rollout)
    const until = statusWait(name, async () => (await client.get<Rollout>(ROLLOUTS, ref)).status ?? {})
    const { currentPodHash: v1 } = await until('the first version', ({ phase }) => phase === 'Healthy')
    await client.patch(ROLLOUTS, ref, 'merge', { spec: { template: templateOf(name, 'v2') } })
    return {
      v1,
      until,
      steer: (wish: object) => client.patch(ROLLOUTS, ref, 'merge', { status: wish }, 'status'),
      run: (run: string) => client.get<AnalysisRun>(ANALYSIS_RUNS, { namespace, name: run }),
      events: () => lab.kubectl('get', 'events', '--field-selector', `involvedObject.name=${name}`),
    }
  }

  const endJob = async (run: AnalysisRun): Promise<Job> => {
    const { client, namespace } = lab
    const labelSelector = `analysisrun.argoproj.io/uid=${run.metadata.uid}`
    const job = await waitFor({ what: `the Job of ${run.metadata.name}` }, async () => {
      return (await client.list<Job>(JOBS, { namespace, labelSelector })).items[0]
    })
    const conditions = ['SuccessCriteriaMet', 'Complete'].map(type => ({
      type,
      status: 'True',
      message: `it is ${type}`,
      lastTransitionTime: TIME,
    }))
    const status = { startTime: TIME, completionTime: TIME, conditions }
    await client.patch(JOBS, { namespace, name: job.metadata.name }, 'merge', { status }, 'status')
    return job
  }

  test('waits at the step for its run, which measures the newest version, and goes on when it is successful', async () => {
    const args = [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' as const } }]
    const web = await shipV2Of('ro-judged', {
      steps: [{ setWeight: 25 }, { analysis: { templates: [{ templateName: 'smoke' }], args } }, { pause: {} }],
    })
    const at = await web.until('the run', ({ canary }) => canary?.currentStepAnalysisRunStatus !== undefined)
    const name = at.canary?.currentStepAnalysisRunStatus?.name ?? ''
    assert.equal(name, `ro-judged-${at.currentPodHash}-2-1`)
    assert.equal(at.currentStepIndex, 1)
    const job = await endJob(await web.run(name))
    assert.match(JSON.stringify(job.spec), new RegExp(`"${at.currentPodHash}"`))
    await web.until('the pause', ({ phase, currentStepIndex }) => phase === 'Paused' && currentStepIndex === 2)
    assert.equal((await web.run(name)).status?.phase, 'Successful')
    assert.match(await web.events(), /Rollout step 2\/3 completed \(analysis\)/)
  })

  test('is aborted by an analysis in the background, with the stable version at its full size', async () => {
    const web = await shipV2Of('ro-refused', {
      analysis: { templates: [{ templateName: 'down' }] },
      steps: [{ setWeight: 25 }, { pause: {} }],
    })
    const { message, stableRS } = await web.until('the abort', ({ abort, phase }) => abort === true && phase === 'Degraded')
    assert.match(message ?? '', /Rollout aborted update to revision 2: Background analysis phase error\/failed: /)
    assert.equal(stableRS, web.v1)
    await web.until('all pods of v1', ({ availableReplicas, replicas }) => availableReplicas === 4 && replicas === 4)
  })

  test('says that a template is not there before anything moves', async () => {
    const web = await shipV2Of('ro-absent', { steps: [{ setWeight: 25 }] })
    await web.until('the second version', ({ phase, stableRS }) => phase === 'Healthy' && stableRS !== web.v1)
    const analysis = { templates: [{ templateName: 'nowhere' }] }
    const ref = { namespace: lab.namespace, name: 'ro-absent' }
    await lab.client.patch(ROLLOUTS, ref, 'merge', { spec: { strategy: { canary: { steps: [{ analysis }] } } } })
    const { message } = await web.until('the condition', ({ phase }) => phase === 'Degraded')
    assert.match(
      message ?? '',
      /steps\[0\]\.analysis\.templates: Invalid value: "nowhere": AnalysisTemplate 'nowhere' not found$/,
    )
  })
})
