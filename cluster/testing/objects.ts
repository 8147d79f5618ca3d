/** Objects for tests of the cluster: small, with sensible defaults. */
import type { Deployment, Labels, Pod, PodTemplate, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { DESIRED_REPLICAS, POD_TEMPLATE_HASH, REVISION } from '../../api/names.ts'
import { MAX_REPLICAS } from '../controllers/deployment/draft.ts'

export const APP: Labels = { app: 'web' }
export const T0 = Date.parse('2026-01-01T00:00:00Z')

export const templateOf = (version: string): PodTemplate => ({
  metadata: { labels: APP },
  spec: { containers: [{ name: 'web', image: `web:${version}` }] },
})

export type DeploymentOptions = Partial<Deployment['spec']> & {
  readonly version?: string
  readonly annotations?: Labels
  readonly status?: Deployment['status']
  readonly deleted?: boolean
}

export function deploymentOf({ version = 'v2', annotations, status, deleted, ...spec }: DeploymentOptions = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'deployment-uid',
      generation: 1,
      annotations: annotations ?? {},
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { replicas: 4, selector: { matchLabels: APP }, template: templateOf(version), ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

export type ReplicaSetOptions = {
  readonly version: string
  readonly replicas: number
  readonly available?: number
  /** Value of desired-replicas; absent when undefined. */
  readonly desired?: number
  readonly max?: number
  readonly revision?: number
  /** Seconds after the start of the year. */
  readonly age?: number
  readonly annotations?: Labels
}

export function replicaSetOf({
  version,
  replicas,
  available = replicas,
  desired,
  max,
  revision,
  age = 0,
  annotations,
}: ReplicaSetOptions): ReplicaSet {
  const labels = { ...APP, [POD_TEMPLATE_HASH]: version }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${version}`,
      namespace: 'default',
      uid: `uid-${version}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: new Date(T0 + age * 1000).toISOString(),
      labels,
      annotations: {
        ...(desired === undefined ? {} : { [DESIRED_REPLICAS]: String(desired) }),
        ...(max === undefined ? {} : { [MAX_REPLICAS]: String(max) }),
        ...(revision === undefined ? {} : { [REVISION]: String(revision) }),
        ...annotations,
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'deployment-uid', controller: true }],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { ...templateOf(version), metadata: { labels } },
    },
    status: { replicas, readyReplicas: available, availableReplicas: available, observedGeneration: 1, terminatingReplicas: 0 },
  }
}

export type PodOptions = {
  readonly name: string
  readonly ip?: string
  readonly ready?: boolean
  readonly phase?: string
  readonly deleted?: boolean
  readonly labels?: Labels
  readonly node?: string
  /** Seconds after the start of the year of creation and readiness. */
  readonly age?: number
  readonly owner?: string
  readonly restarts?: number
  readonly annotations?: Labels
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
}

export function podOf({ name, ip = '127.1.0.1', ready = true, phase = 'Running', age = 0, ...options }: PodOptions): Pod {
  const time = new Date(T0 + age * 1000).toISOString()
  const node = options.node ?? 'local'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      labels: options.labels ?? APP,
      creationTimestamp: time,
      annotations: options.annotations ?? {},
      ...(options.deleted ? { deletionTimestamp: time } : {}),
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-v1', uid: options.owner ?? 'uid-v1', controller: true },
      ],
    },
    spec: {
      containers: [{ name: 'web', ...(options.ports ? { ports: options.ports } : {}) }],
      ...(node === '' ? {} : { nodeName: node }),
    },
    status: {
      phase,
      ...(ip === '' ? {} : { podIP: ip }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time }],
      containerStatuses: [{ name: 'web', ready, restartCount: options.restarts ?? 0 }],
    },
  }
}

export function serviceOf({ labels, ...spec }: Partial<Service['spec']> & { readonly labels?: Labels } = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 'service-uid', labels: labels ?? {} },
    spec: { selector: APP, clusterIP: '127.96.0.1', ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  }
}
