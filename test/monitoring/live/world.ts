/** The running system that is scraped: the in-process cluster with two routers, and the demo's app under load. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pod, Service } from '../../../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../../../api/names.ts'
import type { Rollout, RolloutStatus } from '../../../api/rollout.ts'
import { startTraffic, type Traffic } from '../../../demo/traffic.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { makeLogger } from '../../../kube/log.ts'
import { PODS, ROLLOUTS, SERVICES } from '../../../kube/resources.ts'
import { apply, readObjects } from '../../../local/apply.ts'
import { untilRolledOut } from '../../../local/install.ts'
import { up } from '../../../local/up.ts'
import { waitFor } from '../../../local/wait.ts'
import { RULES_FILE } from '../../../tools/monitoring/generate.ts'
import { ROOT } from '../tools.ts'
import { type Prometheus, startPrometheus, type Target } from './prometheus.ts'

/** The share that the canary has while it is looked at. */
export const WEIGHT = 0.4
const STEPS = `${WEIGHT * 100}%, 12s, 100%`
const RATE = 100
const WEB = { namespace: 'default', name: 'web' }

export type World = {
  readonly client: KubeClient
  readonly prometheus: Prometheus
  readonly traffic: Traffic
  readonly ship: (version: string, failEvery: number) => Promise<void>
  /** Waits until the Rollout of the app is as asked for. */
  readonly untilRollout: (what: string, is: (status: RolloutStatus) => boolean) => Promise<RolloutStatus>
  readonly stop: () => Promise<void>
}

const targetsIn = async (client: KubeClient): Promise<readonly Target[]> => {
  const pods = await client.list<Pod>(PODS, { namespace: SLUICE_NAMESPACE })
  return ['controller', 'router', 'webhook'].map(component => ({
    component,
    addresses: pods.items
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === component)
      .map(({ status }) => `${status?.podIP}:8081`),
  }))
}

const shipTo =
  (client: KubeClient): World['ship'] =>
  (version, failEvery) => {
    const text = readFileSync(join(ROOT, 'demo/web.yaml'), 'utf8')
      .replace(/sluice\.dev\/steps: .*/, `sluice.dev/steps: ${STEPS}`)
      .replaceAll('sample-app:v1', `sample-app:${version}`)
      .replaceAll('{ name: VERSION, value: v1 }', `{ name: VERSION, value: ${version} }`)
      .replaceAll('{ name: FAIL_EVERY, value: "0" }', `{ name: FAIL_EVERY, value: "${failEvery}" }`)
    return apply(client, readObjects(text, { NODE: process.execPath, SLUICE_ROOT: ROOT }))
  }

/** Starts everything; `stop` ends all of it and leaves nothing. */
export const startWorld = async (): Promise<World> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-monitoring-'))
  const ends: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  }
  try {
    const log = makeLogger({ component: 'cluster', level: 'error' })
    const cluster = await up({ stateDir: folder, root: ROOT, node: process.execPath, routers: 2, log, say: () => {} })
    ends.push(cluster.stop)
    const { client } = cluster
    const targets = await targetsIn(client)
    const prometheus = await startPrometheus({ folder, rulesFile: join(ROOT, RULES_FILE), targets })
    ends.push(prometheus.stop)
    const ship = shipTo(client)
    await ship('v1', 0)
    await untilRolledOut(client, WEB.namespace, WEB.name)
    const untilRollout: World['untilRollout'] = (what, is) =>
      waitFor({ what: `the Rollout to be ${what}` }, async () => {
        const { status } = await client.get<Rollout>(ROLLOUTS, WEB)
        return status !== undefined && is(status) && status
      })
    await untilRollout('at rest', ({ phase }) => phase === 'Healthy')
    const { spec } = await client.get<Service>(SERVICES, WEB)
    const traffic = startTraffic(`http://${spec.clusterIP}:${spec.ports?.[0]?.port}/`, RATE)
    ends.push(traffic.stop)
    return { client, prometheus, traffic, ship, untilRollout, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
