/** The images of a test node, as archives to import: there is no registry. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { busybox } from '../../image/busybox.ts'
import { folder } from '../../image/entries.ts'
import { makeLayer } from '../../image/layer.ts'
import { NODE_PATH, nodeRuntime } from '../../image/node-runtime.ts'
import { buildSluiceImage, SLUICE_CONFIG } from '../../image/sluice-image.ts'
import { type ImageConfig, writeImage } from '../../image/write-image.ts'
import { PAUSE_IMAGE } from './configs.ts'

const ROOT = resolve(import.meta.dirname, '../..')
export const SLUICE_IMAGE = 'sluice:dev'
/** Another name for the same image: an upgrade that changes the pods. */
export const SLUICE_IMAGE_NEXT = 'sluice:next'
/** demo/app.ts and the load client; one image for every version of the app, which its environment tells it. */
export const SAMPLE_IMAGE = 'sample:1'
export const BUSYBOX_IMAGE = 'busybox:1'

const NONROOT = '65532:65532'

/** Writes all of them into `dir`; returns the archives' paths. Layers are kept in `cacheDir` for the next time. */
export const makeImages = async (dir: string, cacheDir: string): Promise<readonly string[]> => {
  mkdirSync(dir, { recursive: true })
  const archives: string[] = []
  const out = (name: string) => {
    const path = join(dir, `${name}.tar`)
    archives.push(path)
    return path
  }
  const sluice = await buildSluiceImage({ name: SLUICE_IMAGE, out: out('sluice'), cacheDir })
  await writeImage({ name: SLUICE_IMAGE_NEXT, layers: sluice.layers, config: SLUICE_CONFIG, out: out('sluice-next') })
  const shell = await makeLayer(busybox(), cacheDir)
  const run = (config: ImageConfig) => ({ ...config, Env: ['PATH=/bin'] })
  await writeImage({ name: BUSYBOX_IMAGE, layers: [shell], config: run({ Entrypoint: ['/bin/sh'] }), out: out('busybox') })
  // A sandbox only has to be there; no pod of these tests shares its process namespace.
  const pause = run({ Entrypoint: ['/bin/sleep', '2147483647'], User: NONROOT })
  await writeImage({ name: PAUSE_IMAGE, layers: [shell], config: pause, out: out('pause') })
  const sources = ['api', 'demo', 'test/node/pods'].flatMap(name => folder(`/app/${name}`, join(ROOT, name)))
  const sample = [await makeLayer(nodeRuntime(), cacheDir), await makeLayer(sources.filter(({ path }) => path.endsWith('.ts')))]
  const config = run({ Entrypoint: [NODE_PATH], User: NONROOT })
  await writeImage({ name: SAMPLE_IMAGE, layers: sample, config, out: out('sample') })
  return archives
}
