/** Flags of Argo Rollouts' command line that change how something is shown or as whom it is asked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VERSION } from '../api/version.ts'
import type { Transport } from '../kube/client.ts'
import { impersonating } from './impersonate.ts'
import { runProgram } from './program.ts'
import { makeMemoryApi } from './testing/memory-api.ts'
import { midUpdate } from './testing/objects.ts'
import { run } from './testing/run.ts'

const shop = () => {
  const api = makeMemoryApi()
  api.put(...midUpdate())
  return api
}

test('version --short is the number alone', async () => {
  assert.equal((await run(shop(), 'version --short')).out, `${VERSION}\n`)
})

test('list --timestamps has the time above each page, and the time alone makes no new page', async () => {
  const api = shop()
  const once = (await run(api, 'list rollouts --timestamps')).out
  assert.match(once, /^2026-01-01T12:00:00Z\nNAME /)
  const { out } = await run(api, 'list --timestamps -w', { stopAtSleep: 4 })
  assert.equal(out.match(/^NAME /gm)?.length, 1)
  assert.equal(JSON.parse((await run(api, 'list --timestamps -o json')).out).kind, 'List')
})

test('get -w ends after --timeout-seconds', async () => {
  const { code, out } = await run(shop(), 'get web -w --timeout-seconds 3')
  assert.equal(code, 0)
  assert.match(out, /^Name: +web\n/)
  assert.match(
    (await run(shop(), 'get web -w --timeout-seconds soon')).err,
    /^error: --timeout-seconds: "soon" is no number of seconds/,
  )
})

const file =
  'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: lonely}\nspec:\n  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: gone}\n  strategy: {canary: {}}\n'

test('create -w follows the Rollout that was made', async () => {
  const { code, out } = await run(makeMemoryApi(), 'create -f lonely.yaml -w', { files: { 'lonely.yaml': file }, stopAtSleep: 6 })
  assert.equal(code, 0)
  assert.match(out, /^Rollout lonely is there\n[\s\S]*⟳ lonely/)
})

test('--as and --as-group are what kubectl sends for them, on every request', async () => {
  const seen: { readonly [name: string]: string }[] = []
  const transport: Transport = async ({ headers = {} }) => {
    seen.push(headers)
    return { status: 200, headers: {}, body: (async function* () {})() }
  }
  const request = { method: 'GET', path: '/version', headers: { accept: 'application/json' } }
  await impersonating(transport, { user: 'ada' })(request)
  await impersonating(transport, { user: 'ada', group: 'developers' })(request)
  assert.deepEqual(seen, [
    { accept: 'application/json', 'impersonate-user': 'ada' },
    { accept: 'application/json', 'impersonate-user': 'ada', 'impersonate-group': 'developers' },
  ])
})

test('who is meant by --as is chosen with the cluster; a group without somebody is refused', async () => {
  const choices: unknown[] = []
  const api = shop()
  const outside = {
    ...{ name: 'sluice', isTerminal: false, columns: undefined, rows: undefined, noColor: undefined, now: () => 0 },
    ...{ write: () => undefined, readInput: async () => [], sleep: async () => undefined, signal: new AbortController().signal },
    connect: async (choice: unknown) => {
      choices.push(choice)
      return { client: api.client, stream: api.stream, namespace: 'shop', server: '' }
    },
  }
  let err = ''
  const writeError = (text: string): void => {
    err += text
  }
  await runProgram({ ...outside, writeError, argv: ['list', '--as', 'ada', '--as-group', 'developers', '-n', 'shop'] })
  assert.deepEqual(choices, [{ namespace: 'shop', impersonated: { user: 'ada', group: 'developers' } }])
  assert.equal(await runProgram({ ...outside, writeError, argv: ['list', '--as-group', 'developers'] }), 2)
  assert.match(err, /^error: --as-group is the group of the user of --as, which is missing/)
})
