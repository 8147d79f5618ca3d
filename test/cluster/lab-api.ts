/** What every kind of lab gives to the tests. */
import type { KubeClient } from '../../kube/client.ts'

export type Lab = {
  readonly client: KubeClient
  /** Made for the suite. */
  readonly namespace: string
  readonly kubeconfig: string
  /** What kubectl printed; rejects with what it said on standard error. */
  readonly kubectl: (...args: readonly string[]) => Promise<string>
  /** SIGKILL to every pod of a component of Sluice; they are restarted by the node. */
  readonly killSluice: (component: 'controller' | 'router' | 'webhook') => Promise<void>
  /** Serves the sample app, for objects.ts. */
  readonly serve: { readonly node: string; readonly root: string; readonly image?: string }
  readonly stop: () => Promise<void>
}

export type LabOptions = {
  /** Install Sluice too. */
  readonly sluice?: boolean
}
