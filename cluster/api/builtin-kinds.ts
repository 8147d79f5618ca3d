/** The table of built-in kinds, as `kubectl api-resources` would list them. */
import { behaviourOf } from './behaviours.ts'
import { eventFromStorage, eventToStorage } from './events.ts'
import { type Kind, type ScalePaths, storageKey } from './kind.ts'

type Row = {
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly clusterWide?: boolean
  readonly hasStatus?: boolean
  readonly scale?: ScalePaths
  readonly subresources?: readonly string[]
}

const REPLICAS: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
}

const CORE: readonly Row[] = [
  { kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] },
  { kind: 'Endpoints', plural: 'endpoints', shortNames: ['ep'] },
  { kind: 'Event', plural: 'events', shortNames: ['ev'] },
  { kind: 'Namespace', plural: 'namespaces', shortNames: ['ns'], clusterWide: true, hasStatus: true, subresources: ['finalize'] },
  { kind: 'Node', plural: 'nodes', shortNames: ['no'], clusterWide: true, hasStatus: true },
  { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', shortNames: ['pvc'], hasStatus: true },
  {
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    hasStatus: true,
    subresources: ['log', 'eviction', 'binding', 'proxy'],
  },
  { kind: 'PodTemplate', plural: 'podtemplates' },
  { kind: 'Secret', plural: 'secrets' },
  { kind: 'ServiceAccount', plural: 'serviceaccounts', shortNames: ['sa'], subresources: ['token'] },
  { kind: 'Service', plural: 'services', shortNames: ['svc'], categories: ['all'], hasStatus: true },
]

const APPS: readonly Row[] = [
  { kind: 'ControllerRevision', plural: 'controllerrevisions' },
  { kind: 'DaemonSet', plural: 'daemonsets', shortNames: ['ds'], categories: ['all'], hasStatus: true },
  { kind: 'Deployment', plural: 'deployments', shortNames: ['deploy'], categories: ['all'], hasStatus: true, scale: REPLICAS },
  { kind: 'ReplicaSet', plural: 'replicasets', shortNames: ['rs'], categories: ['all'], hasStatus: true, scale: REPLICAS },
  { kind: 'StatefulSet', plural: 'statefulsets', shortNames: ['sts'], categories: ['all'], hasStatus: true, scale: REPLICAS },
]

const RBAC: readonly Row[] = [
  { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', clusterWide: true },
  { kind: 'ClusterRole', plural: 'clusterroles', clusterWide: true },
  { kind: 'RoleBinding', plural: 'rolebindings' },
  { kind: 'Role', plural: 'roles' },
]

const ADMISSION: readonly Row[] = [
  {
    kind: 'MutatingWebhookConfiguration',
    plural: 'mutatingwebhookconfigurations',
    clusterWide: true,
    categories: ['api-extensions'],
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    plural: 'validatingadmissionpolicies',
    clusterWide: true,
    categories: ['api-extensions'],
    hasStatus: true,
  },
  {
    kind: 'ValidatingAdmissionPolicyBinding',
    plural: 'validatingadmissionpolicybindings',
    clusterWide: true,
    categories: ['api-extensions'],
  },
  {
    kind: 'ValidatingWebhookConfiguration',
    plural: 'validatingwebhookconfigurations',
    clusterWide: true,
    categories: ['api-extensions'],
  },
]

const GROUPS: readonly { readonly group: string; readonly version: string; readonly rows: readonly Row[] }[] = [
  { group: '', version: 'v1', rows: CORE },
  { group: 'apps', version: 'v1', rows: APPS },
  { group: 'events.k8s.io', version: 'v1', rows: [{ kind: 'Event', plural: 'events', shortNames: ['ev'] }] },
  {
    group: 'autoscaling',
    version: 'v2',
    rows: [
      {
        kind: 'HorizontalPodAutoscaler',
        plural: 'horizontalpodautoscalers',
        shortNames: ['hpa'],
        categories: ['all'],
        hasStatus: true,
      },
    ],
  },
  {
    group: 'batch',
    version: 'v1',
    rows: [
      { kind: 'CronJob', plural: 'cronjobs', shortNames: ['cj'], categories: ['all'], hasStatus: true },
      { kind: 'Job', plural: 'jobs', categories: ['all'], hasStatus: true },
    ],
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    rows: [
      { kind: 'Ingress', plural: 'ingresses', shortNames: ['ing'], hasStatus: true },
      { kind: 'NetworkPolicy', plural: 'networkpolicies', shortNames: ['netpol'] },
    ],
  },
  {
    group: 'policy',
    version: 'v1',
    rows: [{ kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets', shortNames: ['pdb'], hasStatus: true }],
  },
  { group: 'rbac.authorization.k8s.io', version: 'v1', rows: RBAC },
  { group: 'admissionregistration.k8s.io', version: 'v1', rows: ADMISSION },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    rows: [
      {
        kind: 'CustomResourceDefinition',
        plural: 'customresourcedefinitions',
        shortNames: ['crd', 'crds'],
        categories: ['api-extensions'],
        clusterWide: true,
        hasStatus: true,
      },
    ],
  },
  {
    group: 'scheduling.k8s.io',
    version: 'v1',
    rows: [{ kind: 'PriorityClass', plural: 'priorityclasses', shortNames: ['pc'], clusterWide: true }],
  },
  { group: 'coordination.k8s.io', version: 'v1', rows: [{ kind: 'Lease', plural: 'leases' }] },
  { group: 'discovery.k8s.io', version: 'v1', rows: [{ kind: 'EndpointSlice', plural: 'endpointslices' }] },
]

const kindOf = (group: string, version: string, row: Row): Kind => {
  const identity = { group, version, plural: row.plural, kind: row.kind, namespaced: !row.clusterWide }
  const isNewEvent = group === 'events.k8s.io'
  return {
    ...identity,
    singular: row.kind.toLowerCase(),
    listKind: `${row.kind}List`,
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    hasStatus: row.hasStatus ?? false,
    ...(row.scale ? { scale: row.scale } : {}),
    subresources: row.subresources ?? [],
    storage: isNewEvent ? '/events' : storageKey(identity),
    behaviour: behaviourOf(identity),
    ...(isNewEvent ? { fromStorage: eventFromStorage, toStorage: eventToStorage } : {}),
  }
}

export const BUILTIN_KINDS: readonly Kind[] = GROUPS.flatMap(({ group, version, rows }) =>
  rows.map(row => kindOf(group, version, row)),
)
