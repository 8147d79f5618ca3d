/** The real image, unpacked and run with nothing else on the disk: chroot needs root, so other users skip these tests. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeAuthority, makeServing } from '../kube/certificate-pair.ts'
import { CA_PATH } from './node-runtime.ts'
import { buildSluiceImage, SLUICE_CONFIG } from './sluice-image.ts'
import { startDnsServer } from './testing/dns-server.ts'
import type { WrittenImage } from './write-image.ts'

const MEBIBYTE = 2 ** 20
const skip = process.getuid?.() === 0 ? false : 'chroot needs root'

const directory = mkdtempSync(join(tmpdir(), 'sluice-image-'))
const root = join(directory, 'root')
const archive = join(directory, 'image.tar')
let image: WrittenImage

type Ended = { readonly code: number; readonly out: string; readonly err: string }

/** Runs a command in the image as its user, with its environment and no other. */
const run = (...command: readonly string[]): Promise<Ended> =>
  new Promise(resolve => {
    const env = Object.fromEntries((SLUICE_CONFIG.Env ?? []).map(pair => pair.split('=', 2)))
    const args = [`--userspec=${SLUICE_CONFIG.User}`, '--groups=', root, ...command]
    execFile('/usr/sbin/chroot', args, { env, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
    })
  })
const sluice = (...args: readonly string[]): Promise<Ended> => run(...SLUICE_CONFIG.Entrypoint, ...args)
const evaluate = (code: string): Promise<Ended> => run('/bin/node', '-e', code)

describe('the image without Docker', { skip }, () => {
  before(async () => {
    image = await buildSluiceImage({ name: 'sluice:test', out: archive, cacheDir: join(directory, 'cache') })
    mkdirSync(root)
    execFileSync('tar', ['-xf', archive, '-C', directory])
    const [{ Layers }] = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as [{ Layers: readonly string[] }]
    for (const layer of Layers) execFileSync('tar', ['-xzf', join(directory, layer), '-C', root])
    // What the kubelet adds to every container.
    writeFileSync(join(root, 'etc/hosts'), '10.1.2.3 from-hosts.test\n')
    writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 127.99.0.53\n')
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  test('the command line runs as its user, and says nothing on standard error', async () => {
    const { code, out, err } = await sluice('version', '--client')
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    assert.match(out, /^sluice \d+\.\d+\.\d+\n$/)
  })

  for (const name of ['controller', 'webhook', 'router', 'dashboard-server'])
    test(`${name} starts`, async () => {
      const { code, out, err } = await sluice(name, '--help')
      assert.deepEqual({ code, err }, { code: 0, err: '' })
      assert.match(out, /--health-port/)
    })

  test('its user is 65532 and owns nothing but its home; there is no shell', async () => {
    const { out } = await evaluate('console.log(JSON.stringify([process.getuid(), process.getgid(), os.userInfo().homedir]))')
    assert.deepEqual(JSON.parse(out), [65_532, 65_532, '/home/nonroot'])
    assert.deepEqual(readdirSync(join(root, 'bin')), ['node'])
    const { out: owned } = await evaluate(
      "const w = p => { try { fs.accessSync(p, 2); return true } catch { return false } }; console.log(['/', '/app', '/bin', '/etc', '/app/main.mjs', '/tmp', '/home/nonroot'].filter(w).join())",
    )
    assert.equal(owned, '/tmp,/home/nonroot\n')
  })

  test('names are looked up in /etc/hosts and asked of the name server', async () => {
    const server = await startDnsServer('127.99.0.53', 'from-dns.test', '10.4.5.6')
    try {
      const { out, err } = await evaluate(
        "Promise.all(['from-hosts.test', 'from-dns.test'].map(n => dns.promises.lookup(n, { family: 4 }))).then(a => console.log(a.map(x => x.address).join()))",
      )
      assert.deepEqual({ out, err }, { out: '10.1.2.3,10.4.5.6\n', err: '' })
    } finally {
      await server.stop()
    }
  })

  test('TLS trusts the certificates of the file in the image, also when another is put in its place', async () => {
    const authority = await makeAuthority('a company', Date.now())
    const pair = await makeServing(authority, ['localhost'], Date.now())
    const server = createServer({ cert: pair.cert, key: pair.key }, (_, response) => response.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const ask = () =>
      evaluate(
        `https.get({ host: '127.0.0.1', port: ${port}, servername: 'localhost', agent: false }, r => r.pipe(process.stdout)).on('error', e => console.log(e.code))`,
      )
    const path = join(root, CA_PATH)
    const shipped = readFileSync(path)
    try {
      assert.ok(shipped.toString().split('BEGIN CERTIFICATE').length > 50)
      assert.match((await ask()).out, /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN)\n$/)
      writeFileSync(path, authority.cert)
      assert.equal((await ask()).out, 'hello')
    } finally {
      writeFileSync(path, shipped)
      server.close()
    }
  })

  test('it is small', () => {
    assert.ok(image.size > 20 * MEBIBYTE && image.size < 50 * MEBIBYTE, `${image.size} bytes`)
  })

  test('built again from nothing it has the same digest', async () => {
    const again = await buildSluiceImage({ name: 'sluice:test', out: join(directory, 'again.tar') })
    assert.equal(again.digest, image.digest)
    assert.ok(readFileSync(join(directory, 'again.tar')).equals(readFileSync(archive)))
  })

  test('the files for Docker are those of the archive', () => {
    const out = join(directory, 'docker')
    execFileSync(process.execPath, [join(import.meta.dirname, 'build.ts'), '--root', out])
    const list = (folder: string) =>
      execFileSync('find', ['.', '-type', 'f'], { cwd: folder, encoding: 'utf8' }).trim().split('\n')
    const written = [...list(join(out, 'runtime')), ...list(join(out, 'app'))].sort()
    const unpacked = list(root).filter(path => path !== './etc/hosts' && path !== './etc/resolv.conf')
    assert.deepEqual(written, unpacked.sort())
    for (const path of ['runtime/bin/node', 'app/app/main.mjs'])
      assert.ok(readFileSync(join(out, path)).equals(readFileSync(join(root, path.slice(path.indexOf('/'))))), path)
  })
})
