/**
 * `make bench-controller`: what the controller costs. Two-pod Rollouts (200, or ARGS='--rollouts N') go through setWeight 50, pause 1s,
 * setWeight 80, pause 1s at once, on a real control plane with pods that are pretended; then a minute of rest (--rest SECONDS). The last
 * line is one JSON object. --patience SECONDS: the longest wait for all of them. --node-flags=--cpu-prof: more flags for the controller's
 * Node; --source: from the sources instead of the bundle. What it is compared with is in README.md.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
import { cpuSeconds, memoryMb, requestsOf, sumOf, type Writes, writesBetween, writesOf } from './measure.ts'
import { NODE, startPretendNode } from './pretend-node.ts'
import { type Controller, startController } from './process.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const NAMESPACE = 'bench'
/** Events are written after what they tell of; with many Rollouts that goes on for a while. */
const SETTLE_MS = 2000
const LONGEST_SETTLE_MS = 120_000

/** Argo Rollouts 1.10 in the same scenario on such a machine, with its limits on requests raised. */
const PEER = [
  'Argo Rollouts 1.10 with 200: 12.5 s of CPU, 36 writes each, 113 MB',
  'Argo Rollouts 1.10 with 1,000: 185 s, 56.6 s of CPU, 33 writes each, 179 MB',
]

const { values } = parseArgs({
  options: {
    rollouts: { type: 'string', default: '200' },
    patience: { type: 'string' },
    source: { type: 'boolean', default: false },
    rest: { type: 'string', default: '60' },
    'node-flags': { type: 'string', default: '' },
  },
})
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

const sameWrites = (a: Writes, b: Writes): boolean => sumOf(a) === sumOf(b)

/** Until the controller has written nothing, but its lease, for a while. */
const untilQuiet = async (controller: Controller): Promise<void> => {
  let before = requestsOf(await controller.metrics())
  await sleep(SETTLE_MS)
  await waitFor({ what: 'the controller to have written all', timeoutMs: LONGEST_SETTLE_MS, everyMs: SETTLE_MS }, async () => {
    const now = requestsOf(await controller.metrics())
    const isQuiet = sameWrites(before, now)
    before = now
    return isQuiet
  })
}

type Asked = { readonly client: KubeClient; readonly transport: Transport; readonly controller: Controller }

const show = (title: string, writes: Writes): void => {
  console.log(title)
  for (const [what, count] of [...writes].sort(([, a], [, b]) => b - a))
    console.log(`${(count / total).toFixed(2).padStart(7)} per Rollout  ${what}`)
}

const update = async ({ client, transport, controller }: Asked) => {
  const { pid } = controller
  const before = { cpu: cpuSeconds(pid), writes: await writesOf(transport), own: requestsOf(await controller.metrics()) }
  const began = performance.now()
  const template = (name: string) => ({ spec: { template: rolloutOf(name, 'app:v2').spec.template } })
  await forEach(name => client.patch(ROLLOUTS, { namespace: NAMESPACE, name }, 'merge', template(name)))
  await untilAll(client, 'app:v2')
  const seconds = (performance.now() - began) / 1000
  await untilQuiet(controller)
  const used = cpuSeconds(pid) - before.cpu
  const made = writesBetween(before.writes, await writesOf(transport))
  show('writes to apps and argoproj.io, whoever made them:', made)
  const own = writesBetween(before.own, requestsOf(await controller.metrics()))
  show("of the controller's own, with events and what was refused:", own)
  return { seconds, cpuSeconds: used, writesEach: sumOf(made) / total, memoryMb: memoryMb(pid) }
}

const rest = async ({ transport, controller: { pid } }: Asked) => {
  const [cpu, writes] = [cpuSeconds(pid), await writesOf(transport)]
  await sleep(Number(values.rest) * 1000)
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
  const controller = await startController({
    kubeconfig: plane.kubeconfig,
    dir,
    fromSource: values.source,
    nodeFlags: values['node-flags'].split(' ').filter(flag => flag !== ''),
  })
  stops.push(controller.stop)
  await forEach(name => client.create(ROLLOUTS, rolloutOf(name, 'app:v1')))
  await untilAll(client, 'app:v1')
  await untilQuiet(controller)
  console.log(`${total} Rollouts of two pods are healthy; all of them get a new version`)
  const asked = { client, transport, controller }
  const result = await update(asked)
  console.log('the update is over; a minute of rest')
  const idle = await rest(asked)
  for (const line of PEER) console.log(line)
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
