/**
 * Sluice itself as Kubernetes objects for a node that runs pods as local processes: the namespace, what each process may do, and a
 * Deployment for each. On the real control plane the same rules are enforced, so a right that is missing here shows in the tests.
 */
import type { KubeObject } from '../api/kubernetes.ts'
import { ROUTER_APP_LABEL, SLUICE_NAMESPACE } from '../api/names.ts'
import { type Component, CREATE_CONFIGURATION, makeRights, type PolicyRule } from '../api/rights.ts'

export type SluiceOptions = {
  /** The Node binary that runs the processes. */
  readonly node: string
  /** Folder of this project. */
  readonly root: string
  /** The image's `main.mjs`; the processes run from it instead of from the sources. */
  readonly bundle?: string
  readonly routers: number
  /** Extra arguments by component, e.g. `{ controller: ['--propagation-ms=200'] }`. */
  readonly args?: { readonly [component: string]: readonly string[] }
  /** Where the routers keep their last good routes. */
  readonly stateDir: string
}

const labelsOf = (component: string) => ({ ...ROUTER_APP_LABEL, 'app.kubernetes.io/component': component })
const metadata = (component: string) => ({
  name: `sluice-${component}`,
  namespace: SLUICE_NAMESPACE,
  labels: labelsOf(component),
})

const rights = makeRights('sluice')

const clusterRules = (component: Component): readonly PolicyRule[] => {
  const { cluster } = rights[component]
  if (component === 'webhook') return [...cluster, ...CREATE_CONFIGURATION]
  return component === 'controller' ? [...cluster, ...rights.analysisSecrets.cluster, ...rights.analysisJobs.cluster] : cluster
}

const ownRules = (component: Component): readonly PolicyRule[] =>
  component === 'controller' ? [...rights.controller.own, ...rights.notifications.own] : rights[component].own

const makeAccount = (component: Component): readonly KubeObject[] => {
  const name = `sluice-${component}`
  const subjects = [{ kind: 'ServiceAccount', name, namespace: SLUICE_NAMESPACE }]
  const rbac = 'rbac.authorization.k8s.io'
  const role = (kind: string, rules: readonly PolicyRule[], namespaced: boolean) => ({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name, ...(namespaced && { namespace: SLUICE_NAMESPACE }) },
    rules,
  })
  const binding = (kind: string, roleKind: string, namespaced: boolean) => ({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name, ...(namespaced && { namespace: SLUICE_NAMESPACE }) },
    roleRef: { apiGroup: rbac, kind: roleKind, name },
    subjects,
  })
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(component) },
    role('ClusterRole', clusterRules(component), false),
    binding('ClusterRoleBinding', 'ClusterRole', false),
    role('Role', ownRules(component), true),
    binding('RoleBinding', 'Role', true),
  ]
}

type Process = {
  readonly component: Component
  readonly replicas: number
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly args: readonly string[]
}

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })

/** What starts a component. */
const programOf = ({ node, root, bundle }: SluiceOptions, component: string): readonly string[] =>
  bundle === undefined ? [node, `${root}/${component}/main.ts`] : [node, bundle, component]

const makeDeployment = (options: SluiceOptions, { component, replicas, ports, args }: Process): KubeObject => {
  const container = {
    name: component,
    image: `sluice.dev/${component}`,
    command: [...programOf(options, component), ...args, ...(options.args?.[component] ?? [])],
    env: [
      fieldRef('POD_NAME', 'metadata.name'),
      fieldRef('POD_NAMESPACE', 'metadata.namespace'),
      fieldRef('POD_IP', 'status.podIP'),
      fieldRef('POD_IPS', 'status.podIPs'),
      { name: 'NODE_NO_WARNINGS', value: '1' },
    ],
    ports: [...ports, { name: 'health', containerPort: 8081 }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, periodSeconds: 1, failureThreshold: 1 },
    livenessProbe: {
      httpGet: { path: '/healthz', port: 'health' },
      periodSeconds: 10,
      failureThreshold: 3,
      initialDelaySeconds: 10,
    },
  }
  const labels = labelsOf(component)
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(component),
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { serviceAccountName: `sluice-${component}`, terminationGracePeriodSeconds: 30, containers: [container] },
      },
    },
  }
  return manifest
}

/** Everything but the CRDs and the webhook's own configuration, in the order in which it is to be made. */
export const makeSluice = (options: SluiceOptions): readonly KubeObject[] => {
  const processes: readonly Process[] = [
    {
      component: 'webhook',
      replicas: 1,
      ports: [{ name: 'https', containerPort: 8443 }],
      args: [
        '--service-port=8443',
        '--create-configuration',
        '--sidecar-image=sluice.dev/router',
        `--sidecar-command=${JSON.stringify(programOf(options, 'router'))}`,
      ],
    },
    {
      component: 'router',
      replicas: options.routers,
      ports: [{ name: 'admin', containerPort: 8444 }],
      args: [`--state-dir=${options.stateDir}/$(POD_NAME)`],
    },
    { component: 'controller', replicas: 1, ports: [], args: [] },
  ]
  const webhookService = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('webhook'),
    spec: { selector: labelsOf('webhook'), ports: [{ name: 'https', port: 8443, targetPort: 8443 }] },
  }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SLUICE_NAMESPACE } },
    ...processes.flatMap(({ component }) => makeAccount(component)),
    webhookService,
    ...processes.map(process => makeDeployment(options, process)),
  ]
}
