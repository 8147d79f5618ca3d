import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** Prints the names of the packages that were loaded by importing a module. */
const PROBE = `
import { registerHooks } from 'node:module'
const seen = new Set()
registerHooks({
  load(url, context, next) {
    const found = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)
    if (found) seen.add(found[1])
    return next(url, context)
  },
})
await import(process.env.TARGET)
console.log(JSON.stringify([...seen]))
`

test('the router does without the Kubernetes client library, which costs 80 MB, until a kubeconfig asks for it', async () => {
  const target = new URL('router.ts', import.meta.url).href
  const transport = new URL('../kube/transport.ts', import.meta.url).href
  for (const url of [target, transport]) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROBE], {
      env: { ...process.env, TARGET: url },
    })
    const packages: unknown = JSON.parse(stdout)
    assert.ok(Array.isArray(packages) && packages.length > 0, stdout)
    assert.ok(!packages.includes('@kubernetes/client-node'), stdout)
  }
})
