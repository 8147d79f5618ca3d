/** A layer of an image: a compressed tar archive and its digests. The compression of a large one takes seconds, so it can be kept. */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzip } from 'node:zlib'
import type { Entry } from './entries.ts'
import { complete, makeTar } from './tar.ts'

export type Layer = {
  /** Compressed with gzip. */
  readonly blob: Buffer
  /** `sha256:…` of the blob. */
  readonly digest: string
  /** `sha256:…` of the archive before compression, as the image's config wants it. */
  readonly diffId: string
}

export const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Changes whenever the bytes of a layer made from the same entries may. */
const keyOf = (entries: readonly Entry[]): string => {
  const hash = createHash('sha256').update(`1 zlib ${process.versions.zlib}\n`)
  for (const { path, mode, owner, type, ...rest } of complete(entries)) {
    const content = 'content' in rest ? digestOf(rest.content) : 'target' in rest ? rest.target : ''
    hash.update(`${JSON.stringify([path, mode, owner, type, content])}\n`)
  }
  return hash.digest('hex')
}

const compress = async (entries: readonly Entry[]): Promise<Layer> => {
  const archive = await makeTar(entries)
  const blob = await promisify(gzip)(archive, { level: 9 })
  return { blob, digest: digestOf(blob), diffId: digestOf(archive) }
}

/** The layer of these entries. With `cacheDir` it is kept there and made once only. */
export const makeLayer = async (entries: readonly Entry[], cacheDir?: string): Promise<Layer> => {
  if (cacheDir === undefined) return compress(entries)
  const path = join(cacheDir, `layer-${keyOf(entries)}.tar.gz`)
  if (existsSync(path)) {
    const blob = readFileSync(path)
    return { blob, digest: digestOf(blob), diffId: digestOf(gunzipSync(blob)) }
  }
  const layer = await compress(entries)
  mkdirSync(cacheDir, { recursive: true })
  // Others may write the same file at this moment; whoever is last replaces it by the same bytes.
  const unfinished = `${path}.${randomUUID()}`
  writeFileSync(unfinished, layer.blob)
  renameSync(unfinished, path)
  return layer
}
