/** Users of a Deployment on a real node, while its versions come and go. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Pod } from '../../api/kubernetes.ts'
import { PODS } from '../../kube/resources.ts'
import { waitFor } from '../../local/wait.ts'
import type { Subject } from '../cluster/subject.ts'
import { installSluice, NAMESPACE, type NodeLab, theNode } from './lab.ts'
import { closeShop, openShop, pauseAt, promote, RATE, report, rollBack } from './shop.ts'

type Fate = typeof promote
/** What becomes of the versions of five Deployments that are updated side by side, each with its share of the users. */
const PLAN: readonly Fate[] = [promote, rollBack]
const SHOPS = ['one', 'two', 'three', 'four', 'five']

describe('on a real node', () => {
  let lab: NodeLab
  before(async () => {
    lab = await theNode()
    await installSluice(lab)
  })

  test('five good versions are promoted and five bad ones rolled back, and no user loses a request', async () => {
    const annotations = { 'sluice.dev/analysis': 'success-rate >= 99%' }
    const shops = await Promise.all(SHOPS.map(name => openShop(lab, { name, annotations, replicas: 2 })))
    const began = performance.now()
    const live = async (shop: Subject): Promise<void> => {
      for (const [index, fate] of PLAN.entries()) await fate(shop, `v${index + 2}`)
    }
    const seen = await lab.users.during({ urls: shops.map(({ url }) => url), rate: RATE }, async () => {
      await Promise.all(shops.map(live))
    })
    const bad = Object.values(seen.byVersion).reduce((sum, version) => sum + version.bad, 0)
    report({
      test: 'rollouts',
      proxy: lab.proxyMode,
      promoted: shops.length,
      rolledBack: shops.length,
      seconds: Math.round((performance.now() - began) / 1000),
      requests: seen.requests,
      dropped: seen.dropped.length,
      reasons: seen.reasons,
      badAnswers: bad,
    })
    assert.deepEqual(seen.reasons, {})
    assert.ok(bad > 0, 'the bad versions were never seen')
    await Promise.all(shops.map(shop => closeShop(lab, shop)))
  })

  test('the canary serves exactly its share, by what its own pods wrote in their logs', async () => {
    const web = await openShop(lab, { name: 'exact', logs: true, annotations: { 'sluice.dev/steps': '20%, pause' } })
    await pauseAt(web, 'v2')
    const linesOf = async () => {
      const { items } = await lab.client.list<Pod>(PODS, { namespace: NAMESPACE, labelSelector: 'app=exact' })
      const lines = await Promise.all(items.map(({ metadata }) => lab.kubectl('logs', metadata.name, '--container=app')))
      return lines.flatMap(text => text.split('\n')).filter(line => line.includes(' served '))
    }
    const before = (await linesOf()).length
    const { requests } = await lab.users.during({ urls: [web.url], rate: RATE }, async () => {
      await new Promise(resolve => setTimeout(resolve, 5000))
    })
    const lines = await waitFor({ what: `${requests} lines in the logs` }, async () => {
      const all = await linesOf()
      return all.length >= before + requests && all
    })
    const served = lines.length - before
    const canary = lines.filter(line => line.startsWith('v2 ')).length
    report({ test: 'exact split', weight: 20, requests, served, canary, percent: (canary / served) * 100 })
    assert.equal(served, requests)
    // Every router counts for itself and may be in the middle of a turn of five when it begins and when it ends.
    assert.ok(Math.abs(canary - requests * 0.2) <= 2 * 2, `${canary} of ${requests}`)
    await web.patchStatus({ abort: true })
    await web.untilServed()
    await closeShop(lab, web)
  })
})
