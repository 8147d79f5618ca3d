/** Sluice is taken away on a real node, in the middle of canaries, while their users go on asking. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EndpointSlice } from '../../api/kubernetes.ts'
import { SERVICE_NAME } from '../../api/names.ts'
import { ENDPOINT_SLICES } from '../../kube/resources.ts'
import { waitFor } from '../../local/wait.ts'
import type { Subject } from '../cluster/subject.ts'
import { installSluice, NAMESPACE, type NodeLab, RELEASE, SYSTEM, theNode } from './lab.ts'
import { countOf, killProcesses } from './processes.ts'
import { closeShop, openShop, pauseAt, RATE, report } from './shop.ts'
import { untilNothingIsLeft } from './traces.ts'

const ANNOTATIONS = { 'sluice.dev/steps': '20%, pause', 'sluice.dev/analysis': 'none' }

/** A native Deployment in front of which is a native Service, all pods of one version. */
const assertNative = async ({ client }: NodeLab, web: Subject, version: string): Promise<void> => {
  const { spec } = await web.deployment()
  assert.equal(spec.paused ?? false, false)
  assert.equal(spec.strategy?.type, 'RollingUpdate')
  assert.deepEqual((await web.service()).spec.selector, { app: web.name })
  await waitFor({ what: `${web.name} to run ${version} only`, timeoutMs: 120_000 }, async () => {
    const sizes = await web.sizes()
    return JSON.stringify(sizes) === JSON.stringify({ [version]: 4 })
  })
  await waitFor({ what: `only native slices of ${web.name}` }, async () => {
    const labelSelector = `${SERVICE_NAME}=${web.name}`
    const { items } = await client.list<EndpointSlice>(ENDPOINT_SLICES, { namespace: NAMESPACE, labelSelector })
    const managers = items.map(({ metadata }) => metadata.labels?.['endpointslice.kubernetes.io/managed-by'])
    return managers.every(manager => manager === 'endpointslice-controller.k8s.io') && managers.length > 0
  })
}

describe('on a real node', () => {
  let lab: NodeLab
  before(async () => {
    lab = await theNode()
    await installSluice(lab)
  })

  test('sluice eject gives a Deployment and its Service back while all of Sluice is dead, and no user loses a request', async () => {
    const web = await openShop(lab, { name: 'ejected', annotations: ANNOTATIONS })
    await pauseAt(web, 'v2')
    const seen = await lab.users.during({ urls: [web.url], rate: RATE }, async () => {
      await lab.kubectl('scale', `--namespace=${SYSTEM}`, `deployment/${RELEASE}-controller`, '--replicas=0')
      killProcesses('controller')
      await waitFor({ what: 'the controllers to be gone' }, async () => countOf('controller') === 0)
      // It is refused for as long as the killed controller's Lease could still be that of one at work.
      await waitFor({ what: 'the eject', everyMs: 2000 }, () => lab.sluice('eject', 'deployment/ejected'))
      await sleep(2000)
    })
    report({
      test: 'sluice eject',
      proxy: lab.proxyMode,
      requests: seen.requests,
      dropped: seen.dropped.length,
      reasons: seen.reasons,
    })
    assert.deepEqual(seen.reasons, {})
    await assertNative(lab, web, 'v1')
    await lab.kubectl('scale', `--namespace=${SYSTEM}`, `deployment/${RELEASE}-controller`, '--replicas=2')
    await closeShop(lab, web)
  })

  test('helm uninstall in the middle of two rollouts gives both back first, leaves nothing, and no user loses a request', async () => {
    const first = await openShop(lab, { name: 'first', annotations: ANNOTATIONS })
    const second = await openShop(lab, { name: 'second', annotations: ANNOTATIONS })
    await pauseAt(first, 'v2')
    await pauseAt(second, 'v2')
    let seconds = 0
    const seen = await lab.users.during({ urls: [first.url, second.url], rate: RATE }, async () => {
      const began = performance.now()
      await lab.helm('uninstall', RELEASE, `--namespace=${SYSTEM}`, '--wait', '--timeout=120s')
      seconds = Math.round((performance.now() - began) / 1000)
      await sleep(2000)
    })
    report({
      test: 'helm uninstall',
      proxy: lab.proxyMode,
      seconds,
      requests: seen.requests,
      dropped: seen.dropped.length,
      reasons: seen.reasons,
    })
    assert.deepEqual(seen.reasons, {})
    await assertNative(lab, first, 'v1')
    await assertNative(lab, second, 'v1')
    await untilNothingIsLeft(lab)
    await closeShop(lab, first)
    await closeShop(lab, second)
  })
})
