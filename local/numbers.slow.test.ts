/** The routers' live numbers on the in-process cluster, by way of its proxy of pods: what the command line shows of them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { Service } from '../api/kubernetes.ts'
import type { Cluster } from '../cluster/start.ts'
import { eventually } from '../cluster/testing/cluster.ts'
import { shipWeb } from '../demo/testing/ship.ts'
import { startTraffic, type Traffic } from '../demo/traffic.ts'
import { silentLogger } from '../kube/log.ts'
import { SERVICES } from '../kube/resources.ts'
import { untilRolledOut } from './install.ts'
import { up } from './up.ts'

const ROOT = resolve(import.meta.dirname, '..')
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-numbers-'))
let cluster: Cluster
let traffic: Traffic

before(async () => {
  cluster = await up({ stateDir, root: ROOT, node: process.execPath, routers: 2, log: silentLogger, say: () => undefined })
  await shipWeb(cluster.client, 'v1')
  await untilRolledOut(cluster.client, 'default', 'web')
  const { spec } = await cluster.client.get<Service>(SERVICES, { namespace: 'default', name: 'web' })
  traffic = startTraffic(`http://${spec.clusterIP}:${spec.ports?.[0]?.port}/`, 40)
  await shipWeb(cluster.client, 'v2')
})

after(async () => {
  await traffic?.stop()
  await cluster?.stop()
  rmSync(stateDir, { recursive: true, force: true })
})

const sluice = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(join(ROOT, 'cli/sluice'), ['--kubeconfig', cluster.kubeconfig, '-n', 'default', ...args])).stdout

const shows = async (words: readonly string[], ...expected: readonly RegExp[]): Promise<void> => {
  let out = ''
  await eventually(
    async () => {
      out = await sluice(...words)
      return expected.every(one => one.test(out))
    },
    { timeoutMs: 90_000, what: `sluice ${words.join(' ')} shows ${expected.join(', ')}` },
  ).catch(error => assert.fail(`${error}; it shows:\n${out}`))
}

test('sluice get shows traffic, success and p99 of both versions as the routers count them', () =>
  shows(['get', 'web'], /\nTraffic: +canary .*stable/, /\nSuccess: +canary .*%.*stable .*%/, /\np99: +canary .*ms.*stable .*ms/))

test('sluice explain judges by what both routers say now', () =>
  shows(['explain', 'web'], /\n {2}numbers +of 2 routers, asked now\n/))
