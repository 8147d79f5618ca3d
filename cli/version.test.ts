import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VERSION } from '../api/version.ts'
import { makeMemoryApi } from './testing/memory-api.ts'
import { run } from './testing/run.ts'

const withAnswer = (raw: () => Promise<unknown>) => {
  const api = makeMemoryApi()
  return { ...api, client: { ...api.client, raw } as typeof api.client }
}

test('version prints the version of the program and of the cluster', async () => {
  const api = withAnswer(async () => ({ gitVersion: 'v1.34.1' }))
  assert.deepEqual(await run(api, 'version'), {
    code: 0,
    out: `sluice ${VERSION}\nKubernetes v1.34.1 at https://127.0.0.1:6443\n`,
    err: '',
  })
})

test('version says when the cluster is not reached, and asks nobody with --client', async () => {
  const asked: string[] = []
  const api = withAnswer(async () => {
    asked.push('version')
    throw new Error('connection refused')
  })
  const { code, out } = await run(api, 'version')
  assert.deepEqual([code, out.split('\n')[1]], [0, 'Kubernetes not reached: connection refused'])
  assert.equal((await run(api, 'version --client')).out, `sluice ${VERSION}\n`)
  assert.equal(asked.length, 1)
})
