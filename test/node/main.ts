/**
 * `make node`: a real node, empty, for exploring, until Ctrl-C or until the command given has ended. Runs in tools/node/in-namespace.
 *   node test/node/main.ts [--proxy-mode=nftables] [-- COMMAND…]      KUBECONFIG is set for the command
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { untilInterrupted } from '../../local/interrupt.ts'
import type { ProxyMode } from './configs.ts'
import { makeImages } from './images.ts'
import { startTestNode } from './start.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'proxy-mode': { type: 'string', default: 'iptables' } },
})
const { SLUICE_KUBE_BIN = '', SLUICE_NODE_DIR = '', SLUICE_NODE_CGROUP = '', SLUICE_NODE_IPV6 } = process.env
const began = performance.now()
const say = (line: string) => console.error(`${((performance.now() - began) / 1000).toFixed(1)} s  ${line}`)

const runCommand = ([file = '', ...args]: readonly string[], kubeconfig: string): Promise<number> =>
  new Promise(resolve => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, KUBECONFIG: kubeconfig } })
    child.once('exit', code => resolve(code ?? 1))
  })

const images = await makeImages(join(SLUICE_NODE_DIR, 'images'), join(SLUICE_KUBE_BIN, '../../layers'))
say('images are built')
const node = await startTestNode({
  bin: SLUICE_KUBE_BIN,
  dir: join(SLUICE_NODE_DIR, 'node'),
  proxyMode: values['proxy-mode'] as ProxyMode,
  dualStack: SLUICE_NODE_IPV6 === '1',
  policies: values['proxy-mode'] === 'iptables',
  cgroup: SLUICE_NODE_CGROUP,
  images,
  say,
})
if (positionals.length > 0) {
  process.exitCode = await runCommand(positionals, node.kubeconfig)
} else {
  console.error(`KUBECONFIG=${node.kubeconfig}, in the network of process ${process.pid}; Ctrl-C ends it`)
  await untilInterrupted()
}
await node.stop()
