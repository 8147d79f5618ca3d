/** What was read of the cluster: the whole input of the checks. Plain data. */
import type { KubeObject, Labels, Pod } from '../../api/kubernetes.ts'
import type { Lease } from '../eject/lease.ts'

/** What the API server answered; or why it did not. An object that is not there is an answer: undefined. */
export type Answer<T> = { readonly is: T } | { readonly refused: string }

export type Node = KubeObject & { readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } } }

export type Definition = KubeObject & {
  readonly spec?: unknown
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

export type WebhookConfiguration = KubeObject & {
  readonly webhooks?: readonly {
    readonly name: string
    readonly clientConfig: {
      readonly caBundle?: string
      readonly service?: { readonly namespace: string; readonly name: string }
    }
  }[]
}

export type Workload = KubeObject & { readonly metadata: { readonly labels?: Labels } }

/** One right that a process needs, and what the API server said to whether it has it. */
export type Asked = {
  readonly component: string
  /** `namespace/name` of the ServiceAccount. */
  readonly account: string
  /** e.g. `patch apps/deployments`. */
  readonly right: string
  /** In this namespace only; everywhere when absent. */
  readonly namespace?: string
  readonly allowed: Answer<boolean>
}

/** What the API server did with a Deployment that the webhook has to refuse, in a dry run. */
export type Trial = { readonly outcome: 'refused-by-webhook' | 'let-through' | 'failed'; readonly message: string }

export type ClusterSeen = {
  readonly now: number
  /** Where Sluice runs. */
  readonly systemNamespace: string
  /** `gitVersion` of the API server. */
  readonly version: string
  /** `GROUP/VERSION` that are served, e.g. `apps/v1`. */
  readonly groupVersions: readonly string[]
  /** Plurals that `admissionregistration.k8s.io/v1` serves. */
  readonly admissionResources: readonly string[]
  readonly nodes: Answer<readonly Node[]>
  /** By `PLURAL.GROUP`. */
  readonly definitions: { readonly [name: string]: Answer<Definition | undefined> }
  readonly webhook: Answer<WebhookConfiguration | undefined>
  /** PEM of the webhook's serving certificate, from its Secret. */
  readonly servingCertificate: Answer<string | undefined>
  readonly trial: Answer<Trial>
  readonly guard: Answer<{ readonly policy: boolean; readonly binding: boolean }>
  /** Pods of Sluice. */
  readonly pods: Answer<readonly Pod[]>
  /** Leases in Sluice's namespace. */
  readonly leases: Answer<readonly Lease[]>
  readonly rights: readonly Asked[]
  /** DaemonSets of all namespaces. */
  readonly daemonSets: Answer<readonly Workload[]>
  /** `data` of ConfigMap kube-system/cilium-config. */
  readonly ciliumConfig: Answer<Labels | undefined>
  /** FelixConfiguration `default` of Calico. */
  readonly felix: Answer<{ readonly bpfEnabled: boolean } | undefined>
  /** Deployments labelled as Argo Rollouts, of all namespaces. */
  readonly argoRollouts: Answer<readonly Workload[]>
}
