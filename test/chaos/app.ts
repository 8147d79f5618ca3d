/** An app under chaos: deployed once, then given one version after the other, each watched to its end. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Deployment, Service } from '../../api/kubernetes.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { KubeClient } from '../../kube/client.ts'
import { DEPLOYMENTS, ROLLOUTS, ROUTES, SERVICES } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { untilRolledOut } from '../../local/install.ts'
import { waitFor } from '../../local/wait.ts'
import { aDeployment, aService } from '../cluster/objects.ts'

const NAMESPACE = 'default'
/** With parts dying all the time a rollout takes longer, but not for ever. */
const PATIENCE_MS = 180_000
const STEPS = '10%, 3s, 50%, 3s, 100%'

export type App = { readonly name: string; readonly url: string; readonly node: string; readonly root: string }

type Place = { readonly client: KubeClient; readonly root: string; readonly node: string }

const manifest = (app: Pick<App, 'name' | 'node' | 'root'>, version: string, failEvery: number): Deployment =>
  aDeployment({
    name: app.name,
    namespace: NAMESPACE,
    replicas: 3,
    version,
    failEvery,
    serve: { node: app.node, root: app.root },
    annotations: { 'sluice.dev/strategy': 'canary', 'sluice.dev/steps': STEPS },
  })

const statusOf = async (client: KubeClient, name: string) =>
  (await client.get<Rollout>(ROLLOUTS, { namespace: NAMESPACE, name })).status

/** Deploys v1 with its Service and waits until both are at rest. */
export const deploy = async ({ client, root, node }: Place, name: string): Promise<App> => {
  const service = aService({ name, namespace: NAMESPACE })
  await apply(client, [manifest({ name, node, root }, 'v1', 0), service])
  await untilRolledOut(client, NAMESPACE, name)
  await waitFor({ what: `the Rollout of ${name} to be Healthy` }, async () => (await statusOf(client, name))?.phase === 'Healthy')
  const { spec } = await client.get<Service>(SERVICES, { namespace: NAMESPACE, name })
  return { name, node, root, url: `http://${spec.clusterIP}:8080/` }
}

/** The webhook may be dead just now: the API server then refuses, and a user (or their pipeline) tries again. */
const ship = (client: KubeClient, app: App, version: string, bad: boolean) =>
  waitFor({ what: `${app.name} ${version} to be accepted` }, async () => {
    await client.patch(DEPLOYMENTS, { namespace: NAMESPACE, name: app.name }, 'merge', {
      spec: { template: manifest(app, version, bad ? 3 : 0).spec.template },
    })
    return true
  })

/** Ships one version and waits for its end; returns what was wrong with that end, or nothing. */
export const rollOne = async (client: KubeClient, app: App, version: string, bad: boolean): Promise<string | undefined> => {
  const { stableRS: before, currentPodHash: earlier } = (await statusOf(client, app.name)) ?? {}
  await ship(client, app, version, bad)
  const until = Date.now() + PATIENCE_MS
  let last = 'nothing'
  while (Date.now() < until) {
    await sleep(200)
    const status = await statusOf(client, app.name).catch(() => undefined)
    const isOut = !(await client.list(ROUTES, { namespace: NAMESPACE })).items.some(route => route.metadata.name === app.name)
    last = `${status?.phase}: ${status?.message}`
    // The end of the version before this one is still told until a controller has seen this one.
    const ended = isOut && status?.currentPodHash !== earlier
    if (ended && status?.phase === 'Degraded' && status.abort === true)
      return bad ? undefined : `${app.name} ${version} was rolled back: ${status.message}`
    if (ended && status?.phase === 'Healthy' && status.stableRS !== before)
      return bad ? `${app.name} ${version} was promoted though it is bad` : undefined
  }
  return `${app.name} ${version} did not end within ${PATIENCE_MS / 1000} s; last seen ${last}`
}
