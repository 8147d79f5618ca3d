/** Blue-green Rollouts that users wrote: real controller, real ReplicaSets, Services and pods, and users who ask all the time. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Job } from '../../analysis/providers/job.ts'
import type { AnalysisRun, AnalysisTemplate } from '../../api/analysis-run.ts'
import type { ReplicaSet, Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import type { BlueGreenStrategy, Rollout, RolloutStatus } from '../../api/rollout.ts'
import { isDropped } from '../../demo/tally.ts'
import { startTraffic } from '../../demo/traffic.ts'
import { ANALYSIS_RUNS, JOBS, REPLICA_SETS, ROLLOUTS, SERVICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment, aService } from './objects.ts'
import { sizesByVersion, statusWait } from './status.ts'
import { untilAnswered } from './subject.ts'

const RATE = 50
const TIME = '2026-03-01T12:00:00Z'

type More = { readonly strategy?: Partial<BlueGreenStrategy>; readonly serves?: boolean }

const healthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const paused = ({ phase, message }: RolloutStatus) => phase === 'Paused' && message === 'BlueGreenPause'
const aborted = ({ phase, abort }: RolloutStatus) => phase === 'Degraded' && abort === true

/** A template whose only metric is a Job of somebody else's, which the test ends itself. */
const smoke = (namespace: string): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'smoke', namespace },
  spec: {
    args: [{ name: 'hash' }],
    metrics: [
      {
        name: 'smoke',
        provider: {
          job: {
            spec: {
              managedBy: 'sluice.dev/test',
              template: { spec: { restartPolicy: 'Never', containers: [{ name: 'smoke', image: 'smoke:{{args.hash}}' }] } },
            },
          },
        },
      },
    ],
  },
})

const SMOKE = {
  templates: [{ templateName: 'smoke' }],
  args: [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' as const } }],
}

describe('a blue-green Rollout', { concurrency: 3 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
    await apply(lab.client, [smoke(lab.namespace)])
  })
  after(() => lab.stop())

  const makeSubject = async (name: string, { strategy, serves = false }: More = {}) => {
    const { client, namespace } = lab
    const ref = { namespace, name }
    const templateOf = (version: string, broken = false) =>
      aDeployment({ name, namespace, version, broken, ...(serves && { serve: lab.serve }) }).spec.template
    const services = [`${name}-active`, `${name}-preview`].map((service): Service => {
      const made = aService({ name: service, namespace })
      return { ...made, spec: { ...made.spec, selector: { app: name } } }
    })
    await apply(client, services)
    const blueGreen = { activeService: `${name}-active`, previewService: `${name}-preview`, ...strategy }
    const rollout: Rollout = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name, namespace },
      spec: { replicas: 3, selector: { matchLabels: { app: name } }, template: templateOf('v1'), strategy: { blueGreen } },
    }
    await client.create(ROLLOUTS, rollout)
    const status = async () => (await client.get<Rollout>(ROLLOUTS, ref)).status ?? {}
    const service = (which: string) => client.get<Service>(SERVICES, { namespace, name: `${name}-${which}` })
    const until = statusWait(name, status)
    const sizes = async () =>
      sizesByVersion((await client.list<ReplicaSet>(REPLICA_SETS, { namespace, labelSelector: `app=${name}` })).items)
    await until('the first version', healthy)
    return {
      until,
      sizes,
      url: `http://${Reflect.get((await service('active')).spec, 'clusterIP')}:8080/`,
      hashOf: (version: string, broken = false) => argoPodTemplateHash(templateOf(version, broken)),
      ledTo: async (which: 'active' | 'preview') => (await service(which)).spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH],
      ship: (version: string, broken = false) =>
        client.patch(ROLLOUTS, ref, 'merge', { spec: { template: templateOf(version, broken) } }),
      steer: (wish: object) => client.patch(ROLLOUTS, ref, 'merge', { status: wish }, 'status'),
      untilSizes: (wanted: object) =>
        waitFor({ what: `${name}: ${JSON.stringify(wanted)}`, timeoutMs: 120_000 }, async () =>
          isDeepStrictEqual(await sizes(), wanted),
        ),
    }
  }

  /** Ends the Job of the newest run of this kind. */
  const endJob = async (name: string, type: string, how: 'Complete' | 'Failed'): Promise<AnalysisRun> => {
    const { client, namespace } = lab
    const run = await waitFor({ what: `the run ${type} of ${name}` }, async () => {
      const labelSelector = `app=${name},rollout-type=${type}`
      return (await client.list<AnalysisRun>(ANALYSIS_RUNS, { namespace, labelSelector })).items.at(-1)
    })
    const job = await waitFor({ what: `the Job of ${run.metadata.name}` }, async () => {
      const labelSelector = `analysisrun.argoproj.io/uid=${run.metadata.uid}`
      return (await client.list<Job>(JOBS, { namespace, labelSelector })).items[0]
    })
    const types = how === 'Complete' ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed']
    const conditions = types.map(condition => ({ type: condition, status: 'True', message: 'so', lastTransitionTime: TIME }))
    const status = { startTime: TIME, ...(how === 'Complete' && { completionTime: TIME }), conditions }
    await client.patch(JOBS, { namespace, name: job.metadata.name }, 'merge', { status }, 'status')
    return run
  }

  /** A status that is about this version. */
  const of = (hash: string, is: (status: RolloutStatus) => boolean) => (status: RolloutStatus) =>
    status.currentPodHash === hash && is(status)

  test('is switched when all pods of the new version are available, and no request is lost while the old one leaves', async () => {
    const web = await makeSubject('bg-switch', { serves: true, strategy: { scaleDownDelaySeconds: 3 } })
    await untilAnswered(web.url)
    const traffic = startTraffic(web.url, RATE)
    await web.ship('v2')
    const hash = web.hashOf('v2')
    const status = await web.until('promotion', of(hash, healthy))
    assert.equal(status.blueGreen?.activeSelector, hash)
    assert.match(status.selector ?? '', new RegExp(`rollouts-pod-template-hash=${hash}`))
    await web.untilSizes({ v2: 3 })
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
    assert.equal(answers.at(-1)?.version, 'v2')
    const events = await lab.kubectl('get', 'events', '--field-selector', 'involvedObject.name=bg-switch')
    assert.match(events, /Switched selector for service 'bg-switch-active' from '[a-z0-9]+' to '[a-z0-9]+'/)
    assert.match(events, /Rollout completed update to revision 2 \([a-z0-9]+\): Completed blue-green update/)
  })

  test('shows a small preview until a person promotes, and goes back in a moment while the old version has its pods', async () => {
    const strategy = { autoPromotionEnabled: false, previewReplicaCount: 1, scaleDownDelaySeconds: 600 }
    const web = await makeSubject('bg-preview', { strategy })
    await web.ship('v2')
    await web.until('the pause', of(web.hashOf('v2'), paused))
    assert.deepEqual(await web.sizes(), { v1: 3, v2: 1 })
    assert.deepEqual([await web.ledTo('preview'), await web.ledTo('active')], [web.hashOf('v2'), web.hashOf('v1')])
    await web.steer({ pauseConditions: null })
    await web.until('promotion', of(web.hashOf('v2'), healthy))
    assert.deepEqual(await web.sizes(), { v1: 3, v2: 3 })
    await web.ship('v1')
    await web.until('the way back', of(web.hashOf('v1'), healthy))
    assert.equal(await web.ledTo('active'), web.hashOf('v1'))
  })

  test('promotes by itself after autoPromotionSeconds', async () => {
    const web = await makeSubject('bg-auto', { strategy: { autoPromotionSeconds: 2 } })
    await web.ship('v2')
    await web.until('the pause', of(web.hashOf('v2'), paused))
    await web.until('promotion', of(web.hashOf('v2'), healthy))
    assert.equal(await web.ledTo('active'), web.hashOf('v2'))
  })

  test('is aborted by a person, keeps its preview for a while, and waits for a person again when retried', async () => {
    const strategy = { autoPromotionEnabled: false, abortScaleDownDelaySeconds: 2 }
    const web = await makeSubject('bg-abort', { strategy })
    await web.ship('v2')
    await web.until('the pause', of(web.hashOf('v2'), paused))
    await web.steer({ abort: true })
    await web.until('the abort', aborted)
    await web.untilSizes({ v1: 3 })
    assert.equal(await web.ledTo('active'), web.hashOf('v1'))
    await web.steer({ abort: false })
    await web.until('the pause again', paused)
    await web.steer({ promoteFull: true })
    await web.until('promotion', of(web.hashOf('v2'), healthy))
  })

  test('never sees traffic when the analysis before the switch fails', async () => {
    const web = await makeSubject('bg-pre', { strategy: { prePromotionAnalysis: SMOKE } })
    await web.ship('v2')
    const run = await endJob('bg-pre', 'PrePromotion', 'Failed')
    assert.equal(run.metadata.name, `bg-pre-${web.hashOf('v2')}-2-pre`)
    const status = await web.until('the abort', aborted)
    assert.match(status.message ?? '', /^RolloutAborted: Rollout aborted update to revision 2: Metric "smoke" assessed Failed/)
    assert.equal(status.blueGreen?.prePromotionAnalysisRunStatus?.status, 'Failed')
    assert.equal(await web.ledTo('active'), web.hashOf('v1'))
  })

  test('gives the traffic back when the analysis after the switch fails, and loses no request over it', async () => {
    const strategy = { prePromotionAnalysis: SMOKE, postPromotionAnalysis: SMOKE, abortScaleDownDelaySeconds: 3 }
    const web = await makeSubject('bg-post', { serves: true, strategy })
    await untilAnswered(web.url)
    const traffic = startTraffic(web.url, RATE)
    await web.ship('v2')
    await endJob('bg-post', 'PrePromotion', 'Complete')
    await web.until('the switch', ({ blueGreen }) => blueGreen?.activeSelector === web.hashOf('v2'))
    await endJob('bg-post', 'PostPromotion', 'Failed')
    await web.until('the abort', aborted)
    await web.untilSizes({ v1: 3 })
    const answers = await traffic.stop()
    assert.equal(await web.ledTo('active'), web.hashOf('v1'))
    assert.deepEqual(answers.filter(isDropped), [])
    assert.deepEqual(new Set(answers.map(({ version }) => version)), new Set(['v1', 'v2']))
    assert.equal(answers.at(-1)?.version, 'v1')
  })
})
