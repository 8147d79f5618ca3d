/** What is in the bundle, and that each process starts from it where there is no node_modules. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { stringify } from 'yaml'
import { type Bundle, loadedBy, makeBundle } from './make-bundle.ts'
import { bundledPackages } from './third-party.ts'

let bundle: Bundle
let directory: string

before(async () => {
  bundle = await makeBundle()
  directory = mkdtempSync(join(tmpdir(), 'sluice-bundle-'))
  for (const { name, content } of bundle.files) writeFileSync(join(directory, name), content)
})

after(() => rmSync(directory, { recursive: true, force: true }))

type Ended = { readonly code: number; readonly out: string; readonly err: string }

const run = (...args: readonly string[]): Promise<Ended> =>
  new Promise(resolve => {
    const options = { cwd: directory, env: { KUBECONFIG: join(directory, 'none') }, timeout: 60_000 }
    execFile(process.execPath, [join(directory, 'main.mjs'), ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
    })
  })

const FIRST_LINES = {
  controller: /^Controller of Sluice/,
  webhook: /^Admission webhook of Sluice/,
  router: /^Usage: .*\n +--admin-port/,
  'dashboard-server': /^Dashboard of Sluice/,
}

for (const [name, first] of Object.entries(FIRST_LINES)) {
  test(`${name} --help is the help of that process`, async () => {
    const { code, out, err } = await run(name, '--help')
    assert.match(out, first)
    assert.deepEqual({ code, err }, { code: 0, err: '' })
  })

  test(`${name} reads its own flags`, async () => {
    const { code, err } = await run(name, '--nonsense')
    assert.match(err, /--nonsense/)
    assert.equal(code, 2)
  })

  test(`${name} without a kubeconfig says that there is none`, async () => {
    const { code, err, out } = await run(name)
    assert.notEqual(code, 0)
    assert.match(err + out, /none|POD_/)
  })
}

test('without arguments it is the help of the command line', async () => {
  const { code, out } = await run()
  assert.match(out, /^Usage: sluice \[options\]/)
  assert.equal(code, 0)
})

test('everything else is the command line', async () => {
  assert.match((await run('version', '--client')).out, /^sluice \d+\.\d+\.\d+\n$/)
})

test('a kubeconfig is read', async () => {
  const cluster = { clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }], users: [{ name: 'u', user: {} }] }
  const context = { 'current-context': 'x', contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }] }
  const path = join(directory, 'kubeconfig')
  writeFileSync(path, stringify({ apiVersion: 'v1', kind: 'Config', ...cluster, ...context }))
  assert.match((await run('version', '--kubeconfig', path)).out, /not reached: .*ECONNREFUSED/)
})

test('an unknown word is the error of the command line', async () => {
  const { code, err } = await run('toString')
  assert.match(err, /unknown command 'toString'; sluice --help shows how/)
  assert.equal(code, 2)
})

const loads = (file: string, part: string): boolean => [...loadedBy(bundle.graph, file)].some(path => path.includes(part))

for (const name of ['router', 'controller', 'webhook', 'dashboard', 'cli']) {
  test(`${name} does not load the Kubernetes client library when it starts`, () => {
    assert.ok(loads(`${name}.mjs`, 'kube/cluster-access.ts'), 'the file that loads it on demand is there')
    assert.ok(!loads(`${name}.mjs`, 'node_modules/@kubernetes/client-node/'))
  })
}

test('the entry loads no process before it is asked for', () => {
  assert.deepEqual([...loadedBy(bundle.graph, 'main.mjs')], ['image/main.ts'])
})

test('the router loads nothing of the other processes', () => {
  assert.ok(loads('router.mjs', 'router/router.ts'))
  for (const part of ['controller/', 'webhook/', 'cli/', 'engine/', 'node_modules/express/'])
    assert.deepEqual(
      [...loadedBy(bundle.graph, 'router.mjs')].filter(path => path.startsWith(part)),
      [],
    )
})

test('the licence of every package in the bundle goes with it', () => {
  const text = Buffer.from(bundle.files.find(({ name }) => name === 'THIRD-PARTY.txt')?.content ?? []).toString()
  const names = bundledPackages(bundle.graph).map(folder =>
    folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
  )
  for (const name of ['express', 'http-proxy', 'undici', '@kubernetes/client-node']) assert.ok(names.includes(name), name)
  for (const name of names) assert.match(text, new RegExp(`^${name.replaceAll('/', '\\/')} \\d+\\.\\d+\\.\\S+ \\(.+\\)$`, 'm'))
  assert.match(text, /Permission is hereby granted/)
})

test('source maps are left out unless they are asked for', async () => {
  const maps = (files: Bundle['files']) => files.filter(({ name }) => name.endsWith('.map')).length
  assert.equal(maps(bundle.files), 0)
  assert.equal(maps((await makeBundle({ sourceMaps: true })).files), bundle.files.length - 1)
})

test('the same sources give the same bundle', async () => {
  assert.deepEqual((await makeBundle()).files, bundle.files)
})
