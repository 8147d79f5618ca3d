/** The demo's app for tests of the whole on the in-process cluster. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { KubeClient } from '../../kube/client.ts'
import { apply, readObjects } from '../../local/apply.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Applies Deployment and Service `web` at this version, e.g. `v2`; an update stops at a quarter until it is promoted. */
export const shipWeb = (client: KubeClient, version: string): Promise<void> => {
  const text = readFileSync(join(ROOT, 'demo/web.yaml'), 'utf8')
    .replace(/sluice\.dev\/steps: .*/, 'sluice.dev/steps: 25%, pause, 100%')
    .replaceAll('sample-app:v1', `sample-app:${version}`)
    .replaceAll('{ name: VERSION, value: v1 }', `{ name: VERSION, value: ${version} }`)
  return apply(client, readObjects(text, { NODE: process.execPath, SLUICE_ROOT: ROOT }))
}
