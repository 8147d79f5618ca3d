/** What lies around a Deployment's pods and decides whether routers can stand in front of them. Read before a Service is entered. */
import type { KubeObject, LabelSelector, Labels } from '../../api/kubernetes.ts'

export type PolicyPeer = {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}

export type PolicyPort = { readonly protocol?: string; readonly port?: number | string; readonly endPort?: number }

type Rule<Side extends 'from' | 'to'> = {
  readonly [side in Side]?: readonly PolicyPeer[] | null
} & { readonly ports?: readonly PolicyPort[] | null }

/** `networking.k8s.io/v1`, as far as it is read. */
export type NetworkPolicy = KubeObject & {
  readonly spec?: {
    readonly podSelector?: LabelSelector
    readonly policyTypes?: readonly string[]
    readonly ingress?: readonly Rule<'from'>[] | null
    readonly egress?: readonly Rule<'to'>[] | null
  }
}

export type MutualTls = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT'

/** `security.istio.io/v1`, as far as it is read. */
export type PeerAuthentication = KubeObject & {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Labels }
    readonly mtls?: { readonly mode?: MutualTls }
    readonly portLevelMtls?: { readonly [port: string]: { readonly mode?: MutualTls } }
  }
}

export type NamespaceSeen = { readonly labels?: Labels; readonly annotations?: Labels }

export type Surroundings = {
  /** Where the routers run. */
  readonly systemNamespace: string
  /** Those of the Deployment's namespace and of the routers'. */
  readonly policies: readonly NetworkPolicy[]
  /** By name: the Deployment's and the routers'. */
  readonly namespaces: { readonly [name: string]: NamespaceSeen }
  /** Of the Deployment's namespace and of Istio's; none where Istio is not installed. */
  readonly peerAuthentications: readonly PeerAuthentication[]
  /** What the routers that run now have in common. */
  readonly routers: { readonly labels: Labels; readonly addresses: readonly string[] }
  /** Other Rollouts (`NAME`) whose workloadRef names the Deployment: two controllers would size its pods. */
  readonly rivals: readonly string[]
}
