/** The router as a sidecar: what users of the app see through a cluster address, and through a headless Service. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pod, Service } from '../../api/kubernetes.ts'
import { SIDECAR_PORTS } from '../../api/names.ts'
import type { RolloutStatus } from '../../api/rollout.ts'
import { isBad, isDropped } from '../../demo/tally.ts'
import { startTraffic } from '../../demo/traffic.ts'
import { ROUTES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { askPods } from './headless-client.ts'
import { type Lab, startLab } from './lab.ts'
import { deploySubject, type Subject } from './subject.ts'

const RATE = 50
const SIDECAR = { 'sluice.dev/router': 'sidecar' }

const pausedAt =
  (index: number) =>
  ({ phase, currentStepIndex }: RolloutStatus): boolean =>
    phase === 'Paused' && currentStepIndex === index
const healthy = ({ phase }: RolloutStatus): boolean => phase === 'Healthy'

const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name).sort()
const haveSidecars = (pods: readonly Pod[]) => pods.every(({ metadata }) => metadata.annotations?.[SIDECAR_PORTS] !== undefined)

type Span = {
  readonly from: number
  readonly to: number
  readonly canary: string
  readonly percent: number
  readonly sidecars: number
}

/** Lets users ask for a while in which the share does not change. */
const holdStill = async (web: Subject, canary: string, percent: number): Promise<Span> => {
  const sidecars = (await web.pods()).length
  const from = Date.now()
  await sleep(4000)
  return { from, to: Date.now(), canary, percent, sidecars }
}

/** Of the requests of all users together: each sidecar is exact to one, and one more each may be under way at either end. */
const assertShare = (
  answers: readonly { readonly at: number; readonly version?: string }[],
  { from, to, canary, percent, sidecars }: Span,
) => {
  const inside = answers.filter(({ at }) => at >= from && at < to)
  const count = inside.filter(({ version }) => version === canary).length
  assert.ok(inside.length > 50, `${inside.length} requests`)
  const off = Math.abs(count - (inside.length * percent) / 100)
  assert.ok(off <= 2 * sidecars, `${count} of ${inside.length} went to ${canary}, wanted ${percent}%`)
}

const goOn = (web: Subject) => web.patchStatus({ pauseConditions: null })

describe('a Deployment whose router is a sidecar', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab({ sluice: true })
  })
  after(() => lab.stop())

  test('enters without a restart, tells the true share while old pods have none, then splits exactly, also with the controller killed', async () => {
    const web = await deploySubject(lab, { name: 'side', serve: lab.serve, annotations: { 'sluice.dev/steps': '50%, pause' } })
    const running = names(await web.pods())
    await web.patch({ metadata: { annotations: SIDECAR } })
    await web.until('rest', healthy)
    assert.deepEqual(names(await web.pods()), running)

    const first = startTraffic(web.url, RATE)
    await web.ship({ version: 'v2' })
    const status = await web.until('the pause of the first update', pausedAt(1))
    assert.match(status.message ?? '', /no sidecar yet.* about \d+% of all requests/)
    assert.equal(status.canary?.weights?.verified, false)
    assert.ok((status.canary?.weights?.canary.weight ?? 50) < 50)
    assert.deepEqual(await web.sizes(), { v1: 4, v2: 2 })
    await goOn(web)
    await web.until('promotion of v2', healthy)
    await web.untilServed()
    assert.deepEqual((await first.stop()).filter(isDropped), [])
    assert.equal(haveSidecars(await web.pods()), true)

    const second = startTraffic(web.url, RATE)
    await web.ship({ version: 'v3' })
    await web.until('the pause of v3', pausedAt(1))
    const whole = await holdStill(web, 'v3', 50)
    await lab.killSluice('controller')
    const without = await holdStill(web, 'v3', 50)
    await goOn(web)
    await web.until('promotion of v3', healthy)
    await web.untilServed()
    const answers = await second.stop()
    for (const span of [whole, without]) assertShare(answers, span)
    assert.deepEqual(answers.filter(isDropped), [])
    assert.equal(answers.at(-1)?.version, 'v3')
    assert.deepEqual(await web.sizes(), { v3: 4 })
  })

  test('takes a bad version back, judged by what its sidecars counted', async () => {
    const annotations = { ...SIDECAR, 'sluice.dev/steps': '25%, 1m', 'sluice.dev/analysis': 'success-rate >= 99%' }
    const web = await deploySubject(lab, { name: 'sidebad', serve: lab.serve, annotations })
    assert.equal(haveSidecars(await web.pods()), true)
    const traffic = startTraffic(web.url, RATE)
    await web.ship({ version: 'v2', failEvery: 3 })
    const status = await web.until('the roll-back', ({ phase, abort }) => phase === 'Degraded' && abort === true)
    await web.untilServed()
    const answers = await traffic.stop()
    assert.match(status.message ?? '', /success-rate >= 99%/)
    assert.ok(answers.some(isBad))
    assert.deepEqual(answers.filter(isDropped), [])
    assert.equal(answers.at(-1)?.version, 'v1')
  })

  test('is split exactly for clients that take addresses and ports of a headless Service', async () => {
    const name = 'headless'
    const service: Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `${name}-pods`, namespace: lab.namespace },
      spec: { clusterIP: 'None', selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    }
    await apply(lab.client, [service])
    const annotations = { ...SIDECAR, 'sluice.dev/services': `${name}-pods`, 'sluice.dev/steps': '25%, pause' }
    const web = await deploySubject(lab, { name, serve: lab.serve, annotations })
    const all = await askPods(lab, service.metadata.name, RATE)
    await web.ship({ version: 'v2' })
    await web.until('the pause', pausedAt(1))
    const span = await holdStill(web, 'v2', 25)
    await goOn(web)
    await web.until('promotion', healthy)
    await waitFor({ what: 'the Route to be gone' }, async () => {
      const { items } = await lab.client.list(ROUTES, { namespace: lab.namespace })
      return !items.some(({ metadata }) => metadata.name === service.metadata.name)
    })
    const answers = await all.stop()
    assertShare(answers, span)
    assert.deepEqual(
      answers.filter(({ version }) => version === undefined),
      [],
    )
    assert.equal(answers.at(-1)?.version, 'v2')
  })

  test('is refused, with the command that helps, when a Service leads to a number', async () => {
    const name = 'numeric'
    const annotations = { ...SIDECAR, 'sluice.dev/services': `${name}-number`, 'sluice.dev/steps': '25%, pause' }
    const service: Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `${name}-number`, namespace: lab.namespace },
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    }
    await apply(lab.client, [service])
    const web = await deploySubject(lab, { name, serve: lab.serve, annotations })
    await web.ship({ version: 'v2' })
    const status = await web.until('the refusal', ({ message = '' }) => message.includes('leads to the number'))
    assert.match(status.message ?? '', /kubectl patch service numeric-number --type=json -p '\[.*"value":"http"\}\]'/)
    assert.deepEqual(await web.sizes(), { v1: 4 })
  })
})
