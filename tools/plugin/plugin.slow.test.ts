import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { VERSION } from '../../api/version.ts'
import { makePluginArchive } from './archive.ts'
import { renderKrewManifest } from './manifest.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-plugin-'))
after(() => rmSync(folder, { recursive: true }))

const { content, sha256 } = await makePluginArchive()

test('the unpacked plugin runs through a link, as krew makes one, without the sources', () => {
  mkdirSync(join(folder, 'store'))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'plugin.tar.gz'), content)
  execFileSync('tar', ['-xzf', join(folder, 'plugin.tar.gz'), '-C', join(folder, 'store')])
  const files = readdirSync(join(folder, 'store'))
  for (const name of ['cli.mjs', 'LICENSE', 'THIRD-PARTY.txt', 'kubectl-sluice', 'kubectl_complete-sluice'])
    assert.ok(files.includes(name), name)
  for (const name of ['router.mjs', 'controller.mjs', 'webhook.mjs']) assert.ok(!files.includes(name), name)
  symlinkSync(join(folder, 'store', 'kubectl-sluice'), join(folder, 'bin', 'kubectl-sluice'))
  const run = (...args: readonly string[]) => spawnSync(join(folder, 'bin', 'kubectl-sluice'), args, { encoding: 'utf8' })
  assert.equal(run('version', '--client').stdout, `sluice ${VERSION}\n`)
  assert.match(run('lint').stderr, /^error: lint needs a file/)
})

test('without Node the plugin says what it needs', () => {
  const { status, stderr } = spawnSync('/bin/sh', [join(folder, 'store', 'kubectl-sluice')], {
    env: { PATH: [join(folder, 'bin'), join(folder, 'nowhere')].join(delimiter) },
    encoding: 'utf8',
  })
  assert.deepEqual([status, stderr], [1, 'error: kubectl sluice needs Node 22.19 or newer on the PATH (https://nodejs.org)\n'])
})

test('the manifest has the digest of the archive, for each system', async () => {
  assert.equal(sha256, createHash('sha256').update(content).digest('hex'))
  assert.equal((await makePluginArchive()).sha256, sha256)
  const manifest = parse(renderKrewManifest({ version: '0.1.0', url: 'https://example.com/a.tar.gz', sha256 }))
  assert.deepEqual([manifest.metadata.name, manifest.spec.version], ['sluice', 'v0.1.0'])
  assert.deepEqual(
    manifest.spec.platforms.map((one: { selector: object; sha256: string; bin: string }) => [one.selector, one.sha256, one.bin]),
    ['linux', 'darwin'].map(os => [{ matchLabels: { os } }, sha256, 'kubectl-sluice']),
  )
  assert.ok(manifest.spec.shortDescription.length <= 80)
})

test('an executable comes first in the manifest, for its system only', () => {
  const executable = { os: 'linux', arch: 'amd64', url: 'https://example.com/b.tar.gz', sha256: 'b'.repeat(64) }
  const manifest = parse(renderKrewManifest({ version: '0.1.0', url: 'https://example.com/a.tar.gz', sha256, executable }))
  assert.deepEqual(
    manifest.spec.platforms.map((one: { selector: { matchLabels: object }; uri: string }) => [one.selector.matchLabels, one.uri]),
    [
      [{ os: 'linux', arch: 'amd64' }, executable.url],
      [{ os: 'linux' }, 'https://example.com/a.tar.gz'],
      [{ os: 'darwin' }, 'https://example.com/a.tar.gz'],
    ],
  )
  assert.match(manifest.spec.caveats, /but on linux\/amd64, where it has its own/)
})
