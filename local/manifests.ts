/**
 * Sluice itself as Kubernetes objects for a node that runs pods as local processes: the namespace, what each process may do, and a
 * Deployment for each. On the real control plane the same rules are enforced, so a right that is missing here shows in the tests.
 */
import type { KubeObject } from '../api/kubernetes.ts'
import { ROUTER_APP_LABEL, SLUICE_NAMESPACE } from '../api/names.ts'

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

type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

const rule = (group: string, resources: readonly string[], verbs: readonly string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs,
})
const READ = ['get', 'list', 'watch']

/** What each process may do in every namespace. */
const clusterRules: Record<string, readonly Rule[]> = {
  controller: [
    rule('apps', ['deployments'], [...READ, 'patch']),
    rule('apps', ['deployments/status'], ['patch']),
    rule('apps', ['replicasets'], [...READ, 'create', 'patch', 'delete']),
    rule('', ['pods', 'endpoints'], READ),
    rule('', ['services'], [...READ, 'create', 'patch', 'delete']),
    rule('', ['events'], ['create', 'patch']),
    rule('discovery.k8s.io', ['endpointslices'], [...READ, 'patch', 'delete']),
    rule('argoproj.io', ['rollouts', 'analysisruns'], [...READ, 'create', 'patch', 'delete']),
    rule('argoproj.io', ['rollouts/status'], ['patch']),
    rule('argoproj.io', ['analysistemplates'], READ),
    rule('sluice.dev', ['routes'], [...READ, 'create', 'patch', 'delete']),
    rule('sluice.dev', ['routes/status'], ['patch']),
  ],
  router: [
    rule('sluice.dev', ['routes'], READ),
    rule('', ['services'], READ),
    rule('discovery.k8s.io', ['endpointslices'], [...READ, 'create', 'patch', 'delete']),
    // OpenShift asks for this as well from whoever writes endpoints by hand.
    rule('discovery.k8s.io', ['endpointslices/restricted'], ['create']),
  ],
  webhook: [
    rule('apps', ['deployments'], READ),
    rule(
      'admissionregistration.k8s.io',
      ['mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
      [...READ, 'create', 'patch'],
    ),
  ],
}

const LEASE = rule('coordination.k8s.io', ['leases'], ['get', 'create', 'patch', 'update'])
/** What each process may do in Sluice's own namespace. */
const ownRules: Record<string, readonly Rule[]> = {
  controller: [LEASE, rule('', ['secrets'], READ)],
  router: [LEASE, rule('', ['pods'], READ), rule('', ['secrets'], [...READ, 'create', 'patch', 'update'])],
  webhook: [rule('', ['secrets'], [...READ, 'create', 'patch', 'update'])],
}

const labelsOf = (component: string) => ({ ...ROUTER_APP_LABEL, 'app.kubernetes.io/component': component })
const metadata = (component: string) => ({
  name: `sluice-${component}`,
  namespace: SLUICE_NAMESPACE,
  labels: labelsOf(component),
})

const makeRights = (component: string): readonly KubeObject[] => {
  const name = `sluice-${component}`
  const subjects = [{ kind: 'ServiceAccount', name, namespace: SLUICE_NAMESPACE }]
  const rbac = 'rbac.authorization.k8s.io'
  const role = (kind: string, rules: readonly Rule[], namespaced: boolean) => ({
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
    role('ClusterRole', clusterRules[component] ?? [], false),
    binding('ClusterRoleBinding', 'ClusterRole', false),
    role('Role', ownRules[component] ?? [], true),
    binding('RoleBinding', 'Role', true),
  ]
}

type Process = {
  readonly component: string
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
      args: ['--service-port=8443', '--create-configuration'],
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
    ...processes.flatMap(({ component }) => makeRights(component)),
    webhookService,
    ...processes.map(process => makeDeployment(options, process)),
  ]
}
