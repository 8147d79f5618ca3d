/** The single-file executable where there is no Node: its commands, against the in-process cluster, and the page within it. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { VERSION } from '../../api/version.ts'
import { type Cluster, startCluster } from '../../cluster/start.ts'
import { putShop } from '../../dashboard/testing/shop.ts'
import { silentLogger } from '../../kube/log.ts'
import { apply, readCrds } from '../../local/apply.ts'
import { makeExecutable, whyNoExecutable } from './executable.ts'

const skip = whyNoExecutable()
const folder = mkdtempSync(join(tmpdir(), 'sluice-executable-'))
const program = join(folder, 'kubectl-sluice')
/** Nothing on the PATH. */
const env = { PATH: join(folder, 'nothing'), HOME: folder }
let cluster: Cluster

before(async () => {
  if (skip !== undefined) return
  const { content, licences } = await makeExecutable()
  for (const name of ['commander', 'preact', 'Node.js']) assert.ok(licences.includes(name), name)
  writeFileSync(program, content, { mode: 0o755 })
  cluster = await startCluster({ stateDir: join(folder, 'state'), log: silentLogger, node: false, proxy: false })
  await apply(cluster.client, readCrds(join(import.meta.dirname, '../..')))
  await putShop(cluster.client)
})

after(async () => {
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const flags = () => ['--kubeconfig', cluster.kubeconfig, '-n', 'shop']

/** Its output; not `spawnSync` where the cluster of this very process has to answer. */
const run = (...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, timeout: 60_000 })
    let [out, err] = ['', '']
    child.stdout.on('data', chunk => {
      out += chunk
    })
    child.stderr.on('data', chunk => {
      err += chunk
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, out, err }))
  })

test('it runs without Node, says its version, and nothing of what it is made of', { skip }, () => {
  const { status, stdout, stderr } = spawnSync(program, ['--version'], { env, encoding: 'utf8' })
  assert.deepEqual([status, stdout, stderr], [0, `${VERSION}\n`, ''])
})

test('get shows an update of the cluster of the kubeconfig, by a lazy part of the program too', { skip }, async () => {
  const { code, out, err } = await run(...flags(), 'get', 'web')
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /Paused[\s\S]*revision:1/)
  const wrong = await run('lint')
  assert.deepEqual([wrong.code, wrong.out], [2, ''])
  assert.match(wrong.err, /^error: lint needs a file/)
})

test('as kubectl-sluice it is kubectl sluice', { skip }, async () => {
  assert.match((await run('promote', '--help')).out, /Usage: kubectl sluice promote/)
})

test('dashboard serves the page that is in it', { skip }, async () => {
  const child = spawn(program, [...flags(), 'dashboard', '--port', '0'], { env, timeout: 60_000 })
  try {
    let address = ''
    for await (const line of createInterface({ input: child.stdout })) {
      address = line
      break
    }
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/\?key=/)
    const page = await fetch(new URL('/', address))
    assert.match(await page.text(), /<title>Sluice<\/title>[\s\S]*app\.js/)
    assert.match(await (await fetch(new URL('/app.js', address))).text(), /preact|createElement|insertBefore/)
  } finally {
    child.kill('SIGKILL')
  }
})
