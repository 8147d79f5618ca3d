/**
 * Writes the kubectl plugin as an archive, and the manifest by which krew installs it from where it will be put.
 *   node tools/plugin/main.ts --url https://HOST/PATH/kubectl-sluice.tar.gz [--executable-url https://HOST/PATH/NAME.tar.gz] [--out dist]
 * With --executable-url there is also an archive for this system that has Node in it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { VERSION } from '../../api/version.ts'
import { type Archive, makeExecutableArchive, makePluginArchive } from './archive.ts'
import { renderKrewManifest } from './manifest.ts'

const { values } = parseArgs({
  options: { url: { type: 'string' }, 'executable-url': { type: 'string' }, out: { type: 'string', default: 'dist' } },
})
const { url, out, 'executable-url': executableUrl } = values
/** Node's words for processors in Go's. */
const ARCHES: { readonly [arch: string]: string | undefined } = { x64: 'amd64', arm64: 'arm64' }
if (url === undefined || !url.startsWith('https://')) {
  console.error(
    `error: --url is ${JSON.stringify(url ?? '')}; it must be where the archive will be, e.g. --url https://example.com/kubectl-sluice.tar.gz`,
  )
  process.exit(2)
}
if (executableUrl !== undefined && !executableUrl.startsWith('https://')) {
  console.error(`error: --executable-url is ${JSON.stringify(executableUrl)}; it must begin with https://`)
  process.exit(2)
}
mkdirSync(out, { recursive: true })
const write = (name: string, { content, sha256 }: Archive): void => {
  writeFileSync(join(out, name), content)
  console.log(`${join(out, name)}: ${Math.ceil(content.length / 1024)} KiB, sha256 ${sha256}`)
}
const archive = await makePluginArchive()
write('kubectl-sluice.tar.gz', archive)
const release = { version: VERSION, url, sha256: archive.sha256 }
if (executableUrl === undefined) writeFileSync(join(out, 'sluice.krew.yaml'), renderKrewManifest(release))
else {
  const [os, arch] = [process.platform, ARCHES[process.arch] ?? process.arch]
  const own = await makeExecutableArchive()
  write(`kubectl-sluice-${os}-${arch}.tar.gz`, own)
  const executable = { os, arch, url: executableUrl, sha256: own.sha256 }
  writeFileSync(join(out, 'sluice.krew.yaml'), renderKrewManifest({ ...release, executable }))
}
console.log(`${join(out, 'sluice.krew.yaml')}: kubectl krew install --manifest=${join(out, 'sluice.krew.yaml')}`)
