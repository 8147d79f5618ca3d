/** The command-line program; installed as `sluice`, and as `kubectl-sluice` for `kubectl sluice`. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sleep, systemClock } from '../kube/clock.ts'
import { apiServerOf } from '../kube/cluster-access.ts'
import { clientOver } from '../kube/http-client.ts'
import { streamOver } from '../kube/stream.ts'
import { type HttpTransport, kubeconfigTransport } from '../kube/transport.ts'
import type { Cluster } from './command.ts'
import { impersonating } from './impersonate.ts'
import { inputReader } from './input-files.ts'
import { type Choice, runProgram } from './program.ts'

const opened: HttpTransport[] = []

/** As kubectl: the flag, KUBECONFIG, ~/.kube/config, and in a pod its ServiceAccount. */
const chooseKubeconfig = (flag: string | undefined): string | undefined => {
  const home = join(homedir(), '.kube', 'config')
  return flag ?? (process.env['KUBECONFIG'] || (existsSync(home) ? home : undefined))
}

const connect = async ({ kubeconfig, context, namespace, impersonated }: Choice): Promise<Cluster> => {
  const path = chooseKubeconfig(kubeconfig)
  const transport = await kubeconfigTransport({
    inCluster: apiServerOf(process.env),
    ...(path === undefined ? {} : { kubeconfig: path }),
    ...(context === undefined ? {} : { context }),
  })
  opened.push(transport)
  const asked = impersonated === undefined ? transport : impersonating(transport, impersonated)
  const chosen = namespace ?? transport.namespace ?? 'default'
  return { client: clientOver(asked), stream: streamOver(asked), namespace: chosen, server: transport.server }
}

const interrupt = new AbortController()
process.once('SIGINT', () => {
  interrupt.abort()
  // A second one ends it whatever it does.
  process.once('SIGINT', () => process.exit(130))
})
// A reader that has seen enough (head, less) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const name = process.env['SLUICE_INVOKED_AS'] ?? basename(process.argv[1] ?? 'sluice', '.ts')

/** Not awaited at the top level, which the single-file executable cannot do. */
const main = async (): Promise<void> => {
  process.exitCode = await runProgram({
    argv: process.argv.slice(2),
    name: name.startsWith('kubectl-') ? `kubectl ${name.slice('kubectl-'.length)}` : name === 'main' ? 'sluice' : name,
    write: out => process.stdout.write(out),
    writeError: out => process.stderr.write(out),
    readInput: inputReader(() => text(process.stdin)),
    isTerminal: process.stdout.isTTY === true,
    get columns() {
      return process.stdout.columns
    },
    get rows() {
      return process.stdout.rows
    },
    noColor: process.env['NO_COLOR'],
    connect,
    now: () => Date.now(),
    sleep: ms => sleep(systemClock, ms, interrupt.signal),
    signal: interrupt.signal,
  })
  for (const transport of opened) await transport.close()
  // Nobody waits any more for a sleep that lost a race.
  interrupt.abort()
}

void main()
