import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { CUSTOM_RESOURCES } from '../../api/custom-resources.ts'
import type { Pod } from '../../api/kubernetes.ts'
import { makeCrd } from '../../api/schema/custom-resource.ts'
import { makeAuthority, makeServing, type Pair } from '../../kube/certificate-pair.ts'
import { NOW } from '../testing/objects.ts'
import { nameOf } from './definitions.ts'
import { checkCluster } from './index.ts'
import type { Row } from './row.ts'
import type { Asked, ClusterSeen, Definition, WebhookConfiguration } from './seen.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const NAMES = ['sluice-webhook.sluice-system.svc']

let authority: Pair
let serving: Pair

const aPod = (component: string, name: string, ready = true): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'sluice-system', labels: { 'app.kubernetes.io/component': component } },
  spec: { containers: [] },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
})

const aLease = (holderIdentity: string, age: number) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'any' },
  spec: { holderIdentity, renewTime: new Date(NOW - age).toISOString(), leaseDurationSeconds: 15 },
})

const aDaemonSet = (name: string) => ({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name } })

const aConfiguration = (ca: string): WebhookConfiguration => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'sluice' },
  webhooks: ['deployments.sluice.dev', 'services.sluice.dev'].map(name => ({
    name,
    clientConfig: { caBundle: Buffer.from(ca).toString('base64') },
  })),
})

const served = { conditions: [{ type: 'Established', status: 'True' }] }

const definitions = () =>
  Object.fromEntries(
    CUSTOM_RESOURCES.map(one => [nameOf(one), { is: { ...(makeCrd(one) as unknown as Definition), status: served } }]),
  )

const aRight = (allowed: Asked['allowed'], right = 'patch apps/deployments'): Asked => ({
  component: 'controller',
  account: 'sluice-system/sluice-controller',
  right,
  allowed,
})

const good = (): ClusterSeen => ({
  now: NOW,
  systemNamespace: 'sluice-system',
  version: 'v1.34.4',
  groupVersions: ['apps/v1', 'discovery.k8s.io/v1', 'coordination.k8s.io/v1'],
  admissionResources: ['mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
  nodes: {
    is: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status: { nodeInfo: { kubeletVersion: 'v1.34.4' } } }],
  },
  definitions: definitions(),
  webhook: { is: aConfiguration(authority.cert) },
  servingCertificate: { is: serving.cert },
  trial: { is: { outcome: 'refused-by-webhook', message: '' } },
  guard: { is: { policy: true, binding: true } },
  pods: {
    is: [aPod('controller', 'c-0'), aPod('router', 'r-0'), aPod('router', 'r-1'), aPod('webhook', 'w-0'), aPod('webhook', 'w-1')],
  },
  leases: { is: [aLease('c-0', 2000), aLease('r-1', 1000)] },
  rights: [aRight({ is: true })],
  daemonSets: { is: [aDaemonSet('kube-proxy')] },
  ciliumConfig: { is: undefined },
  felix: { is: undefined },
  argoRollouts: { is: [] },
})

const about = (check: string, change: Partial<ClusterSeen>): Row => {
  const found = checkCluster({ ...good(), ...change }).find(row => row.check === check)
  assert.ok(found, `no row ${check}`)
  return found
}

const assertRow = (row: Row, verdict: Row['verdict'], text: RegExp) => {
  assert.equal(row.verdict, verdict, row.text)
  assert.match(row.text, text)
}

before(async () => {
  authority = await makeAuthority('test', NOW - 30 * DAY_MS)
  serving = await makeServing(authority, NAMES, NOW - 30 * DAY_MS)
})

describe('check cluster', () => {
  test('has nothing to say against a cluster with everything', () => {
    assert.deepEqual(
      checkCluster(good()).filter(({ verdict }) => verdict !== 'ok'),
      [],
    )
  })

  test('misses a server that is new enough', () => {
    assertRow(about('server', { version: 'v1.28.3-gke.1' }), 'missing', /v1\.28\.3-gke\.1 is too old; Sluice needs 1\.30/)
    assertRow(about('admission webhooks', { version: 'v1.28.3' }), 'missing', /before Kubernetes 1\.30/)
    assertRow(about('admission policies', { admissionResources: [] }), 'missing', /is not served/)
    assertRow(about('api discovery.k8s.io', { groupVersions: [] }), 'missing', /discovery\.k8s\.io\/v1 is not served/)
  })

  test('warns of nodes on which no native sidecar can run', () => {
    const old = {
      is: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' }, status: { nodeInfo: { kubeletVersion: 'v1.28.9' } } }],
    }
    assertRow(about('native sidecars', { nodes: old }), 'warn', /not on n2/)
    assertRow(about('native sidecars', { nodes: { refused: 'you may not' } }), 'warn', /could not be read \(you may not\)/)
  })

  test('tells a kind that is not there from one that is old, one of somebody else, and one that is not served', () => {
    const name = 'routes.sluice.dev'
    const of = (is: Definition | undefined) => about('crd routes', { definitions: { ...definitions(), [name]: { is } } })
    const current = definitions()[name]?.is as Definition
    assertRow(of(undefined), 'missing', /is not there; install the chart/)
    assertRow(of({ ...current, status: {} }), 'missing', /is not served/)
    const spec = current.spec as { readonly versions: readonly object[] }
    const older = { ...current, spec: { ...spec, versions: spec.versions.map(one => ({ ...one, schema: {} })) } }
    assertRow(of(older), 'warn', /another version of Sluice/)
    assertRow(of({ ...older, metadata: { name } }), 'warn', /was not installed by Sluice/)
  })

  test('takes what the API server adds to a kind as the same', () => {
    const name = 'routes.sluice.dev'
    const current = definitions()[name]?.is as Definition
    const defaulted = { ...current, spec: { ...(current.spec as object), conversion: { strategy: 'None' } } }
    assert.equal(about('crd routes', { definitions: { ...definitions(), [name]: { is: defaulted } } }).verdict, 'ok')
  })

  test('misses a webhook that is not registered, or only by half', () => {
    assertRow(about('webhook registered', { webhook: { is: undefined } }), 'missing', /updates are not held/)
    const { webhooks = [], ...rest } = aConfiguration(authority.cert)
    const half = { is: { ...rest, webhooks: webhooks.slice(0, 1) } }
    assertRow(about('webhook registered', { webhook: half }), 'missing', /services\.sluice\.dev not in/)
  })

  test('misses a certificate that the API server trusts', async () => {
    const stranger = await makeAuthority('stranger', NOW - DAY_MS)
    const row = (change: Partial<ClusterSeen>) => about('webhook certificate', change)
    assertRow(row({ webhook: { is: aConfiguration('') } }), 'missing', /caBundle is empty/)
    assertRow(row({ webhook: { is: aConfiguration(stranger.cert) } }), 'missing', /no authority in caBundle signed it/)
    assertRow(row({ now: NOW + 400 * DAY_MS }), 'missing', /it ran out at/)
    assertRow(row({ now: NOW - 40 * DAY_MS }), 'missing', /valid only from/)
    assertRow(row({ now: NOW + 332 * DAY_MS }), 'warn', /renewed long ago/)
    assertRow(row({ servingCertificate: { is: 'nothing' } }), 'missing', /holds no certificate/)
    assertRow(row({ servingCertificate: { refused: 'you may not' } }), 'warn', /could not be read \(you may not\)/)
    const both = aConfiguration(`${stranger.cert}${authority.cert}`)
    assertRow(row({ webhook: { is: both } }), 'ok', /signed by an authority in caBundle/)
  })

  test('says why the API server gets no answer from the webhook', () => {
    const failed = {
      is: { outcome: 'failed', message: 'failed calling webhook "deployments.sluice.dev": connection refused' },
    } as const
    assertRow(about('webhook answers', { trial: failed }), 'missing', /connection refused; see webhook pods/)
    assertRow(
      about('webhook answers', { trial: { is: { outcome: 'let-through', message: '' } } }),
      'missing',
      /without asking it/,
    )
    assertRow(about('webhook answers', { trial: { refused: 'you may not' } }), 'warn', /not allowed to you/)
    assertRow(about('guard', { guard: { is: { policy: true, binding: false } } }), 'missing', /its binding is not there/)
  })

  test('misses processes that are not ready, and warns of a single one where two are advised', () => {
    assertRow(about('router pods', { pods: { is: [] } }), 'missing', /there is none: updates of Deployments with Services wait/)
    assertRow(about('router pods', { pods: { is: [aPod('router', 'r-0', false)] } }), 'missing', /1 pod, none ready/)
    assertRow(about('router pods', { pods: { is: [aPod('router', 'r-0')] } }), 'warn', /run 2/)
    const half = { is: [aPod('router', 'r-0'), aPod('router', 'r-1', false)] }
    assertRow(about('router pods', { pods: half }), 'warn', /1 of 2 pods ready/)
    assertRow(about('controller pods', { pods: { is: [aPod('controller', 'c-0')] } }), 'ok', /1 pod ready/)
  })

  test('misses a leader whose Lease ran out, or is held by a pod that is gone', () => {
    assertRow(about('controller leader', {}), 'ok', /c-0, heard of 2 s ago/)
    assertRow(about('controller leader', { leases: { is: [aLease('c-0', 16_000)] } }), 'missing', /no running controller/)
    assertRow(about('router leader', { leases: { is: [aLease('r-9', 1000)] } }), 'missing', /do not publish themselves/)
    assertRow(about('router leader', { leases: { refused: 'you may not' } }), 'warn', /could not be read/)
  })

  test('names the rights that a ServiceAccount lacks, and says when that could not be asked', () => {
    const rights = ['get a', 'list b', 'watch c', 'patch d'].map(right => aRight({ is: false }, right))
    assertRow(about('controller rights', { rights }), 'missing', /may not get a, list b, watch c and 1 more/)
    assertRow(about('controller rights', { rights: [aRight({ refused: 'you may not' })] }), 'warn', /could not be asked/)
  })

  test('knows which data planes fall back to the stable pods when every router is dead', () => {
    const row = (names: readonly string[], change: Partial<ClusterSeen> = {}) =>
      about('data plane', { daemonSets: { is: names.map(aDaemonSet) }, ...change })
    assertRow(row(['kube-proxy']), 'ok', /kube-proxy/)
    assertRow(row(['kube-proxy'], { version: 'v1.27.1' }), 'warn', /from 1\.28 on/)
    assertRow(row(['cilium', 'kube-proxy'], { ciliumConfig: { is: { 'kube-proxy-replacement': 'false' } } }), 'ok', /^kube-proxy/)
    assertRow(row(['cilium'], { ciliumConfig: { refused: 'you may not' } }), 'ok', /^Cilium/)
    assertRow(row(['cilium', 'kube-proxy'], { ciliumConfig: { is: { 'kube-proxy-replacement': 'true' } } }), 'ok', /^Cilium/)
    assertRow(row(['calico-node'], { felix: { is: { bpfEnabled: true } } }), 'warn', /does not send to terminating endpoints/)
    assertRow(row(['calico-node', 'kube-proxy'], { felix: { is: { bpfEnabled: false } } }), 'ok', /kube-proxy/)
    assertRow(row(['calico-node'], { felix: { refused: 'you may not' } }), 'warn', /could not be read/)
    assertRow(row(['antrea-agent']), 'warn', /Antrea/)
    assertRow(row([]), 'warn', /no DaemonSet/)
    assertRow(about('data plane', { daemonSets: { refused: 'you may not' } }), 'warn', /could not be listed/)
  })

  test('tells what else is there', () => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'argo-rollouts', namespace: 'argo' } }
    assertRow(about('argo rollouts', { argoRollouts: { is: [deployment] } }), 'ok', /runs as argo\/argo-rollouts/)
    assertRow(about('prometheus operator', { groupVersions: ['monitoring.coreos.com/v1'] }), 'ok', /are served/)
  })
})
