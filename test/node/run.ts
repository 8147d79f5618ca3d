/**
 * `make node-test`: the suite of this folder on a real node, run in tools/node/in-namespace; ends with `N passed, N failed`.
 *   node test/node/run.ts [FILE…]      all files with kube-proxy in iptables mode, then rollouts, Services and sidecars in nftables mode
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import type { ProxyMode } from './configs.ts'

type Counts = { readonly passed: number; readonly failed: number }

/** Of the cluster suite, what is about traffic; the rest says the same on a real control plane without a node. */
const CLUSTER = ['test/cluster/services.test.ts', 'test/cluster/sidecar.test.ts']

const countOf = (output: string, word: 'pass' | 'fail' | 'cancelled'): number =>
  Number(output.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? 0)

/** One process, so that all files share the node. */
const runSuite = (proxy: ProxyMode, files: readonly string[]): Promise<Counts> =>
  new Promise(resolve => {
    console.log(`kube-proxy in mode ${proxy}:`)
    const args = ['--test', '--test-isolation=none', '--test-reporter=spec', ...files]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, SLUICE_LAB: 'node', SLUICE_NODE_PROXY: proxy },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
      process.stdout.write(chunk)
    })
    child.once('close', code => {
      const failed = countOf(output, 'fail') + countOf(output, 'cancelled')
      resolve({ passed: countOf(output, 'pass'), failed: code === 0 ? failed : Math.max(1, failed) })
    })
  })

const chosen = process.argv.slice(2)
const suites: readonly (readonly [ProxyMode, readonly string[]])[] =
  chosen.length > 0
    ? [[(process.env['SLUICE_NODE_PROXY'] ?? 'iptables') as ProxyMode, chosen]]
    : [
        ['iptables', globSync('test/node/*.test.ts').sort()],
        ['nftables', [...CLUSTER, 'test/node/1-rollouts.test.ts']],
      ]
const began = performance.now()
let passed = 0
let failed = 0
for (const [proxy, files] of suites) {
  const counts = await runSuite(proxy, files)
  passed += counts.passed
  failed += counts.failed
}
console.log(JSON.stringify({ test: 'node-test', passed, failed, seconds: Math.round((performance.now() - began) / 1000) }))
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
console.log(`${passed} passed, ${failed} failed`)
