/** Runs a cluster until Ctrl-C: `node cluster/main.ts [--port N] [--state-dir DIR]`. */
import { parseArgs } from 'node:util'
import { makeLogger } from '../kube/log.ts'
import { startCluster } from './start.ts'

const USAGE = 'usage: node cluster/main.ts [--port N] [--state-dir DIR]'

function readFlags(): { readonly port: number; readonly stateDir: string } {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '0' }, 'state-dir': { type: 'string', default: '.sluice/cluster' } },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(
      `--port ${JSON.stringify(values.port)} is not a port; allowed are 0 (any free one) to 65535, e.g. --port 6443`,
    )
  }
  return { port, stateDir: values['state-dir'] }
}

async function main(): Promise<void> {
  const flags = readFlags()
  const log = makeLogger({ component: 'cluster', level: 'info' })
  const cluster = await startCluster({ ...flags, log })
  console.log(`cluster is up at ${cluster.url}`)
  console.log(`export KUBECONFIG=${cluster.kubeconfig}`)
  const signal = await new Promise<NodeJS.Signals>(resolve => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, resolve)
  })
  log.info('stopping', { signal })
  await cluster.stop()
}

main().catch((error: unknown) => {
  console.error(error instanceof TypeError ? `${error.message}\n${USAGE}` : error)
  process.exitCode = 1
})
