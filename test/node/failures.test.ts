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

const ANNOTATIONS = { 'sluice.dev/steps': '20%, pause, 60%, 1s', 'sluice.dev/analysis': 'none' }

/** The kubelet starts the containers again, and their pods become ready. */
const untilBack = async ({ client }: NodeLab, component: Component, processes: number): Promise<void> => {
  await waitFor({ what: `${processes} processes of the ${component}` }, async () => countOf(component) === processes)
  await untilRolledOut(client, SYSTEM, `${RELEASE}-${component}`)
}

const scale = ({ kubectl }: NodeLab, component: Component, replicas: number): Promise<string> =>
  kubectl('scale', `--namespace=${SYSTEM}`, `deployment/${RELEASE}-${component}`, `--replicas=${replicas}`)

/** Evicts the pods one after the other as `kubectl drain` does, asking again while the disruption budget says no. */
const evict = async ({ client }: NodeLab, pods: readonly Pod[]): Promise<void> => {
  for (const { metadata } of pods) {
    await waitFor({ what: `the eviction of ${metadata.name}`, timeoutMs: 120_000 }, async () => {
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
  before(async () => {
    lab = await theNode()
    await installSluice(lab)
    web = await openShop(lab, { name: 'web', annotations: ANNOTATIONS })
    await apply(lab.client, [budgetFor(web.name)])
    await pauseAt(web, 'v2')
  })

  /** What the users see, from before something happens until a little after; the same canary lives through all of it. */
  const endure = async (what: string, happens: () => Promise<object | undefined>): Promise<Seen> => {
    let more: object | undefined
    const seen = await lab.users.during({ urls: [web.url], rate: RATE }, async () => {
      await sleep(500)
      more = await happens()
      await sleep(1500)
    })
    const { requests, dropped, reasons } = seen
    report({ test: what, proxy: lab.proxyMode, requests, dropped: dropped.length, reasons, ...more })
    const { phase, currentPodHash, stableRS } = await web.status()
    assert.equal(phase, 'Paused')
    assert.notEqual(currentPodHash, stableRS)
    return seen
  }

  test('all pods of the app can be evicted, one budget for both versions, and no user loses a request', async () => {
    const pods = await web.pods()
    const { reasons } = await endure('node drain', async () => {
      await evict(lab, pods)
      return { evicted: pods.length }
    })
    assert.deepEqual(reasons, {})
  })

  test('Sluice itself can be upgraded by Helm, every process replaced, and no user loses a request', async () => {
    const podsOfSluice = async () =>
      new Set((await lab.kubectl('get', 'pods', `--namespace=${SYSTEM}`, '--output=name')).trim().split('\n'))
    const old = await podsOfSluice()
    const { reasons } = await endure('helm upgrade', async () => {
      await installSluice(lab, ...imageFlags('next'))
      await waitFor({ what: 'the old pods of Sluice to be gone' }, async () => old.isDisjointFrom(await podsOfSluice()))
      return { replaced: old.size }
    })
    assert.deepEqual(reasons, {})
  })

  for (const component of ['controller', 'webhook'] as const) {
    test(`every ${component} killed with SIGKILL costs no user a request`, async () => {
      const { reasons } = await endure(`${component} killed`, async () => {
        const killed = killProcesses(component)
        assert.equal(killed, 2)
        await untilBack(lab, component, killed)
        return { killed }
      })
      assert.deepEqual(reasons, {})
    })
  }

  test('the API server can be killed and away for ten seconds, and no user loses a request', async () => {
    const { reasons } = await endure('API server restarted', async () => {
      lab.kill('kube-apiserver', 'SIGKILL', 10_000)
      await sleep(10_000)
      await waitFor({ what: 'the API server to be back' }, () => lab.client.raw('GET', '/version').then(() => true))
      return { awaySeconds: 10 }
    })
    assert.deepEqual(reasons, {})
  })

  test('with the webhook away an update is refused rather than let through untested, and no user loses a request', async () => {
    const { reasons } = await endure('webhook away', async () => {
      await scale(lab, 'webhook', 0)
      await waitFor({ what: 'no webhook' }, async () => countOf('webhook') === 0)
      await assert.rejects(web.ship({ version: 'unseen' }), /webhook/)
      // Deployments without the annotation are none of its business.
      await lab.kubectl('create', 'deployment', 'other', '--image=busybox:1', '--', 'sleep', '1000')
      await lab.kubectl('delete', 'deployment', 'other')
      await scale(lab, 'webhook', 2)
      await untilRolledOut(lab.client, SYSTEM, `${RELEASE}-webhook`)
      return { update: 'refused' }
    })
    assert.deepEqual(reasons, {})
  })

  test('one router of two killed with SIGKILL costs the requests under way in it and those that kube-proxy still sends there', async () => {
    const seen = await endure('one router killed', async () => {
      assert.equal(killProcesses('router', 1), 1)
      await untilBack(lab, 'router', 2)
      // What follows is compared with what kube-proxy needs.
      await sleep(3000)
      return undefined
    })
    // kube-proxy sends to an address until it has read and programmed the slice that the other router writes within milliseconds.
    const last = seen.answers.at(-1)?.at ?? 0
    assert.deepEqual(
      seen.dropped.filter(({ at }) => at > last - 1500),
      [],
    )
    for (const reason of Object.keys(seen.reasons)) assert.match(reason, /ECONNREFUSED|ECONNRESET|socket hang up/)
  })

  test('all routers gone, the users are served by the stable pods directly, and it is reported within five seconds', async () => {
    let reportedAfterSeconds = -1
    const seen = await lab.users.during({ urls: [web.url], rate: RATE }, async () => {
      await scale(lab, 'router', 0)
      const began = performance.now()
      killProcesses('router')
      await web.until('the loss of the routers to be told', ({ message = '' }) => /No router is ready/.test(message))
      reportedAfterSeconds = Math.round(performance.now() - began) / 1000
      await sleep(3000)
    })
    const { requests, dropped, reasons, answers } = seen
    report({ test: 'all routers gone', proxy: lab.proxyMode, requests, dropped: dropped.length, reasons, reportedAfterSeconds })
    assert.ok(reportedAfterSeconds <= 5, `told after ${reportedAfterSeconds} s`)
    const late = answers.filter(({ at }) => at > (answers.at(-1)?.at ?? 0) - 1500)
    assert.deepEqual(new Set(late.map(({ version }) => version)), new Set(['v1']))
    await scale(lab, 'router', 2)
    await untilRolledOut(lab.client, SYSTEM, `${RELEASE}-router`)
    await web.until('the routers to be back', ({ message = '' }) => !/No router is ready/.test(message))
  })

  test('the canary that has been through all of this is promoted, and no user loses a request', async () => {
    const seen = await lab.users.during({ urls: [web.url], rate: RATE }, async () => {
      await lab.sluice('promote', web.name)
      await web.until('promotion', ({ phase }) => phase === 'Healthy')
      await web.untilServed()
    })
    assert.deepEqual(seen.reasons, {})
    assert.equal(seen.answers.at(-1)?.version, 'v2')
    await closeShop(lab, web)
  })
})
