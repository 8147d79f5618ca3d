/** Experiments: real controller, real ReplicaSets, pods, Services and AnalysisRuns; alone, and as a step of a Rollout. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { AnalysisRun, AnalysisTemplate } from '../../api/analysis-run.ts'
import type { Experiment, ExperimentSpec, ExperimentStatus } from '../../api/experiment.ts'
import type { ReplicaSet, Service } from '../../api/kubernetes.ts'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import { ANALYSIS_RUNS, ANALYSIS_TEMPLATES, EXPERIMENTS, REPLICA_SETS, ROLLOUTS, SERVICES } from '../../kube/resources.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment } from './objects.ts'
import { statusWait } from './status.ts'

/** An address where nobody listens: the measurement is an error each time. */
const analysisTemplate = (name: string, namespace: string): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name, namespace },
  spec: {
    args: [{ name: 'hash', value: '' }],
    metrics: [
      { name: 'down', interval: '1s', consecutiveErrorLimit: 0, provider: { web: { url: 'http://127.0.0.1:9/{{args.hash}}' } } },
    ],
  },
})

describe('an Experiment', { concurrency: 3 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
    await lab.client.create(ANALYSIS_TEMPLATES, analysisTemplate('down', lab.namespace))
  })
  after(() => lab.stop())

  const template = (name: string, more: Partial<ExperimentSpec['templates'][number]> = {}, broken = false) => {
    const { spec } = aDeployment({ name, namespace: lab.namespace, version: name, broken })
    const containers = spec.template.spec.containers.map(one => ({ ...one, ports: [{ name: 'http', containerPort: 8080 }] }))
    const pods = { ...spec.template, spec: { ...spec.template.spec, containers } }
    return { name, selector: spec.selector, template: pods, ...more }
  }

  const start = async (name: string, spec: ExperimentSpec) => {
    const { client, namespace } = lab
    const ref = { namespace, name }
    await client.create<Experiment>(EXPERIMENTS, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Experiment',
      metadata: ref,
      spec,
    })
    const status = async () => (await client.get<Experiment>(EXPERIMENTS, ref)).status ?? {}
    return {
      status,
      patch: (change: object) => client.patch(EXPERIMENTS, ref, 'merge', { spec: change }),
      size: async (of: string) =>
        (await client.get<ReplicaSet>(REPLICA_SETS, { namespace, name: `${name}-${of}` })).spec.replicas,
      events: () => lab.kubectl('get', 'events', '--field-selector', `involvedObject.name=${name}`),
      until: statusWait<ExperimentStatus>(name, status),
    }
  }

  test('runs its versions side by side for its duration, one with a Service, and takes all of that down', async () => {
    const { client, namespace } = lab
    const services = async () => (await client.list<Service>(SERVICES, { namespace })).items.map(({ metadata }) => metadata.name)
    const pair = await start('exp-pair', {
      templates: [template('ex-a', { service: {} }), template('ex-b', { replicas: 2 })],
      duration: '5s',
      scaleDownDelaySeconds: 0,
    })
    const running = await pair.until('both available', ({ phase }) => phase === 'Running')
    assert.deepEqual(
      running.templateStatuses?.map(({ name, availableReplicas }) => [name, availableReplicas]),
      [
        ['ex-a', 1],
        ['ex-b', 2],
      ],
    )
    await waitFor({ what: 'its Service' }, async () => (await services()).includes('exp-pair-ex-a'))
    await pair.until('its end', ({ phase }) => phase === 'Successful')
    await waitFor({ what: 'no pods' }, async () => (await pair.size('ex-a')) === 0 && (await pair.size('ex-b')) === 0)
    const told = [/Experiment transitioned from Running -> Successful/, /Template 'ex-b' transitioned from Running -> Successful/]
    await waitFor({ what: 'its events' }, async () => {
      const events = await pair.events()
      return told.every(text => text.test(events))
    })
    await waitFor({ what: 'no Service' }, async () => !(await services()).includes('exp-pair-ex-a'))
  })

  test('fails with its analysis, whose run knows the versions, and its pods go after their delay', async () => {
    const { client, namespace } = lab
    const failing = await start('exp-failing', {
      templates: [template('ex-c')],
      analyses: [{ name: 'check', templateName: 'down', args: [{ name: 'hash', value: '{{templates.ex-c.podTemplateHash}}' }] }],
      scaleDownDelaySeconds: 1,
    })
    const { analysisRuns } = await failing.until('its end', ({ phase }) => phase === 'Error')
    const run = await client.get<AnalysisRun>(ANALYSIS_RUNS, { namespace, name: analysisRuns?.[0]?.analysisRun ?? '' })
    assert.equal(run.metadata.name, 'exp-failing-check')
    const set = await client.get<ReplicaSet>(REPLICA_SETS, { namespace, name: 'exp-failing-ex-c' })
    assert.deepEqual(run.spec.args, [{ name: 'hash', value: set.metadata.labels?.['rollouts-pod-template-hash'] }])
    await waitFor({ what: 'no pods' }, async () => (await failing.size('ex-c')) === 0)
    const told = /Warning.*AnalysisRun 'check' transitioned from \w+ -> Error/
    await waitFor({ what: 'its event' }, async () => told.test(await failing.events()))
  })

  test('fails when a version is not available by the deadline', async () => {
    const late = await start('exp-late', { templates: [template('ex-d', {}, true)], progressDeadlineSeconds: 3 })
    const { message } = await late.until('its end', ({ phase }) => phase === 'Failed')
    assert.equal(message, "Template 'ex-d' exceeded its progressDeadlineSeconds (3)")
  })

  test('is ended by a person, and starts again as kubectl argo rollouts retries it', async () => {
    const ended = await start('exp-ended', { templates: [template('ex-e')], scaleDownDelaySeconds: 0 })
    await ended.until('running', ({ phase }) => phase === 'Running')
    await ended.patch({ terminate: true })
    await ended.until('its end', ({ phase }) => phase === 'Successful')
    await waitFor({ what: 'no pods' }, async () => (await ended.size('ex-e')) === 0)
    await ended.patch({ terminate: null })
    const ref = { namespace: lab.namespace, name: 'exp-ended' }
    await lab.client.patch(EXPERIMENTS, ref, 'merge', { status: null })
    await ended.until('running again', ({ phase }) => phase === 'Running')
  })

  test('whose ReplicaSet would have a name that is taken says so', async () => {
    const { client, namespace } = lab
    const { spec } = aDeployment({ name: 'taken', namespace, replicas: 0 })
    const metadata = { name: 'exp-taken-ex-f', namespace }
    await client.create<ReplicaSet>(REPLICA_SETS, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata,
      spec: { ...spec, replicas: 0 },
    })
    const taken = await start('exp-taken', { templates: [template('ex-f')] })
    const { message } = await taken.until('the error', ({ phase }) => phase === 'Error')
    assert.match(message ?? '', /^Failed to create ReplicaSet for template 'ex-f': .*already exists/)
  })

  test('is left alone when it is marked for another controller', async () => {
    const { client, namespace } = lab
    const labels = { 'argo-rollouts.argoproj.io/controller-instance-id': 'theirs' }
    const metadata = { name: 'exp-theirs', namespace, labels }
    const spec = { templates: [template('ex-g')] }
    await client.create<Experiment>(EXPERIMENTS, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', metadata, spec })
    const ours = await start('exp-ours', { templates: [template('ex-h')] })
    await ours.until('running', ({ phase }) => phase === 'Running')
    assert.equal((await client.get<Experiment>(EXPERIMENTS, { namespace, name: 'exp-theirs' })).status, undefined)
  })

  const ship = async (name: string, analysed: boolean) => {
    const { client, namespace } = lab
    const ref = { namespace, name }
    const templates = [
      { name: 'baseline', specRef: 'stable' as const },
      { name: 'candidate', specRef: 'canary' as const },
    ]
    const experiment = analysed
      ? { templates, analyses: [{ name: 'check', templateName: 'down' }] }
      : { templates, duration: '3s' }
    const templateOf = (version: string) => aDeployment({ name, namespace, version }).spec.template
    await client.create<Rollout>(ROLLOUTS, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: ref,
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: templateOf('v1'),
        strategy: { canary: { steps: [{ experiment }] } },
      },
    })
    const read = async () => (await client.get<Rollout>(ROLLOUTS, ref)).status ?? {}
    const until = (what: string, is: (status: RolloutStatus) => boolean) =>
      waitFor({ what: `${name}: ${what}`, timeoutMs: 120_000 }, async () => {
        const status = await read()
        return is(status) && status
      })
    const { currentPodHash } = await until('the first version', ({ phase }) => phase === 'Healthy')
    await client.patch(ROLLOUTS, ref, 'merge', { spec: { template: templateOf('v2') } })
    return {
      until: (what: string, is: (status: RolloutStatus) => boolean) =>
        until(what, one => one.currentPodHash !== currentPodHash && is(one)),
    }
  }

  test('that is a step of a Rollout is made, followed, and completes the step', async () => {
    const web = await ship('ro-exp', false)
    const { canary } = await web.until('its Experiment', status => status.canary?.currentExperiment !== undefined)
    assert.match(canary?.currentExperiment ?? '', /^ro-exp-[a-z0-9]+-2-0$/)
    await web.until('promotion', ({ phase }) => phase === 'Healthy')
    const told = [/Created Experiment 'ro-exp-[a-z0-9]+-2-0'/, /Rollout step 1\/1 completed \(experiment\)/]
    await waitFor({ what: 'its events' }, async () => {
      const events = await lab.kubectl('get', 'events', '--field-selector', 'involvedObject.name=ro-exp')
      return told.every(text => text.test(events))
    })
  })

  test('that is a step of a Rollout and fails aborts it', async () => {
    const web = await ship('ro-exp-bad', true)
    const { message } = await web.until('the abort', ({ abort }) => abort === true)
    assert.match(
      message ?? '',
      /^RolloutAborted: Rollout aborted update to revision 2: Experiment analysis phase is error\/failed: /,
    )
  })
})
