/** Rollouts that users wrote, whose traffic goes through Sluice's routers: real controller, routers and pods, and users who ask all the time. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { AnalysisTemplate } from '../../api/analysis-run.ts'
import type { ReplicaSet, Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import type { CanaryStrategy, Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { Route } from '../../api/route.ts'
import { isBad, isDropped, isExactSplit } from '../../demo/tally.ts'
import { startTraffic } from '../../demo/traffic.ts'
import { REPLICA_SETS, ROLLOUTS, ROUTES, SERVICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment, aService } from './objects.ts'
import { sizesByVersion, statusWait } from './status.ts'
import { untilAnswered } from './subject.ts'

const RATE = 50
const ROUTERS = 2

const healthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const paused = ({ phase, message }: RolloutStatus) => phase === 'Paused' && message === 'CanaryPauseStep'
const aborted = ({ phase, abort }: RolloutStatus) => phase === 'Degraded' && abort === true

/** Judged by the numbers of the routers themselves. */
const successRate = (namespace: string): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'success-rate', namespace },
  spec: {
    args: [{ name: 'rollout' }, { name: 'canary' }, { name: 'stable' }],
    metrics: [
      {
        name: 'success-rate',
        interval: '1s',
        provider: {
          plugin: {
            'sluice/router': {
              deployment: '{{args.rollout}}',
              canaryHash: '{{args.canary}}',
              stableHash: '{{args.stable}}',
              check: 'success-rate >= 99%',
            },
          },
        },
      },
    ],
  },
})

const sum = (shares: readonly { readonly weight: number }[] = []): number =>
  shares.reduce((total, { weight }) => total + weight, 0)

describe('the traffic of a Rollout', { concurrency: 2 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const makeSubject = async (name: string, canary: CanaryStrategy, more: readonly string[] = [], failEvery = 0) => {
    const { client, namespace } = lab
    const ref = { namespace, name }
    const templateOf = (version: string) =>
      aDeployment({ name, namespace, version, serve: lab.serve, ...(version === 'v2' && { failEvery }) }).spec.template
    const services = [`${name}-stable`, `${name}-canary`, ...more].map((service): Service => {
      const made = aService({ name: service, namespace })
      return { ...made, spec: { ...made.spec, selector: { app: name } } }
    })
    await apply(client, services)
    const strategy: CanaryStrategy = {
      stableService: `${name}-stable`,
      canaryService: `${name}-canary`,
      trafficRouting: { plugins: { 'sluice/router': {} } },
      ...canary,
    }
    const rollout: Rollout = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name, namespace },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: name } },
        template: templateOf('v1'),
        strategy: { canary: strategy },
      },
    }
    await client.create(ROLLOUTS, rollout)
    const status = async () => (await client.get<Rollout>(ROLLOUTS, ref)).status ?? {}
    const service = (which: string) => client.get<Service>(SERVICES, { namespace, name: which })
    const routes = async () =>
      (await client.list<Route>(ROUTES, { namespace })).items.filter(({ spec }) => spec.deployment === name)
    const until = statusWait(name, status, 150_000)
    const sizes = async () =>
      sizesByVersion((await client.list<ReplicaSet>(REPLICA_SETS, { namespace, labelSelector: `app=${name}` })).items)
    await until('the first version', healthy)
    const url = `http://${(await service(more[0] ?? `${name}-stable`)).spec.clusterIP}:8080/`
    await untilAnswered(url)
    return {
      until,
      sizes,
      service,
      url,
      remove: () => client.delete(ROLLOUTS, ref),
      hashOf: (version: string) => argoPodTemplateHash(templateOf(version)),
      ledTo: async (which: string) => (await service(which)).spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH],
      ship: (version: string) => client.patch(ROLLOUTS, ref, 'merge', { spec: { template: templateOf(version) } }),
      steer: (wish: object) => client.patch(ROLLOUTS, ref, 'merge', { status: wish }, 'status'),
      untilSizes: (wanted: object) =>
        waitFor({ what: `${name}: pods ${JSON.stringify(wanted)}`, timeoutMs: 120_000 }, async () =>
          isDeepStrictEqual(await sizes(), wanted),
        ),
      shares: async () => (await routes()).flatMap(({ spec }) => spec.backends.map(({ role, weight }) => [role, weight])),
      untilServed: () =>
        waitFor({ what: `${name}: no Route any more`, timeoutMs: 120_000 }, async () => (await routes()).length === 0),
    }
  }

  const of = (hash: string, is: (status: RolloutStatus) => boolean) => (status: RolloutStatus) =>
    status.currentPodHash === hash && is(status)

  test('is split exactly by the weights of its steps and loses no request from the first step to the rest afterwards', async () => {
    const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: 2 } }]
    const web = await makeSubject('rt-steps', { steps, scaleDownDelaySeconds: 2 })
    const traffic = startTraffic(web.url, RATE)
    await web.ship('v2')
    const hash = web.hashOf('v2')
    const { canary } = await web.until('the pause', of(hash, paused))
    assert.deepEqual([canary?.weights?.canary.weight, canary?.weights?.stable.weight, canary?.weights?.verified], [20, 80, true])
    assert.deepEqual(await web.sizes(), { v1: 3, v2: 1 })
    const from = traffic.answers.at(-1)?.at ?? 0
    await waitFor({ what: '100 more answers' }, async () => traffic.answers.filter(({ at }) => at > from).length > 100)
    const to = traffic.answers.at(-1)?.at ?? 0
    await web.steer({ pauseConditions: null })
    const status = await web.until('promotion', of(hash, healthy))
    assert.equal(status.stableRS, hash)
    await web.untilSizes({ v2: 3 })
    await web.untilServed()
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
    assert.ok(isExactSplit(answers, [{ from: from + 1, to, weight: 20, canary: 'v2' }], ROUTERS))
    assert.equal(answers.at(-1)?.version, 'v2')
    assert.deepEqual([await web.ledTo('rt-steps-stable'), await web.ledTo('rt-steps-canary')], [hash, hash])
    const events = await lab.kubectl('get', 'events', '--field-selector', 'involvedObject.name=rt-steps')
    assert.match(events, /Traffic weight updated from 0 to 20/)
    assert.match(events, /Traffic weight updated from 20 to 60/)
    assert.match(events, /Switched selector for service 'rt-steps-stable' from '[a-z0-9]+' to '[a-z0-9]+'/)
  })

  test('is all back on the stable version when a person aborts, and no request is lost over it', async () => {
    const web = await makeSubject('rt-abort', { steps: [{ setWeight: 50 }, { pause: {} }], abortScaleDownDelaySeconds: 2 })
    const traffic = startTraffic(web.url, RATE)
    await web.ship('v2')
    await web.until('the pause', of(web.hashOf('v2'), paused))
    await web.steer({ abort: true })
    const status = await web.until('the abort', aborted)
    assert.equal(status.canary?.weights?.canary.weight, 0)
    await web.untilSizes({ v1: 3 })
    await web.untilServed()
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
    assert.deepEqual(new Set(answers.map(({ version }) => version)), new Set(['v1', 'v2']))
    assert.equal(answers.at(-1)?.version, 'v1')
    assert.equal(await web.ledTo('rt-abort-stable'), web.hashOf('v1'))
  })

  test('goes to the canary for chosen requests only, with a header, whatever the weight', async () => {
    const trafficRouting = { plugins: { 'sluice/router': {} }, managedRoutes: [{ name: 'testers' }] }
    const match = [{ headerName: 'X-Tester', headerValue: { exact: 'yes' } }]
    const steps = [{ setCanaryScale: { replicas: 1 } }, { setHeaderRoute: { name: 'testers', match } }, { pause: {} }]
    const web = await makeSubject('rt-header', { trafficRouting, steps })
    await web.ship('v2')
    await web.until('the pause', of(web.hashOf('v2'), paused))
    const versionFor = async (tester: string) => {
      const answer = await fetch(web.url, { headers: { connection: 'close', 'x-tester': tester } })
      return answer.headers.get('x-app-version')
    }
    for (let i = 0; i < 10; i += 1) assert.deepEqual([await versionFor('yes'), await versionFor('no')], ['v2', 'v1'])
  })

  test('loses no request when a third version comes, the second one is taken back, and the stable one grows and shrinks with its share', async () => {
    const steps = [{ setWeight: 50 }, { pause: {} }]
    const web = await makeSubject('rt-third', { steps, dynamicStableScale: true })
    const traffic = startTraffic(web.url, RATE)
    await web.ship('v2')
    await web.until('the pause', of(web.hashOf('v2'), paused))
    await web.untilSizes({ v1: 2, v2: 2 })
    await web.ship('v3')
    await web.until('the pause of v3', of(web.hashOf('v3'), paused))
    await web.untilSizes({ v1: 2, v3: 2 })
    await web.steer({ pauseConditions: null })
    await web.until('promotion', of(web.hashOf('v3'), healthy))
    await web.untilSizes({ v3: 3 })
    await web.untilServed()
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
    assert.deepEqual(new Set(answers.map(({ version }) => version)), new Set(['v1', 'v2', 'v3']))
    assert.equal(answers.at(-1)?.version, 'v3')
  })

  test('comes through a Service of its own while two others take turns, and loses no request from one turn to the next', async () => {
    const pair = { pingService: 'rt-turns-stable', pongService: 'rt-turns-canary' }
    const canary = {
      stableService: '',
      canaryService: '',
      pingPong: pair,
      trafficRouting: { plugins: { 'sluice/router': { services: ['rt-turns'] } } },
      steps: [{ setWeight: 50 }, { pause: { duration: 1 } }],
      scaleDownDelaySeconds: 2,
    }
    const web = await makeSubject('rt-turns', canary, ['rt-turns'])
    const traffic = startTraffic(web.url, RATE)
    for (const [version, turn] of [
      ['v2', 'pong'],
      ['v3', 'ping'],
    ] as const) {
      await web.ship(version)
      const status = await web.until(`promotion of ${version}`, of(web.hashOf(version), healthy))
      assert.equal(status.canary?.stablePingPong, turn)
      await web.untilSizes({ [version]: 3 })
      await web.untilServed()
    }
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
    assert.deepEqual(
      [await web.ledTo('rt-turns-stable'), await web.ledTo('rt-turns-canary')],
      [web.hashOf('v3'), web.hashOf('v2')],
    )
    assert.deepEqual((await web.service('rt-turns')).spec.selector, { app: 'rt-turns' })
  })

  test('is judged by what the routers counted of it, and a bad version is taken back without a lost request', async () => {
    await apply(lab.client, [successRate(lab.namespace)])
    const analysis = {
      templates: [{ templateName: 'success-rate' }],
      args: [
        { name: 'rollout', value: 'rt-bad' },
        { name: 'canary', valueFrom: { podTemplateHashValue: 'Latest' as const } },
        { name: 'stable', valueFrom: { podTemplateHashValue: 'Stable' as const } },
      ],
    }
    const web = await makeSubject('rt-bad', { steps: [{ setWeight: 30 }, { pause: { duration: 600 } }], analysis }, [], 3)
    const traffic = startTraffic(web.url, RATE)
    await web.ship('v2')
    const { message } = await web.until('the abort', aborted)
    assert.match(
      message ?? '',
      /^RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error\/failed: /,
    )
    await web.untilServed()
    const answers = await traffic.stop()
    assert.ok(answers.some(isBad))
    assert.deepEqual(answers.filter(isDropped), [])
    assert.equal(answers.at(-1)?.version, 'v1')
  })

  test('is given back when the Rollout is deleted in mid-update', async () => {
    const web = await makeSubject('rt-gone', { steps: [{ setWeight: 50 }, { pause: {} }] })
    await web.ship('v2')
    await web.until('the pause', of(web.hashOf('v2'), paused))
    await web.remove()
    await web.untilServed()
    const { spec, metadata } = await web.service('rt-gone-stable')
    assert.equal(spec.selector?.['app'], 'rt-gone')
    assert.equal(metadata.annotations?.['sluice.dev/selector'], undefined)
  })

  test('gives an experiment its shares while it runs, and loses no request when that begins and ends', async () => {
    const templates = [
      { name: 'old', specRef: 'stable' as const, weight: 10 },
      { name: 'new', specRef: 'canary' as const, weight: 30 },
    ]
    const steps = [{ setWeight: 20 }, { experiment: { duration: '6s', templates } }, { pause: {} }]
    const web = await makeSubject('rt-exp', { steps })
    const traffic = startTraffic(web.url, RATE)
    await web.ship('v2')
    const { canary } = await web.until(
      'the shares',
      ({ canary: now }) => now?.weights?.verified === true && sum(now.weights.additional) === 40,
    )
    assert.deepEqual([canary?.weights?.stable.weight, canary?.weights?.canary.weight], [40, 20])
    const status = await web.until('the pause', of(web.hashOf('v2'), paused))
    assert.equal(status.currentStepIndex, 2)
    await waitFor({ what: 'shares without the experiment' }, async () =>
      isDeepStrictEqual(await web.shares(), [
        ['stable', 80],
        ['canary', 20],
      ]),
    )
    const answers = await traffic.stop()
    assert.deepEqual(answers.filter(isDropped), [])
  })
})
