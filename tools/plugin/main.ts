/**
 * Writes the kubectl plugin as an archive, and the manifest by which krew installs it from where it will be put.
 *   node tools/plugin/main.ts --url https://HOST/PATH/kubectl-sluice.tar.gz [--out dist]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { VERSION } from '../../api/version.ts'
import { makePluginArchive } from './archive.ts'
import { renderKrewManifest } from './manifest.ts'

const { values } = parseArgs({ options: { url: { type: 'string' }, out: { type: 'string', default: 'dist' } } })
const { url, out } = values
if (url === undefined || !url.startsWith('https://')) {
  console.error(
    `error: --url is ${JSON.stringify(url ?? '')}; it must be where the archive will be, e.g. --url https://example.com/kubectl-sluice.tar.gz`,
  )
  process.exit(2)
}
const { content, sha256 } = await makePluginArchive()
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'kubectl-sluice.tar.gz'), content)
writeFileSync(join(out, 'sluice.krew.yaml'), renderKrewManifest({ version: VERSION, url, sha256 }))
console.log(`${join(out, 'kubectl-sluice.tar.gz')}: ${Math.ceil(content.length / 1024)} KiB, sha256 ${sha256}`)
console.log(`${join(out, 'sluice.krew.yaml')}: kubectl krew install --manifest=${join(out, 'sluice.krew.yaml')}`)
