/** The archive of an image, read back as a registry's or a runtime's reader would. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type Entry, file, folder } from './entries.ts'
import { digestOf, makeLayer } from './layer.ts'
import { makeTar } from './tar.ts'
import { jsonOf, readTar } from './testing/archive.ts'
import { architectureHere, type ImageConfig, writeImage } from './write-image.ts'

const directory = mkdtempSync(join(tmpdir(), 'sluice-image-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const CONFIG: ImageConfig = { Entrypoint: ['/bin/app'], Cmd: ['--serve'], User: '7:7', Env: ['A=b'], Labels: { a: 'b' } }
const LOWER: readonly Entry[] = [file('/bin/app', 'program', 0o755), { type: 'directory', path: '/tmp', mode: 0o1777 }]
const UPPER: readonly Entry[] = [
  file('/srv/data', 'data'),
  { type: 'symlink', path: '/bin/alias', target: 'app' },
  { type: 'directory', path: '/home/me', owner: 7 },
]

type Descriptor = { readonly digest: string; readonly size: number; readonly mediaType: string }
type Index = { readonly manifests: readonly (Descriptor & { readonly annotations: unknown; readonly platform: unknown })[] }
type Manifest = { readonly config: Descriptor; readonly layers: readonly Descriptor[] }
type Config = {
  readonly config: unknown
  readonly architecture: string
  readonly rootfs: { readonly diff_ids: readonly string[] }
}

const write = async (name: string, fileName = 'image.tar') => {
  const out = join(directory, fileName)
  const image = await writeImage({
    name,
    layers: [await makeLayer(LOWER), await makeLayer(UPPER)],
    config: CONFIG,
    architecture: 'arm64',
    out,
  })
  return { image, bytes: readFileSync(out) }
}

const open = async (name: string) => {
  const { image, bytes } = await write(name)
  const entries = await readTar(bytes)
  const blob = (digest: string) => entries.get(`blobs/${digest.replace(':', '/')}`)?.content ?? assert.fail(`no blob ${digest}`)
  const index = jsonOf(entries, 'index.json') as Index
  const [top] = index.manifests
  assert.ok(top)
  const manifest = JSON.parse(blob(top.digest).toString()) as Manifest
  const config = JSON.parse(blob(manifest.config.digest).toString()) as Config
  return { image, entries, blob, top, manifest, config }
}

test('every blob is what its descriptor says, from the index down to the files of each layer', async () => {
  const { image, blob, top, manifest, config } = await open('web:1')
  assert.equal(image.digest, top.digest)
  for (const { digest, size } of [top, manifest.config, ...manifest.layers]) {
    assert.equal(digestOf(blob(digest)), digest)
    assert.equal(blob(digest).length, size)
  }
  assert.deepEqual(
    manifest.layers.map(({ digest }) => digestOf(gunzipSync(blob(digest)))),
    config.rootfs.diff_ids,
  )
  assert.equal(
    image.size,
    manifest.layers.reduce((sum, { size }) => sum + size, 0),
  )
})

test('the config is the one that was asked for', async () => {
  const { config } = await open('web:1')
  assert.deepEqual(config.config, CONFIG)
  assert.equal(config.architecture, 'arm64')
})

test('a short name is found by the kubelet under its full one', async () => {
  const { image, top } = await open('web:1')
  assert.equal(image.name, 'docker.io/library/web:1')
  assert.deepEqual(top.annotations, {
    'io.containerd.image.name': 'docker.io/library/web:1',
    'org.opencontainers.image.ref.name': '1',
  })
  assert.equal((await open('shop/web:1')).image.name, 'docker.io/shop/web:1')
  assert.equal((await open('registry.example:5000/shop/web:1')).image.name, 'registry.example:5000/shop/web:1')
  assert.equal((await open('localhost/web:1')).image.name, 'localhost/web:1')
})

test("Docker's own manifest names the same config and layers", async () => {
  const { entries, manifest } = await open('web:1')
  const path = ({ digest }: Descriptor) => `blobs/${digest.replace(':', '/')}`
  assert.deepEqual(jsonOf(entries, 'manifest.json'), [
    { Config: path(manifest.config), RepoTags: ['web:1'], Layers: manifest.layers.map(path) },
  ])
})

for (const name of ['web', 'Web:1', 'web:', ':1', 'web:a b', 'a//b:1', '-web:1'])
  test(`the name ${JSON.stringify(name)} is refused with an example`, async () => {
    await assert.rejects(write(name), { message: new RegExp(`${JSON.stringify(name)}.*e\\.g\\. "sluice:dev"`) })
  })

test('a layer has its files in order, with modes, owners, links and the folders above them, and no times', async () => {
  const { blob, manifest } = await open('web:1')
  const read = async (nth: number) => [...(await readTar(gunzipSync(blob(manifest.layers[nth]?.digest ?? '')))).values()]
  const lines = (await Promise.all([0, 1].map(read))).flatMap(list =>
    list.map(({ header: { name, type, mode, uid, gid, mtime, linkname }, content }) =>
      [name, type, mode.toString(8), `${uid}:${gid}`, mtime.getTime(), linkname ?? '', content.toString()].join(' '),
    ),
  )
  assert.deepEqual(lines, [
    'bin/ directory 755 0:0 0  ',
    'bin/app file 755 0:0 0  program',
    'tmp/ directory 1777 0:0 0  ',
    'bin/ directory 755 0:0 0  ',
    'bin/alias symlink 777 0:0 0 app ',
    'home/ directory 755 0:0 0  ',
    'home/me/ directory 755 7:7 0  ',
    'srv/ directory 755 0:0 0  ',
    'srv/data file 644 0:0 0  data',
  ])
})

test('the same image has the same bytes, in whatever order its entries come', async () => {
  assert.deepEqual((await write('web:1', 'a.tar')).bytes, (await write('web:1', 'b.tar')).bytes)
  assert.deepEqual(await makeLayer(UPPER), await makeLayer(UPPER.toReversed()))
})

test('a layer from the cache is the layer', async () => {
  const cacheDir = join(directory, 'cache/deeper')
  const plain = await makeLayer(LOWER)
  assert.deepEqual(await makeLayer(LOWER, cacheDir), plain)
  const [kept, ...others] = readdirSync(cacheDir)
  assert.deepEqual(others, [])
  assert.deepEqual(await makeLayer(LOWER, cacheDir), plain)
  // Whatever could change the bytes has another place in the cache.
  await makeLayer([file('/bin/app', 'program', 0o644), ...LOWER.slice(1)], cacheDir)
  await makeLayer([file('/bin/app', 'other', 0o755), ...LOWER.slice(1)], cacheDir)
  assert.equal(readdirSync(cacheDir).length, 3)
  // It is really read: what stands there is what comes out.
  writeFileSync(join(cacheDir, kept ?? ''), (await makeLayer(UPPER)).blob)
  assert.equal((await makeLayer(LOWER, cacheDir)).diffId, (await makeLayer(UPPER)).diffId)
})

test('a path that leaves the image or is listed twice is refused', async () => {
  await assert.rejects(makeTar([file('bin/app', '')]), /"bin\/app": must be an absolute path/)
  await assert.rejects(makeTar([file('/bin/../../app', '')]), /must be an absolute path/)
  await assert.rejects(makeTar([file('/app', ''), file('/app', '')]), /\/app is listed twice/)
})

test('a folder goes in whole, under another name; what may be executed stays so', () => {
  const from = join(directory, 'from')
  mkdirSync(join(from, 'deeper'), { recursive: true })
  writeFileSync(join(from, 'run'), 'r', { mode: 0o700 })
  writeFileSync(join(from, 'deeper/data'), 'd', { mode: 0o600 })
  assert.deepEqual(folder('/app', from), [file('/app/deeper/data', Buffer.from('d')), file('/app/run', Buffer.from('r'), 0o755)])
})

test('architectures have the names that images use', () => {
  assert.deepEqual(['x64', 'arm64'].map(architectureHere), ['amd64', 'arm64'])
  assert.throws(() => architectureHere('riscv64'), /x64 and arm64 only/)
})
