/**
 * `make node-test`: the suite of this folder on two real nodes one after the other, each in a namespace of its own; ends with `N passed, N failed`.
 *   node test/node/run.ts [FILE…]      what NODES says; or these files on one node, with kube-proxy in the mode SLUICE_NODE_PROXY
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { ProxyMode } from './configs.ts'

type Counts = { readonly passed: number; readonly failed: number; readonly skipped?: true }

/** Says itself why where a node cannot run, and ends with 0. */
const IN_NAMESPACE = resolve(import.meta.dirname, '../../tools/node/in-namespace')
const SKIPPED = /^0 passed, 0 failed, 1 skipped$/m

/** No suite takes a third of it; one that hangs must not keep the others from being told. */
const SUITE_MS = 25 * 60_000

type OnNode = { readonly proxy: ProxyMode; readonly files: readonly string[] }

/** Of the cluster suite those about traffic; the rest says the same on a real control plane without a node. */
const NODES: readonly OnNode[] = [
  // By name: the one that takes Sluice away is the last.
  { proxy: 'iptables', files: globSync('test/node/*.test.ts') },
  { proxy: 'nftables', files: ['test/cluster/services.test.ts', 'test/cluster/sidecar.test.ts', 'test/node/rollouts.test.ts'] },
]

const countOf = (output: string, word: 'pass' | 'fail' | 'cancelled'): number =>
  Number(output.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? 0)

/** One process, so that all files share the node; one namespace for each node, since a kube-proxy leaves its rules behind. */
const runOn = ({ proxy, files }: OnNode): Promise<Counts> =>
  new Promise(resolve => {
    const args = ['--test', '--test-isolation=none', '--test-force-exit', '--test-reporter=spec', ...files]
    const child = spawn(IN_NAMESPACE, [process.execPath, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own: a shell that waits for a command does not end by a signal to itself alone.
      detached: true,
      env: { ...process.env, SLUICE_LAB: 'node', SLUICE_NODE_PROXY: proxy },
    })
    const end = () => void process.kill(-(child.pid ?? process.pid), 'SIGTERM')
    const late = setTimeout(end, SUITE_MS)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
    let output = ''
    createInterface({ input: child.stdout }).on('line', line => {
      output += `${line}\n`
      console.log(`${proxy} | ${line}`)
    })
    child.once('close', code => {
      clearTimeout(late)
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, end)
      if (SKIPPED.test(output)) return resolve({ passed: 0, failed: 0, skipped: true })
      const failed = countOf(output, 'fail') + countOf(output, 'cancelled')
      resolve({ passed: countOf(output, 'pass'), failed: code === 0 ? failed : Math.max(1, failed) })
    })
  })

const chosen = process.argv.slice(2)
const proxy = (process.env['SLUICE_NODE_PROXY'] ?? 'iptables') as ProxyMode
const nodes = chosen.length > 0 ? [{ proxy, files: chosen }] : NODES
const began = performance.now()
// Side by side they take longer on two processors, and what users lose then is the machine's doing.
const counts: Counts[] = []
for (const node of nodes) counts.push(await runOn(node))
if (counts.some(({ skipped }) => skipped)) {
  console.log('0 passed, 0 failed, 1 skipped')
  process.exit(0)
}
const sum = (of: 'passed' | 'failed') => counts.reduce((all, one) => all + one[of], 0)
const [passed, failed] = [sum('passed'), sum('failed')]
console.log(JSON.stringify({ test: 'node-test', passed, failed, seconds: Math.round((performance.now() - began) / 1000) }))
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
console.log(`${passed} passed, ${failed} failed`)
