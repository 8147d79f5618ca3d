/** The controller as a cluster runs it: from the image's bundle, in the environment that the chart gives it. */
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeBundle } from '../../image/make-bundle.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PORT = 18_081

const POD = 'charts/sluice/templates/_pod.tpl'

/** What the chart sets for the controller: the lines `- {name: NAME, value: "VALUE"}` of its own part of the template. */
const chartEnv = (): { readonly [name: string]: string } => {
  const [, part = ''] = readFileSync(join(ROOT, POD), 'utf8').split('eq .component "controller"')
  const [own = ''] = part.split('{{- end }}')
  const found = [...own.matchAll(/- \{name: (\w+), value: "(.*)"\}/g)].map(([, name = '', value = '']) => [name, value])
  if (found.length === 0) throw new Error(`${POD} sets nothing for the controller`)
  return Object.fromEntries(found)
}

export type ControllerOptions = {
  readonly kubeconfig: string
  /** For the bundle, the log and profiles. */
  readonly dir: string
  /** Run from the sources, with Node's own stripping of types, instead of from the bundle. */
  readonly fromSource: boolean
  /** More flags for Node, e.g. `--cpu-prof`. */
  readonly nodeFlags: readonly string[]
}

export type Controller = {
  readonly pid: number
  /** Its own metrics, as text. */
  readonly metrics: () => Promise<string>
  /** Asks it to stop; resolves when it has ended. */
  readonly stop: () => Promise<void>
}

const entryOf = async ({ dir, fromSource }: ControllerOptions): Promise<readonly string[]> => {
  if (fromSource) return [join(ROOT, 'controller/main.ts')]
  const at = join(dir, 'app')
  mkdirSync(at)
  for (const { name, content } of (await makeBundle()).files) writeFileSync(join(at, name), content)
  return [join(at, 'main.mjs'), 'controller']
}

export const startController = async (options: ControllerOptions): Promise<Controller> => {
  const { kubeconfig, dir, nodeFlags } = options
  const log = openSync(join(dir, 'controller.log'), 'w')
  const entry = await entryOf(options)
  const args = [...nodeFlags, ...entry, '--rollouts', '--host', '127.0.0.1', '--health-port', String(PORT)]
  const env = { ...process.env, ...chartEnv(), KUBECONFIG: kubeconfig, POD_NAMESPACE: 'sluice-system', POD_NAME: 'bench' }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', log, log] })
  if (child.pid === undefined) throw new Error('the controller could not be started')
  const ended = new Promise<void>(done => child.once('exit', () => done()))
  return {
    pid: child.pid,
    metrics: async () => (await fetch(`http://127.0.0.1:${PORT}/metrics`)).text(),
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}
