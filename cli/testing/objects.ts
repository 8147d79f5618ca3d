/** A shop with one Deployment `web` in the middle of an update from v1 to v2, and the parts to vary it. */

import fastJsonPatch from 'fast-json-patch'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import { holdOps } from '../../api/hold.ts'
import type { Deployment, EndpointSlice, KubeObject, Pod, ReplicaSet, Service } from '../../api/kubernetes.ts'
import {
  DEPLOYMENT_LABEL,
  FRONTED_SERVICE_LABEL,
  MANAGED_BY_SLICE,
  POD_TEMPLATE_HASH,
  REVISION,
  ROLLOUTS_POD_TEMPLATE_HASH,
  SERVICE_NAME,
  SLICE_ROLE,
  STABLE_TEMPLATE,
} from '../../api/names.ts'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import type { Route } from '../../api/route.ts'
import { detachOps, skipMirrorOps } from '../../api/service-mode.ts'
import { templateHash } from '../../api/template.ts'

export const NOW = Date.parse('2026-01-01T12:00:00Z')
export const STABLE = '5d8f7c9b6b'
export const CANARY = '7b9c4d5f8x'

const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace('.000', '')

const apply = <T>(object: T, ops: readonly object[]): T =>
  fastJsonPatch.applyPatch(structuredClone(object), structuredClone(ops) as fastJsonPatch.Operation[]).newDocument as T

export const template = (image: string): Deployment['spec']['template'] => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
})

export const aDeployment = ({ image = 'registry.example/web:v2', held = true, replicas = 4 } = {}): Deployment => {
  const atRest: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid-web',
      generation: 7,
      resourceVersion: '50',
      creationTimestamp: ago(90_000),
      annotations: { 'sluice.dev/strategy': 'canary', [STABLE_TEMPLATE]: templateHash(template('registry.example/web:v1')) },
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: template(image),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
    status: { observedGeneration: 7, replicas: 5, updatedReplicas: 1, readyReplicas: 5, availableReplicas: 5 },
  }
  return held ? apply(atRest, holdOps(atRest)) : atRest
}

export const aReplicaSet = ({
  hash = STABLE,
  image = 'registry.example/web:v1',
  replicas = 4,
  revision = 1,
  age = 90_000,
} = {}): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: `web-${hash}`,
    namespace: 'shop',
    uid: `uid-web-${hash}`,
    creationTimestamp: ago(age),
    labels: { app: 'web', [POD_TEMPLATE_HASH]: hash },
    annotations: { [REVISION]: String(revision) },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web', controller: true }],
  },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web', [POD_TEMPLATE_HASH]: hash } },
    template: { ...template(image), metadata: { labels: { app: 'web', [POD_TEMPLATE_HASH]: hash } } },
  },
  status: { replicas, readyReplicas: replicas, availableReplicas: replicas },
})

export const aPod = ({
  hash = STABLE,
  index = 0,
  ready = true,
  age = 3600,
  waiting,
}: {
  readonly hash?: string
  readonly index?: number
  readonly ready?: boolean
  readonly age?: number
  readonly waiting?: string
} = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `web-${hash}-${'abcdefgh'[index]}x2k9`,
    namespace: 'shop',
    uid: `uid-pod-${hash}-${index}`,
    creationTimestamp: ago(age),
    labels: { app: 'web', [POD_TEMPLATE_HASH]: hash },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web-${hash}`, uid: `uid-web-${hash}`, controller: true },
    ],
  },
  spec: template('x').spec,
  status: {
    phase: waiting === undefined ? 'Running' : 'Pending',
    podIP: `10.0.${hash === STABLE ? 1 : 2}.${index + 1}`,
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [
      {
        name: 'web',
        ready,
        restartCount: ready ? 0 : 3,
        ...(waiting === undefined ? {} : { state: { waiting: { reason: waiting } } }),
      },
    ],
  },
})

const STEPS = [{ setWeight: 5 }, { pause: { duration: '2m' } }, { setWeight: 25 }, { pause: {} }, { setWeight: 100 }]

export const aRollout = (status: RolloutStatus = {}, spec: Partial<Rollout['spec']> = {}): Rollout => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'uid-rollout-web',
    generation: 3,
    creationTimestamp: ago(86_400),
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web', controller: true }],
  },
  spec: {
    replicas: 4,
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    strategy: { canary: { steps: STEPS } },
    ...spec,
  },
  status: {
    phase: 'Paused',
    message: 'Step 4/5 (pause): waiting since 11:57:00Z; ends when promoted: kubectl sluice promote web',
    observedGeneration: '3',
    workloadObservedGeneration: '7',
    currentPodHash: CANARY,
    stableRS: STABLE,
    currentStepIndex: 3,
    pauseConditions: [{ reason: 'CanaryPauseStep', startTime: ago(180) }],
    controllerPause: true,
    replicas: 5,
    updatedReplicas: 1,
    readyReplicas: 5,
    availableReplicas: 5,
    canary: {
      weights: {
        canary: { weight: 25, podTemplateHash: CANARY },
        stable: { weight: 75, podTemplateHash: STABLE },
        verified: true,
      },
      currentBackgroundAnalysisRunStatus: { name: 'web-7b9c4d5f8x-2-background', status: 'Running' },
    },
    ...status,
  },
})

export const healthy: RolloutStatus = {
  phase: 'Healthy',
  message: '',
  currentPodHash: STABLE,
  currentStepIndex: 5,
  pauseConditions: [],
  controllerPause: false,
  replicas: 4,
  updatedReplicas: 4,
  readyReplicas: 4,
  availableReplicas: 4,
  canary: {},
}

export const anAnalysisRun = (): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: {
    name: 'web-7b9c4d5f8x-2-background',
    namespace: 'shop',
    uid: 'uid-run',
    creationTimestamp: ago(400),
    labels: { [ROLLOUTS_POD_TEMPLATE_HASH]: CANARY },
    ownerReferences: [
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'uid-rollout-web', controller: true },
    ],
  },
  spec: { metrics: [] },
  status: {
    phase: 'Running',
    metricResults: [
      {
        name: 'success-rate >= 99%',
        phase: 'Running',
        successful: 12,
        failed: 0,
        inconclusive: 1,
        measurements: [{ phase: 'Successful', value: 'canary 99.6% of 512, stable 99.9% of 1530' }],
      },
      {
        name: 'p99 <= 500ms',
        phase: 'Running',
        successful: 13,
        measurements: [{ phase: 'Successful', value: 'canary 84 ms, stable 79 ms' }],
      },
    ],
  },
})

export const aService = (name = 'web'): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', uid: `uid-service-${name}`, resourceVersion: '40', labels: { [DEPLOYMENT_LABEL]: 'web' } },
  spec: {
    type: 'ClusterIP',
    clusterIP: '127.96.0.10',
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  },
})

export const aDetachedService = (): Service => apply(aService(), [...skipMirrorOps(aService(), true), ...detachOps(aService())])

export const aRoute = ({ endpoints = 'ready' as Route['spec']['endpoints'], weight = 25 } = {}): Route => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Route',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-route', resourceVersion: '60' },
  spec: {
    service: 'web',
    deployment: 'web',
    version: 7,
    endpoints,
    ports: [{ name: 'http', port: 80, listenPort: 20001, protocol: 'http' }],
    backends: [
      { role: 'stable', hash: STABLE, service: `web-${STABLE}`, weight: 100 - weight },
      { role: 'canary', hash: CANARY, service: `web-${CANARY}`, weight },
    ],
  },
  status: { step: 'proxy', since: ago(300) },
})

export const aPrivateService = (hash: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: `web-${hash}`, namespace: 'shop', labels: { [FRONTED_SERVICE_LABEL]: 'web' } },
  spec: { selector: { app: 'web', [POD_TEMPLATE_HASH]: hash }, ports: [{ port: 80 }] },
})

export const aSlice = ({
  role,
  manager = 'sluice.dev',
  addresses,
}: {
  readonly role?: string
  readonly manager?: string
  readonly addresses: readonly string[]
}): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: role === undefined ? 'web-abcde' : `web-sluice-${role}`,
    namespace: 'shop',
    labels: { [SERVICE_NAME]: 'web', [MANAGED_BY_SLICE]: manager, ...(role === undefined ? {} : { [SLICE_ROLE]: role }) },
  },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: addresses.map(address => ({
    addresses: [address],
    conditions: { ready: role !== 'fail-open', serving: true, terminating: role === 'fail-open' },
  })),
})

/** All of it: an update at 25 %, waiting for a person. */
export const midUpdate = (): readonly KubeObject[] => [
  aDeployment(),
  aRollout(),
  aReplicaSet(),
  aReplicaSet({ hash: CANARY, image: 'registry.example/web:v2', replicas: 1, revision: 2, age: 400 }),
  ...[0, 1, 2, 3].map(index => aPod({ index })),
  aPod({ hash: CANARY, age: 390 }),
  anAnalysisRun(),
  aDetachedService(),
  aRoute(),
  aPrivateService(STABLE),
  aPrivateService(CANARY),
  aSlice({ role: 'router', addresses: ['10.0.9.1', '10.0.9.2'] }),
  aSlice({ role: 'fail-open', addresses: ['10.0.1.1'] }),
]
