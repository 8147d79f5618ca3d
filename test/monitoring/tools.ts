/** The programs that these tests run beside our own; they install nothing. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
const HELM = join(ROOT, 'tools/kubectl/bin/helm')

const runs = (command: string, flag: string): boolean => spawnSync(command, [flag], { stdio: 'ignore' }).status === 0

/** False when it is there; otherwise why a test is skipped. */
export const withoutPrometheus = (): string | false =>
  runs('promtool', '--version') && runs('prometheus', '--version')
    ? false
    : 'skipped: prometheus and promtool are not installed; `tools/setup prometheus` does that on Debian'

export const withoutHelm = (): string | false =>
  existsSync(HELM) ? false : 'skipped: helm is not there; `tools/setup kubectl` installs it'

export type Ran = { readonly status: number | null; readonly output: string }

export const run = (command: string, args: readonly string[]): Ran => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error) throw error
  return { status, output: `${stdout}${stderr}` }
}

export const helm = (args: readonly string[]): Ran => run(HELM, args)
