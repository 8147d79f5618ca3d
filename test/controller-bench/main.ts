/**
 * `make bench-controller`: what the controller costs. Two-pod Rollouts (200, or ARGS='--rollouts N'; --patience SECONDS) go through setWeight 50, pause 1s, setWeight 80,
 * pause 1s at once, on a real control plane with pods that are pretended; then a minute of rest. The last line is one JSON object.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Rollout } from '../../api/rollout.ts'
import type { KubeClient, Transport } from '../../kube/client.ts'
import { clientOver } from '../../kube/http-client.ts'
import { CRDS, ROLLOUTS } from '../../kube/resources.ts'
import { kubeconfigTransport } from '../../kube/transport.ts'
import { apply, readCrds } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { startControlPlane } from '../cluster/control-plane.ts'
import { cpuSeconds, memoryMb, sumOf, writesBetween, writesOf } from './measure.ts'
import { NODE, startPretendNode } from './pretend-node.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const NAMESPACE = 'bench'
const IDLE_MS = 60_000
/** Events are written a moment after what they tell of. */
const SETTLE_MS = 5000

const { values } = parseArgs({ options: { rollouts: { type: 'string', default: '200' }, patience: { type: 'string' } } })
const total = Number(values.rollouts)

const rolloutOf = (name: string, image: string): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { nodeName: NODE, terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image }] },
    },
    strategy: {
      canary: {
        maxSurge: 1,
        maxUnavailable: 0,
        steps: [{ setWeight: 50 }, { pause: { duration: '1s' } }, { setWeight: 80 }, { pause: { duration: '1s' } }],
      },
    },
  },
})

const names = Array.from({ length: total }, (_, i) => `web-${i}`)

/** As many at once as a person's tools would send. */
const forEach = async (work: (name: string) => Promise<unknown>): Promise<void> => {
  const queue = [...names]
  const one = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await work(name)
  }
  await Promise.all(Array.from({ length: 8 }, one))
}

const isDone = ({ status, metadata }: Rollout, image: string, spec: Rollout['spec']): boolean =>
  status?.phase === 'Healthy' &&
  status.observedGeneration === String(metadata.generation) &&
  status.stableRS === status.currentPodHash &&
  spec.template?.spec.containers[0]?.image === image

const untilAll = async (client: KubeClient, image: string): Promise<void> => {
  await waitFor(
    {
      what: `${total} Rollouts to be healthy with ${image}`,
      timeoutMs: values.patience === undefined ? 8 * 60_000 : Number(values.patience) * 1000,
      everyMs: 500,
    },
    async () => {
      const { items } = await client.list<Rollout>(ROLLOUTS, { namespace: NAMESPACE })
      return items.length === total && items.every(rollout => isDone(rollout, image, rollout.spec))
    },
  )
}

const startController = (kubeconfig: string, dir: string) => {
  const log = openSync(join(dir, 'controller.log'), 'w')
  const args = [
    join(ROOT, 'controller/main.ts'),
    '--rollouts',
    '--host',
    '127.0.0.1',
    '--health-port',
    '18081',
    '--log-level',
    'warn',
  ]
  const env = { ...process.env, KUBECONFIG: kubeconfig, POD_NAMESPACE: 'sluice-system', POD_NAME: 'bench' }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', log, log] })
  if (child.pid === undefined) throw new Error('the controller could not be started')
  return { pid: child.pid, stop: () => child.kill('SIGTERM') }
}

const establish = async (client: KubeClient): Promise<void> => {
  const crds = readCrds(ROOT)
  await apply(client, crds)
  for (const { metadata } of crds) {
    await waitFor({ what: `${metadata.name} to be served` }, async () => {
      const crd = await client.get(CRDS, { name: metadata.name })
      const { conditions = [] } = (Reflect.get(crd, 'status') ?? {}) as { conditions?: { type: string; status: string }[] }
      return conditions.some(({ type, status }) => type === 'Established' && status === 'True')
    })
  }
  const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await apply(client, [namespace(NAMESPACE), namespace('sluice-system')])
  await waitFor({ what: 'the default ServiceAccount' }, async () => {
    await client.raw('GET', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`)
    return true
  })
}

type Asked = { readonly client: KubeClient; readonly transport: Transport; readonly pid: number }

const update = async ({ client, transport, pid }: Asked) => {
  const [cpu, writes, began] = [cpuSeconds(pid), await writesOf(transport), performance.now()]
  const template = (name: string) => ({ spec: { template: rolloutOf(name, 'app:v2').spec.template } })
  await forEach(name => client.patch(ROLLOUTS, { namespace: NAMESPACE, name }, 'merge', template(name)))
  await untilAll(client, 'app:v2')
  const seconds = (performance.now() - began) / 1000
  await sleep(SETTLE_MS)
  const made = writesBetween(writes, await writesOf(transport))
  for (const [what, count] of [...made].sort(([, a], [, b]) => b - a))
    console.log(`${(count / total).toFixed(2).padStart(7)} per Rollout  ${what}`)
  return { seconds, cpuSeconds: cpuSeconds(pid) - cpu, writesEach: sumOf(made) / total, memoryMb: memoryMb(pid) }
}

const rest = async ({ transport, pid }: Asked) => {
  const [cpu, writes] = [cpuSeconds(pid), await writesOf(transport)]
  await sleep(IDLE_MS)
  return {
    writes: sumOf(writesBetween(writes, await writesOf(transport))),
    cpuSeconds: cpuSeconds(pid) - cpu,
    memoryMb: memoryMb(pid).now,
  }
}

const rounded = (_: string, value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 100) / 100 : value)

const dir = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
/** Ended in reverse order, whatever happens. */
const stops: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]

const bench = async (): Promise<void> => {
  const plane = await startControlPlane({ bin: process.env['SLUICE_KUBE_BIN'] ?? '', dir, serviceCidr: '10.96.0.0/16' })
  stops.push(plane.stop)
  const transport = await kubeconfigTransport({ kubeconfig: plane.kubeconfig })
  stops.push(transport.close)
  const client = clientOver(transport)
  await establish(client)
  stops.push((await startPretendNode(client)).stop)
  const controller = startController(plane.kubeconfig, dir)
  stops.push(controller.stop)
  await forEach(name => client.create(ROLLOUTS, rolloutOf(name, 'app:v1')))
  await untilAll(client, 'app:v1')
  await sleep(SETTLE_MS)
  console.log(`${total} Rollouts of two pods are healthy; all of them get a new version`)
  const asked = { client, transport, pid: controller.pid }
  const result = await update(asked)
  console.log('the update is over; a minute of rest')
  const idle = await rest(asked)
  console.log('Argo Rollouts 1.10 with 200: 12.5 s of CPU, 36 writes each, 113 MB')
  console.log(JSON.stringify({ rollouts: total, ...result, idle }, rounded))
}

try {
  await bench()
} catch (error) {
  console.error(error)
  console.error(readFileSync(join(dir, 'controller.log'), 'utf8').slice(-4000))
  process.exitCode = 1
} finally {
  for (const stop of stops.reverse()) await stop()
}
