/** NetworkPolicies that are enforced: the chart's for Sluice's own pods, which all suites of this node live with, and one of the users. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeObject, Pod } from '../../api/kubernetes.ts'
import { PODS } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { installSluice, NAMESPACE, type NodeLab, SYSTEM, theNode } from './lab.ts'
import { closeShop, openShop, pauseAt, RATE, report } from './shop.ts'

const routerPods = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': SYSTEM } },
  podSelector: { matchLabels: { 'app.kubernetes.io/component': 'router' } },
}

/** Only these pods reach those of the app; the kubelet's probes always do. */
const policyFor = (name: string, from: readonly object[]): KubeObject & { readonly spec: object } => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: NAMESPACE },
  spec: { podSelector: { matchLabels: { app: name } }, policyTypes: ['Ingress'], ingress: [{ from }] },
})

describe('with NetworkPolicies enforced on a real node', () => {
  let lab: NodeLab
  before(async () => {
    lab = await theNode()
    await installSluice(lab)
  })

  /** What the users get there: the status of an answer, whoever gave it, or the reason why there was none. */
  const outcomes = async (url: string): Promise<ReadonlySet<string | number>> => {
    const { answers } = await lab.users.during({ urls: [url], rate: 20 }, async () => void (await sleep(500)))
    return new Set(answers.map(({ status, error = '' }) => (status > 0 ? status : error)))
  }

  test("users reach a router's ports for traffic and health, and not the one by which it is told and asked", async t => {
    if (!lab.policies) return t.skip('kube-router works with iptables')
    const labelSelector = 'app.kubernetes.io/component=router'
    const { items } = await lab.client.list<Pod>(PODS, { namespace: SYSTEM, labelSelector })
    const [router] = items
    const portOf = (name: string) =>
      router?.spec.containers.flatMap(({ ports = [] }) => ports).find(port => port.name === name)?.containerPort ??
      assert.fail(`no port ${name}`)
    const at = (name: string, path: string) => `http://${router?.status?.podIP}:${portOf(name)}${path}`
    // A policy is enforced a moment after its pods are there.
    const closed = await waitFor({ what: 'the admin port to be closed to users' }, async () => {
      const seen = [...(await outcomes(at('admin', '/')))]
      return seen.every(one => /ECONNREFUSED|no answer/.test(String(one))) && seen
    })
    const health = [...(await outcomes(at('health', '/healthz')))]
    report({ test: 'policies of the chart', admin: closed, health })
    assert.deepEqual(health, [200])
  })

  test('an app that only its users and the routers may reach is updated, and no user loses a request', async t => {
    if (!lab.policies) return t.skip('kube-router works with iptables')
    const name = 'guarded'
    await apply(lab.client, [policyFor(name, [{ podSelector: { matchLabels: { app: 'users' } } }, routerPods])])
    const web = await openShop(lab, { name, annotations: { 'sluice.dev/steps': '50%, pause', 'sluice.dev/analysis': 'none' } })
    const seen = await lab.users.during({ urls: [web.url], rate: RATE }, async () => {
      await pauseAt(web, 'v2')
      await sleep(1000)
      await lab.sluice('promote', name)
      await web.until('promotion', ({ phase }) => phase === 'Healthy')
      await web.untilServed()
    })
    const { requests, dropped, reasons } = seen
    report({ test: 'guarded app', requests, dropped: dropped.length, reasons })
    assert.deepEqual(reasons, {})
    assert.equal(seen.answers.at(-1)?.version, 'v2')
    await lab.kubectl('delete', 'networkpolicy', name)
    await closeShop(lab, web)
  })
})
