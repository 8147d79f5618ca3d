import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { KubeObject } from '../../api/kubernetes.ts'
import { type Cluster, startCluster } from '../../cluster/start.ts'
import { silentLogger } from '../../kube/log.ts'
import { NAMESPACES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Release, render, withHelm } from './helm.ts'

/** A kind of somebody else, open for every field, so that the chart's objects of it can be made. */
const foreign = (group: string, kind: string, version: string): KubeObject => {
  const plural = `${kind.toLowerCase()}s`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  } as KubeObject
}

const SETS: { readonly [name: string]: Release } = {
  defaults: {},
  everything: { name: 'all', values: ['everything.yaml'] },
  'cert-manager and monitoring, in another namespace': {
    name: 'rel',
    namespace: 'platform',
    set: [
      'certManager.enabled=true',
      'monitoring.serviceMonitor.enabled=true',
      'monitoring.podMonitor.enabled=true',
      'monitoring.rules.enabled=true',
      'monitoring.dashboards.enabled=true',
    ],
  },
}

describe('the API server takes every object of the chart', withHelm, () => {
  let cluster: Cluster
  let stateDir: string
  before(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'sluice-chart-'))
    cluster = await startCluster({ stateDir, log: silentLogger, node: false, proxy: false })
    for (const name of ['sluice-system', 'platform'])
      await cluster.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    const kinds = [
      ['cert-manager.io', 'Certificate', 'v1'],
      ['cert-manager.io', 'Issuer', 'v1'],
      ['monitoring.coreos.com', 'ServiceMonitor', 'v1'],
      ['monitoring.coreos.com', 'PodMonitor', 'v1'],
      ['monitoring.coreos.com', 'PrometheusRule', 'v1'],
    ] as const
    await apply(
      cluster.client,
      kinds.map(([group, kind, version]) => foreign(group, kind, version)),
    )
    await waitFor({ what: 'the kinds to be served' }, async () => {
      await cluster.client.raw('GET', '/apis/monitoring.coreos.com/v1')
      await cluster.client.raw('GET', '/apis/cert-manager.io/v1')
      return true
    })
  })
  after(async () => {
    await cluster.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })

  for (const [name, release] of Object.entries(SETS))
    test(name, async () => {
      const objects = await render(release)
      assert.ok(objects.length > 30)
      const rank = ({ kind }: KubeObject): number => (kind === 'CustomResourceDefinition' ? 0 : kind === 'ServiceAccount' ? 1 : 2)
      // As Helm: what others need first. One after the other, so that a refusal names its object.
      for (const object of objects.toSorted((a, b) => rank(a) - rank(b)))
        await apply(cluster.client, [object]).catch((error: Error) =>
          assert.fail(`${object.kind} ${object.metadata.name}: ${error.message}`),
        )
    })
})
