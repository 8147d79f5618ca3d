/** `make up`: the in-process cluster with Sluice in it, empty, for one's own YAML; until Ctrl-C. Flag: --port=N. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeLogger } from '../kube/log.ts'
import { withDashboard } from './dashboard.ts'
import { untilInterrupted } from './interrupt.ts'
import { up } from './up.ts'

const { values } = parseArgs({ options: { port: { type: 'string' }, verbose: { type: 'boolean', default: false } } })
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-'))
const cluster = await up({
  stateDir,
  root: resolve(import.meta.dirname, '..'),
  node: process.execPath,
  routers: 2,
  log: makeLogger({ component: 'cluster', level: values.verbose ? 'info' : 'error' }),
  say: line => console.log(line),
  ...(values.port !== undefined && { port: Number(values.port) }),
})
const dashboard = await withDashboard(cluster, line => console.log(line))
console.log(`
Ready. In another terminal:
  export KUBECONFIG=${cluster.kubeconfig}
  kubectl apply -f demo/web.yaml      (pods whose container has a command run as processes; NODE and SLUICE_ROOT are set for them)
Ctrl-C ends all of it.`)
await untilInterrupted()
await dashboard.stop()
await cluster.stop()
rmSync(stateDir, { recursive: true, force: true })
