/** What kubectl, an autoscaler and people who look at the Service see on a real node. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { EndpointSlice, KubeObject } from '../../api/kubernetes.ts'
import { SERVICE_NAME } from '../../api/names.ts'
import { ENDPOINT_SLICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { measureFirstByte } from './first-byte.ts'
import { installSluice, NAMESPACE, type NodeLab, theNode } from './lab.ts'
import { closeShop, openPlainShop, openShop, pauseAt, report } from './shop.ts'

const autoscalerFor = (name: string, minReplicas: number): KubeObject & { readonly spec: object } => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas,
    maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  },
})

describe('on a real node', { concurrency: 4 }, () => {
  let lab: NodeLab
  before(async () => {
    lab = await theNode()
    await installSluice(lab)
  })

  test('kubectl rollout status tells the truth at rest, in a canary, after a roll-back and after a promotion', async () => {
    const web = await openShop(lab, {
      name: 'told',
      annotations: { 'sluice.dev/steps': '20%, pause', 'sluice.dev/analysis': 'none' },
    })
    const status = (seconds: number) => lab.kubectl('rollout', 'status', 'deployment/told', `--timeout=${seconds}s`)
    assert.match(await status(5), /successfully rolled out/)
    await pauseAt(web, 'v2')
    await assert.rejects(status(2), /timed out/)
    await lab.sluice('abort', 'told')
    await web.until('the roll-back', ({ phase }) => phase === 'Degraded')
    await web.untilServed()
    await assert.rejects(status(5), /exceeded its progress deadline/)
    await pauseAt(web, 'v3')
    const waited = status(60)
    await lab.sluice('promote', 'told')
    assert.match(await waited, /successfully rolled out/)
    await web.untilServed()
    report({ test: 'kubectl rollout status', atRest: 'success', inCanary: 'waits', rolledBack: 'fails', promoted: 'success' })
    await closeShop(lab, web)
  })

  test('an autoscaler that goes from four to eight in the middle of a canary gets eight pods in all', async () => {
    const web = await openShop(lab, {
      name: 'grown',
      annotations: { 'sluice.dev/steps': '25%, pause', 'sluice.dev/analysis': 'none' },
    })
    await apply(lab.client, [autoscalerFor('grown', 4)])
    await pauseAt(web, 'v2')
    await apply(lab.client, [autoscalerFor('grown', 8)])
    const sizes = await waitFor({ what: 'eight pods', timeoutMs: 120_000 }, async () => {
      const now = await web.sizes()
      return (now['v1'] ?? 0) + (now['v2'] ?? 0) === 8 && now
    })
    report({ test: 'autoscaler from 4 to 8', sizes })
    assert.deepEqual(sizes, { v1: 6, v2: 2 })
    await lab.sluice('promote', 'grown')
    await web.until('promotion', ({ phase }) => phase === 'Healthy')
    await web.untilServed()
    assert.deepEqual(await web.sizes(), { v2: 8 })
    await lab.kubectl('delete', 'horizontalpodautoscaler', 'grown')
    await closeShop(lab, web)
  })

  test('at rest the endpoints of the Service are the pods, and the first byte comes as soon as from a Service that Sluice does not know', async () => {
    const web = await openShop(lab, { name: 'rest' })
    const { items } = await lab.client.list<EndpointSlice>(ENDPOINT_SLICES, {
      namespace: NAMESPACE,
      labelSelector: `${SERVICE_NAME}=rest`,
    })
    const pods = new Set((await web.pods()).map(({ status }) => status?.podIP))
    assert.deepEqual(new Set(items.flatMap(({ endpoints }) => endpoints ?? []).flatMap(({ addresses }) => addresses)), pods)
    const plain = await openPlainShop(lab, 'plain')
    const ratio = await measureFirstByte(web.url, plain)
    report({ test: 'at rest', endpoints: pods.size, firstByteRatioToUnmanaged: ratio })
    await closeShop(lab, { name: 'plain' })
    await closeShop(lab, web)
  })

  test('taking the annotation away restarts no pod', async () => {
    const web = await openShop(lab, { name: 'left' })
    const uids = async () => new Set((await web.pods()).map(({ metadata }) => metadata.uid))
    const before = await uids()
    await lab.kubectl('annotate', 'deployment/left', 'sluice.dev/strategy-', 'sluice.dev/steps-', 'sluice.dev/analysis-')
    await waitFor({ what: 'the Rollout to be gone' }, () =>
      lab.kubectl('get', 'rollouts', '--output=name').then(names => !names.includes('/left')),
    )
    assert.deepEqual(await uids(), before)
    report({ test: 'annotation removed', restarted: 0 })
    await closeShop(lab, web)
  })
})
