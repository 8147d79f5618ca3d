/** Objects for the cluster suite: pods that run a real process, cheap where no traffic is needed. */
import type { Container, Deployment, DeploymentStrategyField, ReplicaSet, Service } from '../../api/kubernetes.ts'
import { POD_TEMPLATE_HASH } from '../../api/names.ts'
import { templateHash } from '../../api/template.ts'

export type Wanted = {
  readonly name: string
  readonly namespace: string
  readonly replicas?: number
  readonly version?: string
  readonly annotations?: { readonly [key: string]: string }
  readonly strategy?: DeploymentStrategyField
  readonly revisionHistoryLimit?: number
  readonly progressDeadlineSeconds?: number
  /** Serve HTTP (demo/app.ts) rather than only live; the image is a name only where pods are local processes. */
  readonly serve?: { readonly node: string; readonly root: string; readonly image?: string }
  /** Every n-th answer is a 500. */
  readonly failEvery?: number
  /** Every answer is a line in the pod's log. */
  readonly logs?: boolean
  /** Serve HTTP/2 as well (h2-app.ts), as gRPC servers do; local processes only. */
  readonly speaksH2?: boolean
  /** Never becomes ready. */
  readonly broken?: boolean
  /** Where the app listens; the container port named http. */
  readonly port?: number
  /** Fields of its Service beside the selector. */
  readonly service?: Partial<Service['spec']>
}

const IDLE: Container = { name: 'app', image: 'sluice.dev/idle', command: ['sleep', '100000'] }

const containerOf = ({
  version = 'v1',
  serve,
  failEvery = 0,
  broken = false,
  logs = false,
  speaksH2 = false,
  port = 8080,
}: Wanted): Container => {
  const env = [
    { name: 'VERSION', value: version },
    { name: 'FAIL_EVERY', value: String(failEvery) },
    { name: 'PORT', value: String(port) },
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ]
  const never = { readinessProbe: { exec: { command: ['false'] }, periodSeconds: 1 } }
  if (serve === undefined) return { ...IDLE, env, ...(broken && never) }
  return {
    name: 'app',
    image: serve.image ?? `sluice.dev/sample-app:${version}`,
    command: [serve.node, `${serve.root}/${speaksH2 ? 'test/cluster/h2-app.ts' : 'demo/app.ts'}`],
    env: logs ? [...env, { name: 'LOG', value: '1' }] : env,
    ports: [{ name: 'http', containerPort: port }],
    readinessProbe: {
      httpGet: { path: broken ? '/nowhere/healthz' : '/healthz', port: 'http' },
      periodSeconds: 1,
      timeoutSeconds: 5,
    },
    lifecycle: { preStop: { sleep: { seconds: 2 } } },
    ...(broken && never),
  }
}

export const aDeployment = (wanted: Wanted): Deployment => {
  const labels = { app: wanted.name }
  const { strategy, revisionHistoryLimit, progressDeadlineSeconds } = wanted
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: wanted.name, namespace: wanted.namespace, ...(wanted.annotations && { annotations: wanted.annotations }) },
    spec: {
      replicas: wanted.replicas ?? 4,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: wanted.serve ? 10 : 0, containers: [containerOf(wanted)] },
      },
      ...(strategy && { strategy }),
      ...(revisionHistoryLimit !== undefined && { revisionHistoryLimit }),
      ...(progressDeadlineSeconds !== undefined && { progressDeadlineSeconds }),
    },
  }
}

export const aService = ({ name, namespace, service }: Wanted): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080, targetPort: 'http' }], ...service },
})

/** The ReplicaSet of the Deployment's present template, as a controller other than the native one would make it: without desired-replicas. */
export const aReplicaSetOf = (deployment: Deployment, replicas: number): ReplicaSet => {
  const hash = templateHash(deployment.spec.template)
  const labels = { ...deployment.spec.template.metadata?.labels, [POD_TEMPLATE_HASH]: hash }
  const { name, namespace = '', uid = '' } = deployment.metadata
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } },
    },
  }
}
