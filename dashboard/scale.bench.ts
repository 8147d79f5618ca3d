/**
 * What the dashboard's server costs with 1,000 rollouts that ten pages look at, before the in-process API server: time to the list and its
 * bytes, CPU and bytes for each change, memory, and how often the API server is asked.
 *   node dashboard/scale.bench.ts [--rollouts 1000] [--pages 10] [--changes 1000]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Rollout } from '../api/rollout.ts'
import { startCluster } from '../cluster/start.ts'
import { silentLogger } from '../kube/log.ts'
import { ROLLOUTS } from '../kube/resources.ts'
import { apply, readCrds } from '../local/apply.ts'
import { waitFor } from '../local/wait.ts'
import { cpuSeconds, memoryMb } from '../test/controller-bench/measure.ts'
import { ask, type Listening, listen, OWN } from './testing/dashboard.ts'

const { values } = parseArgs({
  options: {
    rollouts: { type: 'string', default: '1000' },
    pages: { type: 'string', default: '10' },
    changes: { type: 'string', default: '1000' },
  },
})
const [rollouts, pages, changes] = [Number(values.rollouts), Number(values.pages), Number(values.changes)]
const ROOT = join(import.meta.dirname, '..')
const STREAM = '/api/sluice/v1/stream'
/** Changes in a second. */
const RATE = 100

const aRollout = (i: number): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: `service-${i}`, namespace: `team-${i % 40}` },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: `service-${i}` } },
    template: {
      metadata: { labels: { app: `service-${i}` } },
      spec: { containers: [{ name: 'app', image: 'registry.example/app:v1' }] },
    },
    strategy: { canary: { steps: [{ setWeight: 5 }, { pause: { duration: '2m' } }, { setWeight: 25 }, { pause: {} }] } },
  },
})

const stateDir = mkdtempSync(join(tmpdir(), 'sluice-scale-'))
const cluster = await startCluster({ stateDir, log: silentLogger, node: false, proxy: false })
const { client } = cluster
await apply(client, readCrds(ROOT))
for (let i = 0; i < Math.min(40, rollouts); i += 1)
  await apply(client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `team-${i}` } }])
for (let i = 0; i < rollouts; i += 1) await client.create(ROLLOUTS, aRollout(i))

const port = 20_000 + (process.pid % 10_000)
const flags = ['--host', '127.0.0.1', '--port', String(port), '--health-port', '0', '--log-level', 'warn', '--quiet-seconds', '0']
const server = spawn(process.execPath, [join(ROOT, 'dashboard/main.ts'), ...flags], {
  env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
  stdio: 'inherit',
})
const pid = server.pid ?? 0

const measure = async (): Promise<void> => {
  await waitFor({ what: 'the dashboard', timeoutMs: 30_000 }, async () => {
    const { status } = await ask(port, '/api/sluice/v1/session').catch(() => ({ status: 0 }))
    return status === 200
  })
  const body = { token: cluster.api.tokenFor('shop', 'ada') }
  const { headers } = await ask(port, '/api/sluice/v1/session', { method: 'POST', headers: OWN, body })
  const cookie = String(headers['set-cookie']).split(';')[0] ?? ''
  const open = async (): Promise<{ readonly page: Listening; readonly ms: number }> => {
    const began = performance.now()
    const page = listen(port, STREAM, { cookie })
    await page.until('the overview', ({ type }) => type === 'overview')
    return { page, ms: Math.round(performance.now() - began) }
  }
  const first = await open()
  const listBytes = first.page.text().length
  console.log(
    `${rollouts} rollouts: the first page has the list after ${first.ms} ms (the watch begins with it), ${Math.round(listBytes / 1024)} KiB`,
  )
  const others: Listening[] = []
  const times: number[] = []
  for (let i = 1; i < pages; i += 1) {
    const { page, ms } = await open()
    others.push(page)
    times.push(ms)
  }
  console.log(`each further page has it after ${Math.max(...times)} ms at most`)
  const all = [first.page, ...others]
  const sizes = () => all.reduce((sum, page) => sum + page.text().length, 0)
  await sleep(1000)
  const [cpu, bytes, began] = [cpuSeconds(pid), sizes(), performance.now()]
  for (let i = 0; i < changes; i += 1) {
    const ref = { namespace: `team-${(i % rollouts) % 40}`, name: `service-${i % rollouts}` }
    await client.patch(
      ROLLOUTS,
      ref,
      'merge',
      { status: { phase: 'Progressing', message: `change ${i}`, replicas: i } },
      'status',
    )
    const ahead = (i * 1000) / RATE - (performance.now() - began)
    if (ahead > 0) await sleep(ahead)
  }
  await waitFor({ what: 'the last change on every page', timeoutMs: 20_000 }, async () =>
    all.every(page => page.text().includes(`change ${changes - 1}`)),
  )
  const seconds = (performance.now() - began) / 1000
  const used = cpuSeconds(pid) - cpu
  const sent = sizes() - bytes
  console.log(
    `${changes} changes in ${seconds.toFixed(1)} s on ${pages} pages: ${((used * 1000) / changes).toFixed(2)} ms of CPU and ${Math.round(sent / changes / pages)} bytes a page for each, ${Math.round((used / seconds) * 100)}% of a core`,
  )
  console.log(`memory: ${memoryMb(pid).now} MB`)
  for (const page of all) page.close()
}

try {
  await measure()
} finally {
  server.kill('SIGKILL')
  await cluster.stop()
  rmSync(stateDir, { recursive: true, force: true })
}
