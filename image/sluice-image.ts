/** What Sluice's image is, in one place: image/Dockerfile says the same in Docker's words, and a test compares them. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { VERSION } from '../api/version.ts'
import { makeUi } from '../dashboard/ui/tools/make-ui.ts'
import { type Entry, file } from './entries.ts'
import { type Layer, makeLayer } from './layer.ts'
import { makeBundle } from './make-bundle.ts'
import { CA_PATH, NODE_PATH, NONROOT, nodeRuntime } from './node-runtime.ts'
import { type ImageConfig, type WrittenImage, writeImage } from './write-image.ts'

/** Folder of the bundle in the image. */
export const APP = '/app'

export const SLUICE_CONFIG: ImageConfig = {
  Entrypoint: [NODE_PATH, `${APP}/main.mjs`],
  User: `${NONROOT}:${NONROOT}`,
  Env: [
    'PATH=/bin',
    'NODE_ENV=production',
    // Certificates are the file's, not those that Node was built with, so that a mounted file counts.
    'NODE_OPTIONS=--use-openssl-ca',
    `SSL_CERT_FILE=${CA_PATH}`,
  ],
  WorkingDir: '/',
  Labels: {
    'org.opencontainers.image.title': 'sluice',
    'org.opencontainers.image.description': 'Progressive delivery for the Deployments a Kubernetes cluster already has',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.version': VERSION,
  },
}

/** The upper layer: the bundle, the dashboard's page where it looks for it (beside its own file), and the licences. */
export const sluiceApp = async (): Promise<readonly Entry[]> => {
  const { files } = await makeBundle()
  const licence = file(`${APP}/LICENSE`, readFileSync(join(resolve(import.meta.dirname, '..'), 'LICENSE')))
  const pages = (await makeUi()).map(({ name, content }) => file(`${APP}/ui/dist/${name}`, content))
  return [licence, ...files.map(({ name, content }) => file(`${APP}/${name}`, content)), ...pages]
}

export type SluiceImageOptions = {
  /** `NAME:TAG`. */
  readonly name: string
  readonly out: string
  /** Where compressed layers are kept; nowhere when absent. */
  readonly cacheDir?: string
}

/** Writes Sluice's image as one archive (see write-image.ts). */
export const buildSluiceImage = async ({
  name,
  out,
  cacheDir,
}: SluiceImageOptions): Promise<WrittenImage & { readonly layers: readonly Layer[] }> => {
  const layers = [await makeLayer(nodeRuntime(), cacheDir), await makeLayer(await sluiceApp())]
  return { ...(await writeImage({ name, layers, config: SLUICE_CONFIG, out })), layers }
}
