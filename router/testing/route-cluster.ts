/** An in-process cluster that knows Routes and has Sluice's namespace; gone, with what it wrote, when the test has ended. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { parse } from 'yaml'
import type { KubeObject } from '../../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../../api/names.ts'
import { type Cluster, startCluster } from '../../cluster/start.ts'
import { silentLogger } from '../../kube/log.ts'
import { CRDS, NAMESPACES } from '../../kube/resources.ts'

const ROOT = resolve(import.meta.dirname, '../..')

export const startRouteCluster = async (t: TestContext): Promise<Cluster> => {
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-router-'))
  const cluster = await startCluster({ stateDir, log: silentLogger, workingDirectory: ROOT })
  t.after(async () => {
    await cluster.stop()
    await rm(stateDir, { recursive: true, force: true })
  })
  const crd: KubeObject = parse(readFileSync(join(ROOT, 'charts/sluice/files/crds/routes.yaml'), 'utf8'))
  await cluster.client.create(CRDS, crd)
  await cluster.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SLUICE_NAMESPACE } })
  return cluster
}
