/** What the routers counted of a Deployment's two versions, asked by way of the API server (`pods/proxy`). */
import { BucketStore } from '../analysis/bucket-store.ts'
import type { Second } from '../analysis/history.ts'
import { decodeBucketReport } from '../analysis/providers/decode-reports.ts'
import { ROUTER_ADMIN_PORT } from '../analysis/providers/router-admin.ts'
import type { Pod } from '../api/kubernetes.ts'
import { ROUTER_APP_LABEL } from '../api/names.ts'
import { isPodReady } from '../api/pod-ready.ts'
import type { KubeClient } from '../kube/client.ts'
import { PODS } from '../kube/resources.ts'
import { readList } from './read-objects.ts'
import type { RolloutView } from './rollout-view.ts'
import { whyUnknown } from './why-unknown.ts'

export type Numbers = {
  /** Oldest first; only seconds in which a request ended. At most the last ten minutes. */
  readonly seconds: readonly Second[]
  /** Routers that answered. */
  readonly answered: number
}

/** `unknown`: nobody could be asked, and why, in whole sentences. */
export type Asked = Numbers | { readonly unknown: string }

/** Keeps what was told before, so that a page that follows asks only for what is new. */
export type NumbersReader = (view: RolloutView) => Promise<Asked>

const ROUTERS = Object.entries(ROUTER_APP_LABEL)
  .map(([key, value]) => `${key}=${value}`)
  .join(',')

export type NumbersSource = {
  readonly client: KubeClient
  /** Where the routers run. */
  readonly sluiceNamespace: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The fleet's routers only: sidecars answer nobody but the controller. */
export const numbersReader = ({ client, sluiceNamespace, now }: NumbersSource): NumbersReader => {
  const store = new BucketStore()
  const askOne = async (pod: string, route: string): Promise<void> => {
    const from = `${pod} ${route}`
    const nowSecond = now() / 1000
    const query = `route=${encodeURIComponent(route)}&seconds=${store.secondsToAsk(from, nowSecond)}`
    const path = `/api/v1/namespaces/${sluiceNamespace}/pods/https:${pod}:${ROUTER_ADMIN_PORT}/proxy/buckets?${query}`
    const decoded = decodeBucketReport(JSON.stringify(await client.raw('GET', path)))
    if ('problem' in decoded) throw new Error(`its answer is no report of what it counted: ${decoded.problem}`)
    store.add(from, decoded.value, now() / 1000)
  }
  const ask = async (router: string, routes: readonly string[]): Promise<string | undefined> => {
    try {
      await Promise.all(routes.map(route => askOne(router, route)))
      return undefined
    } catch (error) {
      return whyUnknown(error, { namespace: sluiceNamespace, router })
    }
  }
  return async view => {
    const { stableRS = '', currentPodHash = '' } = view.rollout?.status ?? {}
    const routes = view.services.flatMap(({ route }) => (route === undefined ? [] : [`${view.namespace}/${route.metadata.name}`]))
    if (routes.length === 0) return { unknown: 'No Service of it is led through the routers now.' }
    try {
      const pods = (await readList<Pod>(client, PODS, { namespace: sluiceNamespace, labelSelector: ROUTERS })).filter(isPodReady)
      if (pods.length === 0) return { unknown: `No router is ready in namespace ${sluiceNamespace}.` }
      const told = await Promise.all(pods.map(({ metadata }) => ask(metadata.name, routes)))
      const refused = told.find(one => one !== undefined)
      const answered = told.filter(one => one === undefined).length
      if (answered === 0 && refused !== undefined) return { unknown: refused }
      const seconds = store.history(0, { canary: currentPodHash, stable: stableRS })
      return { seconds, answered }
    } catch (error) {
      return { unknown: whyUnknown(error, { namespace: sluiceNamespace }) }
    }
  }
}
