/** Parts of the cluster and of Sluice end in the middle of a canary on a real node, while its users go on asking. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeObject, Pod } from '../../api/kubernetes.ts'
import { apply } from '../../local/apply.ts'
import { untilRolledOut } from '../../local/install.ts'
import { waitFor } from '../../local/wait.ts'
import type { Subject } from '../cluster/subject.ts'
import { imageFlags, installSluice, NAMESPACE, type NodeLab, RELEASE, SYSTEM, theNode } from './lab.ts'
import { type Component, countOf, killProcesses } from './processes.ts'
import { closeShop, openShop, pauseAt, RATE, report } from './shop.ts'
import type { Seen } from './users.ts'

const STEPS = { 'sluice.dev/steps': '20%, pause, 60%, 1s', 'sluice.dev/analysis': 'none' }

/** The users, from before what happens until a little after. */
const usersDuring = ({ users }: NodeLab, web: Subject, happens: () => Promise<void>): Promise<Seen> =>
  users.during({ urls: [web.url], rate: RATE }, async () => {
    await sleep(500)
    await happens()
    await sleep(1500)
  })

const promoteFromPause = async ({ sluice }: NodeLab, web: Subject): Promise<void> => {
  await sluice('promote', web.name)
  await web.until('promotion', ({ phase }) => phase === 'Healthy')
  await web.untilServed()
}

/** The kubelet starts the containers again, and their pods become ready. */
const untilBack = async ({ client }: NodeLab, component: Component, processes: number): Promise<void> => {
  await waitFor({ what: `${processes} processes of the ${component}` }, async () => countOf(component) === processes)
  await untilRolledOut(client, SYSTEM, `${RELEASE}-${component}`)
}

/** Evicts the pods one after the other as `kubectl drain` does, asking again while the disruption budget says no. */
const evict = async ({ client }: NodeLab, pods: readonly Pod[]): Promise<void> => {
  for (const { metadata } of pods) {
    await waitFor({ what: `the eviction of ${metadata.name}`, timeoutMs: 60_000 }, async () => {
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name, namespace: NAMESPACE } }
      await client.raw('POST', `/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}/eviction`, body)
      return true
    })
  }
}

const budgetFor = (name: string): KubeObject & { readonly spec: object } => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: NAMESPACE },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } },
})

describe('in the middle of a canary on a real node', () => {
  let lab: NodeLab
  let web: Subject
  let version = 1
  /** Each test finds a canary at its pause, and leaves one promoted. */
  const nextCanary = async (): Promise<void> => {
    version += 1
    await pauseAt(web, `v${version}`)
  }
  const tell = (what: string, seen: Seen, more: object = {}): void =>
    report({
      test: what,
      proxy: lab.proxyMode,
      requests: seen.requests,
      dropped: seen.dropped.length,
      reasons: seen.reasons,
      ...more,
    })

  before(async () => {
    lab = await theNode()
    await installSluice(lab)
    web = await openShop(lab, { name: 'web2', annotations: STEPS })
  })

  test('all pods of the app can be evicted, one budget for both versions, and no user loses a request', async () => {
    await apply(lab.client, [budgetFor(web.name)])
    await nextCanary()
    const pods = await web.pods()
    const seen = await usersDuring(lab, web, () => evict(lab, pods))
    tell('node drain', seen, { evicted: pods.length })
    assert.deepEqual(seen.reasons, {})
    await promoteFromPause(lab, web)
  })

  test('Sluice itself can be upgraded by Helm, every process replaced, and no user loses a request', async () => {
    await nextCanary()
    const before = await lab.kubectl('get', 'pods', `--namespace=${SYSTEM}`, '--output=name')
    const seen = await usersDuring(lab, web, () => installSluice(lab, ...imageFlags('next')))
    const after = await lab.kubectl(
      'get',
      'pods',
      `--namespace=${SYSTEM}`,
      '--field-selector=status.phase=Running',
      '--output=name',
    )
    tell('helm upgrade', seen)
    assert.deepEqual(seen.reasons, {})
    const old = new Set(before.trim().split('\n'))
    assert.ok(
      after
        .trim()
        .split('\n')
        .some(name => !old.has(name)),
    )
    assert.equal((await web.status()).phase, 'Paused')
    await promoteFromPause(lab, web)
  })

  for (const component of ['controller', 'webhook'] as const) {
    test(`every ${component} killed with SIGKILL costs no user a request`, async () => {
      await nextCanary()
      const seen = await usersDuring(lab, web, async () => {
        const killed = killProcesses(component)
        assert.equal(killed, 2)
        await untilBack(lab, component, killed)
      })
      tell(`${component} killed`, seen)
      assert.deepEqual(seen.reasons, {})
      await promoteFromPause(lab, web)
    })
  }

  test('one router of two killed with SIGKILL costs the requests under way in it and those that kube-proxy still sends there, no others', async () => {
    await nextCanary()
    const seen = await usersDuring(lab, web, async () => {
      assert.equal(killProcesses('router', 1), 1)
      await sleep(3000)
    })
    tell('one router killed', seen)
    // kube-proxy sends to an address until it has read and programmed the slice that the other router writes within milliseconds.
    const last = seen.answers.at(-1)?.at ?? 0
    assert.deepEqual(
      seen.dropped.filter(({ at }) => at > last - 1500),
      [],
    )
    assert.ok(
      Object.keys(seen.reasons).every(reason => /ECONNREFUSED|ECONNRESET|socket hang up/.test(reason)),
      JSON.stringify(seen.reasons),
    )
    await untilBack(lab, 'router', 2)
    await promoteFromPause(lab, web)
  })

  test('all routers gone, the users are served by the stable pods directly, and it is reported within five seconds', async () => {
    await nextCanary()
    const stable = `v${version - 1}`
    let reportedAfter = -1
    const gone = await usersDuring(lab, web, async () => {
      const began = performance.now()
      await lab.kubectl('scale', `--namespace=${SYSTEM}`, `deployment/${RELEASE}-router`, '--replicas=0')
      killProcesses('router')
      await web.until('the loss of the routers to be reported', ({ message = '' }) => /No router is ready/.test(message))
      reportedAfter = Math.round(performance.now() - began) / 1000
      await sleep(2000)
    })
    const late = gone.answers.filter(({ at }) => at > (gone.answers.at(-1)?.at ?? 0) - 1000)
    tell('all routers gone', gone, { reportedAfterSeconds: reportedAfter })
    assert.ok(reportedAfter <= 5, `reported after ${reportedAfter} s`)
    assert.deepEqual(new Set(late.map(answer => answer.version)), new Set([stable]))
    await lab.kubectl('scale', `--namespace=${SYSTEM}`, `deployment/${RELEASE}-router`, '--replicas=2')
    await untilRolledOut(lab.client, SYSTEM, `${RELEASE}-router`)
    await promoteFromPause(lab, web)
  })

  test('the API server can be killed and away for ten seconds, and no user loses a request', async () => {
    await nextCanary()
    const seen = await usersDuring(lab, web, async () => {
      lab.kill('kube-apiserver', 'SIGKILL', 10_000)
      await sleep(12_000)
      await waitFor({ what: 'the API server to be back' }, () => lab.client.raw('GET', '/readyz').then(() => true))
    })
    tell('API server restarted', seen)
    assert.deepEqual(seen.reasons, {})
    await promoteFromPause(lab, web)
  })

  test('with the webhook away an update is refused rather than let through untested, and no user loses a request', async () => {
    await lab.kubectl('scale', `--namespace=${SYSTEM}`, `deployment/${RELEASE}-webhook`, '--replicas=0')
    await waitFor({ what: 'no webhook' }, async () => countOf('webhook') === 0)
    const seen = await usersDuring(lab, web, async () => {
      await assert.rejects(web.ship({ version: 'unseen' }), /webhook/)
      // Deployments without the annotation are none of its business.
      await lab.kubectl('create', 'deployment', 'other', '--image=busybox:1', '--', 'sleep', '1000')
      await lab.kubectl('delete', 'deployment', 'other')
    })
    await lab.kubectl('scale', `--namespace=${SYSTEM}`, `deployment/${RELEASE}-webhook`, '--replicas=2')
    await untilRolledOut(lab.client, SYSTEM, `${RELEASE}-webhook`)
    tell('webhook away', seen)
    assert.deepEqual(seen.reasons, {})
    await closeShop(lab, web)
  })
})
