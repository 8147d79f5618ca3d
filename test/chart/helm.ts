/** The chart through Helm itself (tools/setup helm): rendered, linted, refused. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { KubeObject } from '../../api/kubernetes.ts'
import { readObjects } from '../../local/apply.ts'

export const ROOT = resolve(import.meta.dirname, '../..')
export const CHART = join(ROOT, 'charts/sluice')
const HELM = join(ROOT, 'tools/kubectl/bin/helm')

/** For a test's options: without Helm it is skipped with what to run. */
export const withHelm = { skip: existsSync(HELM) ? false : 'needs Helm: run tools/setup helm' }

export type Said = { readonly code: number; readonly out: string; readonly err: string }

export const helm = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Said> =>
  new Promise(done => {
    const options = { timeout: 300_000, maxBuffer: 64 * 2 ** 20, env: { ...process.env, ...env } }
    execFile(HELM, args, options, (error, out, err) =>
      done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err }),
    )
  })

export type Release = {
  readonly name?: string
  readonly namespace?: string
  /** Files of test/chart/values/. */
  readonly values?: readonly string[]
  readonly set?: readonly string[]
}

export const releaseArgs = ({ values = [], set = [] }: Release): readonly string[] => [
  ...values.flatMap(file => ['--values', join(import.meta.dirname, 'values', file)]),
  ...set.flatMap(one => ['--set', one]),
]

const APIS = ['--api-versions', 'cert-manager.io/v1', '--api-versions', 'monitoring.coreos.com/v1']

export const template = (release: Release): Promise<Said> => {
  const { name = 'sluice', namespace = 'sluice-system' } = release
  return helm(['template', name, CHART, '--namespace', namespace, ...APIS, ...releaseArgs(release)])
}

/** Throws with what Helm said. */
export const renderText = async (release: Release = {}): Promise<string> => {
  const { code, out, err } = await template(release)
  if (code !== 0) throw new Error(err)
  return out
}

/** Hooks among them. */
export const render = async (release: Release = {}): Promise<readonly KubeObject[]> => readObjects(await renderText(release))
