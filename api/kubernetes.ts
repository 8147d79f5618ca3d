/**
 * The parts of Kubernetes' own objects that Sluice reads and writes, as raw JSON (dates are strings, unknown fields stay).
 * Nothing here is complete: an object is carried whole and only patched, so a field that is not named is never lost.
 */

export type Labels = { readonly [key: string]: string }

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export type ObjectMeta = {
  readonly name: string
  readonly namespace?: string
  readonly generateName?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly finalizers?: readonly string[]
  readonly labels?: Labels
  readonly annotations?: Labels
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: unknown
}

export type KubeObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

export type Condition = {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  /** RFC 3339; the clock of a progress deadline. */
  readonly lastUpdateTime?: string
  readonly lastTransitionTime?: string
}

export type LabelSelector = {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    readonly values?: readonly string[]
  }[]
}

export type ContainerPort = { readonly name?: string; readonly containerPort: number; readonly protocol?: string }

export type Probe = {
  readonly httpGet?: { readonly path?: string; readonly port: number | string; readonly scheme?: string }
  readonly tcpSocket?: { readonly port: number | string }
  readonly exec?: { readonly command?: readonly string[] }
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
}

export type Container = {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[]
  readonly ports?: readonly ContainerPort[]
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly startupProbe?: Probe
  readonly lifecycle?: {
    readonly preStop?: {
      readonly exec?: { readonly command?: readonly string[] }
      readonly httpGet?: Probe['httpGet']
      readonly sleep?: { readonly seconds: number }
    }
  }
  readonly [field: string]: unknown
}

export type PodSpec = {
  readonly containers: readonly Container[]
  readonly terminationGracePeriodSeconds?: number
  readonly serviceAccountName?: string
  readonly nodeName?: string
  readonly restartPolicy?: string
  readonly [field: string]: unknown
}

export type PodTemplate = {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels; readonly [field: string]: unknown }
  readonly spec: PodSpec
}

export type DeploymentStrategyField = {
  readonly type?: 'RollingUpdate' | 'Recreate'
  readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string } | null
}

export type Deployment = KubeObject & {
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: PodTemplate
    readonly strategy?: DeploymentStrategyField
    readonly paused?: boolean
    readonly revisionHistoryLimit?: number
    readonly progressDeadlineSeconds?: number
    readonly minReadySeconds?: number
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly readyReplicas?: number
    readonly availableReplicas?: number
    readonly unavailableReplicas?: number
    readonly collisionCount?: number
    readonly conditions?: readonly Condition[]
  }
}

export type ReplicaSet = KubeObject & {
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly selector: LabelSelector
    readonly template: PodTemplate
  }
  readonly status?: {
    /** Pods that exist and are not terminating. */
    readonly replicas?: number
    readonly readyReplicas?: number
    readonly availableReplicas?: number
    readonly fullyLabeledReplicas?: number
    /** Pods with a deletionTimestamp that are not gone yet; absent where the cluster does not report it (before 1.33). */
    readonly terminatingReplicas?: number
    readonly observedGeneration?: number
    readonly conditions?: readonly Condition[]
  }
}

export type Pod = KubeObject & {
  readonly spec: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    /** The same first, then one of the other family in a dual-stack cluster. */
    readonly podIPs?: readonly { readonly ip: string }[]
    readonly hostIP?: string
    readonly startTime?: string
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly {
      readonly name: string
      readonly ready: boolean
      readonly restartCount: number
      readonly state?: unknown
      readonly [field: string]: unknown
    }[]
    readonly reason?: string
    readonly message?: string
  }
}

export type ServicePort = {
  readonly name?: string
  readonly port: number
  readonly targetPort?: number | string
  readonly protocol?: string
  readonly appProtocol?: string
  readonly nodePort?: number
}

export type Service = KubeObject & {
  readonly spec: {
    readonly type?: string
    readonly selector?: Labels
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly ports?: readonly ServicePort[]
    readonly sessionAffinity?: string
    readonly externalTrafficPolicy?: string
    readonly internalTrafficPolicy?: string
    readonly publishNotReadyAddresses?: boolean
    readonly externalName?: string
    readonly [field: string]: unknown
  }
}

export type Endpoint = {
  readonly addresses: readonly string[]
  readonly conditions?: {
    readonly ready?: boolean | null
    readonly serving?: boolean | null
    readonly terminating?: boolean | null
  }
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly uid?: string }
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[] | null } | null
}

export type EndpointSlice = KubeObject & {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly endpoints: readonly Endpoint[] | null
  readonly ports:
    | readonly {
        readonly name?: string | null
        readonly port?: number | null
        readonly protocol?: string | null
        readonly appProtocol?: string | null
      }[]
    | null
}

export type Endpoints = KubeObject & { readonly subsets?: readonly unknown[] | null }
