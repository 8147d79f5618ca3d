/**
 * Container images without Docker: a tar archive in the OCI image layout, with Docker's own manifest.json beside it, so that
 * `ctr images import`, `docker load`, `kind load image-archive` and `minikube image load` all take it.
 *
 *   const layers = [await makeLayer(nodeRuntime(), cacheDir), await makeLayer([file('/app/web.mjs', source)])]
 *   await writeImage({ name: 'web:1', layers, config: { Entrypoint: ['/bin/node', '/app/web.mjs'] }, out: 'web.tar' })
 */
import { renameSync, writeFileSync } from 'node:fs'
import type { Entry } from './entries.ts'
import { file } from './entries.ts'
import { digestOf, type Layer } from './layer.ts'
import { parseReference } from './reference.ts'
import { makeTar } from './tar.ts'

/** How a container of the image starts; the names and meanings are those of the OCI image specification. */
export type ImageConfig = {
  readonly Entrypoint: readonly string[]
  readonly Cmd?: readonly string[]
  /** `UID:GID`. */
  readonly User?: string
  /** `NAME=value`. */
  readonly Env?: readonly string[]
  readonly WorkingDir?: string
  readonly Labels?: { readonly [name: string]: string }
}

export type Architecture = 'amd64' | 'arm64'

export type ImageOptions = {
  /** `NAME:TAG`, e.g. `web:1`. */
  readonly name: string
  /** The lowest first. */
  readonly layers: readonly Layer[]
  readonly config: ImageConfig
  /** Of the programs in the layers; this machine's when absent. */
  readonly architecture?: Architecture
  /** The archive to write. */
  readonly out: string
}

export type WrittenImage = {
  /** As containerd and the kubelet name it, e.g. `docker.io/library/web:1`. */
  readonly name: string
  /** `sha256:…` of the image's manifest. */
  readonly digest: string
  /** Bytes of the compressed layers: what a node pulls. */
  readonly size: number
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
/** The same image has the same digest whenever it is built. */
const CREATED = '1970-01-01T00:00:00Z'

/** This machine's architecture by its name in images. Throws where Sluice has no image for it. */
export const architectureHere = (arch: string = process.arch): Architecture => {
  if (arch === 'x64') return 'amd64'
  if (arch === 'arm64') return 'arm64'
  throw new Error(`there are images for x64 and arm64 only, this machine is ${arch}`)
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`

const describe = (mediaType: string, blob: Buffer) => ({ mediaType, digest: digestOf(blob), size: blob.length })

/** The same layer may occur twice; its blob is stored once. */
const blobEntries = (blobs: readonly Buffer[]): readonly Entry[] => {
  const byPath = new Map(blobs.map(blob => [`/${blobPath(digestOf(blob))}`, blob]))
  return [...byPath].map(([path, blob]) => file(path, blob))
}

/** The archive's files. Pure: the same image has the same bytes. */
export const renderImage = (
  options: Required<Omit<ImageOptions, 'out'>>,
): { readonly entries: readonly Entry[]; readonly image: WrittenImage } => {
  const { layers, config, architecture } = options
  const { full, short, tag } = parseReference(options.name)
  const configBlob = json({
    created: CREATED,
    architecture,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(layer => layer.diffId) },
    history: layers.map(() => ({ created: CREATED })),
  })
  const blobs = layers.map(layer => layer.blob)
  const manifestBlob = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe(CONFIG, configBlob),
    layers: blobs.map(blob => describe(LAYER, blob)),
  })
  const manifest = describe(MANIFEST, manifestBlob)
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        ...manifest,
        platform: { architecture, os: 'linux' },
        annotations: { 'io.containerd.image.name': full, 'org.opencontainers.image.ref.name': tag },
      },
    ],
  }
  // Older versions of `docker load` read this one and no index.json.
  const docker = [
    { Config: blobPath(digestOf(configBlob)), RepoTags: [short], Layers: layers.map(layer => blobPath(layer.digest)) },
  ]
  return {
    entries: [
      file('/oci-layout', json({ imageLayoutVersion: '1.0.0' })),
      file('/index.json', json(index)),
      file('/manifest.json', json(docker)),
      ...blobEntries([...blobs, configBlob, manifestBlob]),
    ],
    image: { name: full, digest: manifest.digest, size: blobs.reduce((sum, blob) => sum + blob.length, 0) },
  }
}

/** Writes the image as one archive; a reader of `out` sees all of it or nothing. */
export const writeImage = async (options: ImageOptions): Promise<WrittenImage> => {
  const { entries, image } = renderImage({ ...options, architecture: options.architecture ?? architectureHere() })
  const unfinished = `${options.out}.${process.pid}`
  writeFileSync(unfinished, await makeTar(entries))
  renameSync(unfinished, options.out)
  return image
}
