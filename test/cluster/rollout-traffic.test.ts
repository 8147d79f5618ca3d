/** Rollouts that users wrote, whose traffic goes through Sluice's routers: real controller, routers and pods, and users who ask all the time. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { ReplicaSet, Service } from '../../api/kubernetes.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { argoPodTemplateHash } from '../../api/pod-template-json.ts'
import type { CanaryStrategy, Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { Route } from '../../api/route.ts'
import { isDropped, isExactSplit } from '../../demo/tally.ts'
import { startTraffic } from '../../demo/traffic.ts'
import { REPLICA_SETS, ROLLOUTS, ROUTES, SERVICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from './lab.ts'
import { aDeployment, aService } from './objects.ts'
import { untilAnswered } from './subject.ts'

const RATE = 50
const ROUTERS = 2

const healthy = ({ phase }: RolloutStatus) => phase === 'Healthy'
const paused = ({ phase, message }: RolloutStatus) => phase === 'Paused' && message === 'CanaryPauseStep'
const aborted = ({ phase, abort }: RolloutStatus) => phase === 'Degraded' && abort === true

describe('the traffic of a Rollout', { concurrency: 2 }, () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  const makeSubject = async (name: string, canary: CanaryStrategy, more: readonly string[] = []) => {
    const { client, namespace } = lab
    const ref = { namespace, name }
    const templateOf = (version: string) => aDeployment({ name, namespace, version, serve: lab.serve }).spec.template
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
    const until = async (what: string, is: (status: RolloutStatus) => boolean) => {
      let last: RolloutStatus = {}
      try {
        return await waitFor({ what: `${name}: ${what}`, timeoutMs: 150_000 }, async () => {
          last = await status()
          return is(last) && last
        })
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : String(error)}; last seen: ${JSON.stringify(last)}`)
      }
    }
    const sizes = async () => {
      const { items } = await client.list<ReplicaSet>(REPLICA_SETS, { namespace, labelSelector: `app=${name}` })
      return Object.fromEntries(
        items
          .filter(({ spec }) => (spec.replicas ?? 1) > 0)
          .map(({ spec }) => [spec.template.spec.containers[0]?.env?.[0]?.value ?? '?', spec.replicas]),
      )
    }
    await until('the first version', healthy)
    const urlOf = async (which: string) => `http://${(await service(which)).spec.clusterIP}:8080/`
    const url = await urlOf(more[0] ?? `${name}-stable`)
    await untilAnswered(url)
    return {
      until,
      sizes,
      url,
      urlOf,
      hashOf: (version: string) => argoPodTemplateHash(templateOf(version)),
      ledTo: async (which: string) => (await service(which)).spec.selector?.[ROLLOUTS_POD_TEMPLATE_HASH],
      ship: (version: string) => client.patch(ROLLOUTS, ref, 'merge', { spec: { template: templateOf(version) } }),
      steer: (wish: object) => client.patch(ROLLOUTS, ref, 'merge', { status: wish }, 'status'),
      untilSizes: (wanted: object) =>
        waitFor({ what: `${name}: pods ${JSON.stringify(wanted)}`, timeoutMs: 120_000 }, async () =>
          isDeepStrictEqual(await sizes(), wanted),
        ),
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
})
