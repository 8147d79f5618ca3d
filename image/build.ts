/**
 * Builds Sluice's image without Docker, from this machine's Node 24 and C libraries.
 *   node image/build.ts [--name sluice:dev] [--out FILE.tar]   an archive for docker load, ctr images import, kind and minikube
 *   node image/build.ts --root DIR                             just the files, DIR/runtime and DIR/app (image/Dockerfile takes these)
 * What is compressed is kept in SLUICE_CACHE, else in the user's own cache.
 */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { nodeRuntime } from './node-runtime.ts'
import { buildSluiceImage, sluiceApp } from './sluice-image.ts'
import { writeTree } from './write-tree.ts'

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'sluice:dev' },
    out: { type: 'string', default: 'dist/sluice.tar' },
    root: { type: 'string' },
  },
})
const { SLUICE_CACHE, XDG_CACHE_HOME } = process.env
const cacheDir = join(SLUICE_CACHE || XDG_CACHE_HOME || join(homedir(), '.cache'), 'sluice')

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const build = async (): Promise<void> => {
  if (values.root !== undefined) {
    writeTree(join(values.root, 'runtime'), nodeRuntime())
    writeTree(join(values.root, 'app'), await sluiceApp())
    return
  }
  mkdirSync(dirname(values.out), { recursive: true })
  const { name, digest, size, layers } = await buildSluiceImage({ name: values.name, out: values.out, cacheDir })
  const parts = layers.map(({ blob }) => mebibytes(blob.length)).join(' + ')
  console.log(`${values.out}: ${name} ${digest}\n${mebibytes(size)} to pull: ${parts} (Node and its libraries, Sluice)`)
}

await build().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
})
