import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../kube/errors.ts'
import { type MemoryApi, makeMemoryApi } from '../testing/memory-api.ts'
import { assertGolden, run } from '../testing/run.ts'

const GROUPS = ['apps/v1', 'discovery.k8s.io/v1', 'coordination.k8s.io/v1', 'admissionregistration.k8s.io/v1']
const ADMISSION = ['mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings']

const forbidden = (path: string) => new ApiError({ status: 403, reason: 'Forbidden', message: `may not: ${path}` })

/** A cluster without Sluice, and a user who may not ask about others' rights. */
const aCluster = (): MemoryApi => {
  const api = makeMemoryApi()
  api.answer = (method, path) => {
    if (path === '/version') return { gitVersion: 'v1.34.4' }
    if (path === '/apis') return { groups: GROUPS.map(groupVersion => ({ versions: [{ groupVersion }] })) }
    if (path === '/apis/admissionregistration.k8s.io/v1') return { resources: ADMISSION.map(name => ({ name })) }
    if (method === 'POST' && path.endsWith('/deployments?dryRun=All')) return {}
    throw forbidden(path)
  }
  return api
}

test('check cluster says of each thing that is missing what to do, in lines of 80 cells', async () => {
  const { code, out, err } = await run(aCluster(), 'check cluster')
  assert.deepEqual([code, err], [1, ''])
  for (const line of out.split('\n')) assert.ok(line.length <= 80, line)
  assertGolden('check-cluster', out)
})

test('check cluster -o json has a row for each check', async () => {
  const { code, out } = await run(aCluster(), 'check cluster -o json')
  const { checks } = JSON.parse(out)
  assert.equal(code, 1)
  assert.deepEqual(checks[0], { check: 'server', verdict: 'ok', text: 'Kubernetes v1.34.4' })
})

test('check deployment/cluster is about a Deployment of that name', async () => {
  const { code, err } = await run(aCluster(), 'check deployment/cluster')
  assert.equal(code, 1)
  assert.match(err, /no Deployment or Rollout cluster in namespace shop/)
})
