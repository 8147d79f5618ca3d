/** Kills parts of the system at random moments until it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pod } from '../../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../../api/names.ts'
import { isPodReady } from '../../api/pod-ready.ts'
import type { Cluster } from '../../cluster/start.ts'
import { PODS } from '../../kube/resources.ts'
import type { Kill, Victim } from './blame.ts'
import type { Random } from './random.ts'

export type KillerOptions = {
  readonly cluster: Cluster
  readonly random: Random
  readonly say: (line: string) => void
  readonly note: (kill: Kill) => void
  /** Names of the apps whose pods may be killed. */
  readonly apps: readonly string[]
}

/** Time between two kills, in milliseconds. */
const LEAST_MS = 500
const MOST_MS = 5000
const VICTIMS: readonly Victim[] = ['controller', 'webhook', 'router', 'pod', 'watches']

/** Candidates for a kill. The last ready router (or pod of an app) is spared: that nothing is left is another story. */
const candidates = async ({ cluster, apps, random }: KillerOptions, victim: Victim): Promise<readonly Pod[]> => {
  const app = random.pick(apps)
  const [namespace, labelSelector] =
    victim === 'pod' ? ['default', `app=${app}`] : [SLUICE_NAMESPACE, `app.kubernetes.io/component=${victim}`]
  const { items } = await cluster.client.list<Pod>(PODS, { namespace, labelSelector })
  const ready = items.filter(isPodReady)
  const spare = victim === 'router' ? 1 : victim === 'pod' ? 2 : 0
  return ready.length > spare ? ready : []
}

const strike = async (options: KillerOptions, victim: Victim): Promise<void> => {
  const { cluster, random, note, say } = options
  if (victim === 'watches') {
    cluster.api.closeWatches()
    return note({ at: Date.now(), victim, name: 'all' })
  }
  const pod = random.pick(await candidates(options, victim))
  if (pod === undefined) return
  const { name, namespace = '' } = pod.metadata
  note({ at: Date.now(), victim, name })
  cluster.kill(`${namespace}/${name}`, 'SIGKILL')
  say(`  SIGKILL ${namespace}/${name}`)
}

/** Starts; `stop` waits for the strike under way. */
export const startKilling = (options: KillerOptions): { readonly stop: () => Promise<void> } => {
  const stopping = new AbortController()
  const run = async () => {
    while (!stopping.signal.aborted) {
      await sleep(options.random.between(LEAST_MS, MOST_MS), undefined, { signal: stopping.signal }).catch(() => undefined)
      const victim = options.random.pick(VICTIMS)
      if (!stopping.signal.aborted && victim !== undefined) await strike(options, victim)
    }
  }
  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
