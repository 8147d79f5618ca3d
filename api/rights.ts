/**
 * What each process of Sluice may do, as rules of Kubernetes' RBAC: the one place for it. local/ gives exactly these rights, and
 * the chart's files/rights.yaml is written from it, so a right that is missing shows in the tests on a real control plane.
 */
import {
  CONTROLLER_LEASE,
  guardName,
  PUBLISHER_LEASE,
  ROUTER_SECRET,
  SIDECAR_CA,
  SIDECAR_SECRET,
  STICKY_SECRET,
  WEBHOOK_SECRET,
} from './names.ts'

export type PolicyRule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

export type Rights = {
  /** In every namespace. */
  readonly cluster: readonly PolicyRule[]
  /** In Sluice's own namespace. */
  readonly own: readonly PolicyRule[]
}

const rule = (group: string, resources: readonly string[], verbs: readonly string[], names?: readonly string[]): PolicyRule => ({
  apiGroups: [group],
  resources,
  ...(names === undefined ? {} : { resourceNames: names }),
  verbs,
})

const READ = ['get', 'list', 'watch']
const ADMISSION = 'admissionregistration.k8s.io'

/** A Lease is made once, and from then on only this one is written. */
const lease = (name: string): readonly PolicyRule[] => [
  rule('coordination.k8s.io', ['leases'], ['create']),
  rule('coordination.k8s.io', ['leases'], ['get', 'patch'], [name]),
]

/** The Secret that a process keeps its certificates in; no other is read or written. */
const keptSecret = (name: string): readonly PolicyRule[] => [
  rule('', ['secrets'], ['create']),
  rule('', ['secrets'], ['get', 'patch'], [name]),
]

const CONTROLLER: Rights = {
  cluster: [
    rule('apps', ['deployments'], [...READ, 'patch']),
    rule('apps', ['deployments/status'], ['patch']),
    rule('apps', ['replicasets'], [...READ, 'create', 'patch', 'delete']),
    rule('', ['pods', 'endpoints'], READ),
    // workloadRef of a Rollout; of a Deployment that it scales down, the right to patch is above.
    rule('', ['podtemplates'], ['get']),
    // Labels and annotations of the part that a version of a Rollout has (canaryMetadata and the like).
    rule('', ['pods'], ['patch']),
    // restartAt of a Rollout.
    rule('', ['pods/eviction'], ['create']),
    rule('', ['services'], [...READ, 'create', 'patch', 'delete']),
    rule('', ['events'], ['create', 'patch']),
    rule('discovery.k8s.io', ['endpointslices'], [...READ, 'patch', 'delete']),
    rule('argoproj.io', ['rollouts', 'experiments', 'analysisruns'], [...READ, 'create', 'patch', 'delete']),
    rule('argoproj.io', ['rollouts/status'], ['patch']),
    rule('argoproj.io', ['analysistemplates', 'clusteranalysistemplates'], READ),
    rule('sluice.dev', ['routes'], [...READ, 'create', 'patch', 'delete']),
    rule('sluice.dev', ['routes/status'], ['patch']),
    // Looked at before routers are put in front of a Service.
    rule('', ['namespaces'], ['get']),
    rule('networking.k8s.io', ['networkpolicies'], ['list']),
    rule('security.istio.io', ['peerauthentications'], ['list']),
  ],
  own: [
    ...lease(CONTROLLER_LEASE),
    rule('', ['secrets'], READ, [ROUTER_SECRET]),
    ...keptSecret(SIDECAR_SECRET),
    ...keptSecret(STICKY_SECRET),
    rule('', ['configmaps'], ['create']),
    rule('', ['configmaps'], ['get', 'patch'], [SIDECAR_CA]),
  ],
}

/** For arguments of analyses and credentials of metric providers that are in Secrets: not given unless asked for. */
const ANALYSIS_SECRETS: Rights = { cluster: [rule('', ['secrets'], ['get'])], own: [] }

/** For the metric provider `job`. */
const ANALYSIS_JOBS: Rights = { cluster: [rule('batch', ['jobs'], ['get', 'create', 'delete'])], own: [] }

/** Names of what tells whom to tell of rollouts, as Argo Rollouts has them. */
const NOTIFICATIONS_CONFIG = 'argo-rollouts-notification-configmap'
const NOTIFICATIONS_SECRET = 'argo-rollouts-notification-secret'

/** For notifications: not given unless they are switched on. */
const NOTIFICATIONS: Rights = {
  cluster: [],
  own: [rule('', ['configmaps'], ['get'], [NOTIFICATIONS_CONFIG]), rule('', ['secrets'], ['get'], [NOTIFICATIONS_SECRET])],
}

const ROUTER: Rights = {
  cluster: [
    rule('sluice.dev', ['routes'], READ),
    rule('', ['services'], READ),
    rule('discovery.k8s.io', ['endpointslices'], [...READ, 'create', 'patch', 'delete']),
    // OpenShift asks for this as well from whoever writes endpoints by hand.
    rule('discovery.k8s.io', ['endpointslices/restricted'], ['create']),
  ],
  own: [
    ...lease(PUBLISHER_LEASE),
    rule('', ['pods'], READ),
    ...keptSecret(ROUTER_SECRET),
    rule('', ['secrets'], ['get'], [STICKY_SECRET]),
  ],
}

const webhook = (configuration: string): Rights => ({
  cluster: [
    rule('apps', ['deployments'], READ),
    rule(ADMISSION, ['mutatingwebhookconfigurations'], ['get', 'patch'], [configuration]),
  ],
  own: [...keptSecret(WEBHOOK_SECRET), rule('', ['configmaps'], READ, [SIDECAR_CA])],
})

/** With certificates that somebody else keeps it only looks whether they are trusted. */
const webhookMounted = (configuration: string): Rights => ({
  cluster: [rule('apps', ['deployments'], READ), rule(ADMISSION, ['mutatingwebhookconfigurations'], ['get'], [configuration])],
  own: [rule('', ['configmaps'], READ, [SIDECAR_CA])],
})

/** `sluice uninstall`, run by the chart before its own objects go. */
const uninstall = (configuration: string): Rights => ({
  cluster: [
    rule(ADMISSION, ['mutatingwebhookconfigurations'], ['delete'], [configuration]),
    rule(ADMISSION, ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'], ['delete'], [guardName(configuration)]),
    rule('apps', ['deployments'], ['get', 'list', 'patch']),
    rule('apps', ['replicasets'], ['get', 'list', 'patch']),
    rule('', ['pods'], ['list']),
    rule('', ['services'], ['get', 'list', 'patch', 'delete']),
    rule('discovery.k8s.io', ['endpointslices'], ['list', 'patch', 'delete']),
    rule('argoproj.io', ['rollouts'], ['get', 'list', 'delete']),
    rule('argoproj.io', ['analysisruns', 'experiments'], ['list']),
    rule('sluice.dev', ['routes'], ['list', 'patch', 'delete']),
  ],
  own: [
    rule('coordination.k8s.io', ['leases'], ['get', 'delete'], [CONTROLLER_LEASE, PUBLISHER_LEASE]),
    rule('', ['secrets'], ['delete'], [ROUTER_SECRET, SIDECAR_SECRET, STICKY_SECRET, WEBHOOK_SECRET]),
    rule('', ['configmaps'], ['delete'], [SIDECAR_CA]),
  ],
})

/** `helm test`: what `sluice check` reads. */
const TEST: Rights = {
  cluster: [
    rule('apps', ['deployments', 'replicasets', 'daemonsets'], ['get', 'list']),
    rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
    rule('', ['pods', 'services', 'nodes'], ['get', 'list']),
    rule('discovery.k8s.io', ['endpointslices'], ['get', 'list']),
    rule('apiextensions.k8s.io', ['customresourcedefinitions'], ['get', 'list']),
    rule(
      ADMISSION,
      ['mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
      ['get', 'list'],
    ),
    rule('argoproj.io', ['rollouts', 'analysisruns', 'analysistemplates'], ['get', 'list']),
    rule('sluice.dev', ['routes'], ['get', 'list']),
  ],
  own: [rule('coordination.k8s.io', ['leases'], ['get', 'list'])],
}

export const COMPONENTS = [
  'controller',
  'analysisSecrets',
  'analysisJobs',
  'notifications',
  'webhook',
  'webhookMounted',
  'router',
  'uninstall',
  'test',
] as const
export type Component = (typeof COMPONENTS)[number]

/** `configuration`: name of the MutatingWebhookConfiguration; the guard's name begins with it. */
export const makeRights = (configuration: string): { readonly [component in Component]: Rights } => ({
  controller: CONTROLLER,
  analysisSecrets: ANALYSIS_SECRETS,
  analysisJobs: ANALYSIS_JOBS,
  notifications: NOTIFICATIONS,
  webhook: webhook(configuration),
  webhookMounted: webhookMounted(configuration),
  router: ROUTER,
  uninstall: uninstall(configuration),
  test: TEST,
})

/** Where the webhook makes its configuration and the guard itself (`--create-configuration`), instead of an installer. */
export const CREATE_CONFIGURATION: readonly PolicyRule[] = [
  rule(
    ADMISSION,
    ['mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
    ['create'],
  ),
]

const OURS = ['rollouts', 'experiments', 'analysisruns', 'analysistemplates', 'clusteranalysistemplates']
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection']

/** What people may do with our kinds, added to Kubernetes' own ClusterRoles of these names. */
export const USER_RIGHTS: { readonly [role in 'admin' | 'edit' | 'view']: readonly PolicyRule[] } = {
  admin: [
    rule('argoproj.io', OURS, [...READ, ...WRITE]),
    rule('argoproj.io', ['rollouts/status', 'rollouts/scale'], ['get', 'update', 'patch']),
    rule('sluice.dev', ['routes'], READ),
  ],
  edit: [
    rule('argoproj.io', OURS, [...READ, ...WRITE]),
    rule('argoproj.io', ['rollouts/status', 'rollouts/scale'], ['get', 'update', 'patch']),
    rule('sluice.dev', ['routes'], READ),
  ],
  view: [rule('argoproj.io', OURS, READ), rule('sluice.dev', ['routes'], READ)],
}
