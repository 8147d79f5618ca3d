/** What the server says about the kinds it serves: `/api`, `/apis`, `/apis/GROUP`, `/apis/GROUP/VERSION`, and all at once (aggregated). */
import type { JsonObject } from './json.ts'
import type { Kind } from './kind.ts'
import { compareVersions, type Registry } from './registry.ts'

const OBJECT_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const STATUS_VERBS = ['get', 'patch', 'update']

const SUBRESOURCE_KINDS: {
  readonly [name: string]: {
    readonly kind: string
    readonly group?: string
    readonly version?: string
    readonly verbs: readonly string[]
  }
} = {
  log: { kind: 'Pod', verbs: ['get'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  proxy: { kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  finalize: { kind: 'Namespace', verbs: ['update'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
}

type Subresource = {
  readonly name: string
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
}

const subresourcesOf = (kind: Kind): readonly Subresource[] => [
  ...(kind.hasStatus ? [{ name: 'status', kind: kind.kind, verbs: STATUS_VERBS }] : []),
  ...(kind.scale ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: STATUS_VERBS }] : []),
  ...kind.subresources.flatMap(name => (SUBRESOURCE_KINDS[name] ? [{ name, ...SUBRESOURCE_KINDS[name] }] : [])),
]

const resourceRows = (kind: Kind): readonly JsonObject[] => [
  {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: OBJECT_VERBS,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
  },
  ...subresourcesOf(kind).map(({ name, ...rest }) => ({
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...rest,
  })),
]

const isOf = (group: string, version: string) => (kind: Kind) => kind.group === group && kind.version === version

export const apiVersions = (): JsonObject => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
})

const groupVersion = (group: string, version: string) => ({ groupVersion: `${group}/${version}`, version })

const groupObject = (group: string, versions: readonly string[]): JsonObject => ({
  name: group,
  versions: versions.map(version => groupVersion(group, version)),
  preferredVersion: groupVersion(group, versions[0] ?? ''),
})

export const apiGroupList = (registry: Registry): JsonObject => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: registry.groups().map(({ group, versions }) => groupObject(group, versions)),
})

export const apiGroup = (registry: Registry, group: string): JsonObject | undefined => {
  const found = registry.groups().find(one => one.group === group)
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupObject(group, found.versions) }
}

export const apiResourceList = (registry: Registry, group: string, version: string): JsonObject | undefined => {
  const kinds = registry.all().filter(isOf(group, version))
  if (kinds.length === 0) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group ? `${group}/${version}` : version,
    resources: kinds.flatMap(resourceRows),
  }
}

const aggregatedKind = (kind: Kind): JsonObject => ({
  resource: kind.plural,
  responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
  scope: kind.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: kind.singular,
  verbs: OBJECT_VERBS,
  ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
  ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
  subresources: subresourcesOf(kind).map(({ name, kind: responseKind, group, version, verbs }) => ({
    subresource: name,
    responseKind: { group: group ?? kind.group, version: version ?? kind.version, kind: responseKind },
    verbs,
  })),
})

export const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** Everything in one document, as `Accept: …;as=APIGroupDiscoveryList` asks for; the core group at `/api`, the others at `/apis`. */
export const aggregatedDiscovery = (registry: Registry, core: boolean): JsonObject => {
  const groups = core ? [{ group: '', versions: ['v1'] }] : registry.groups()
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: [...versions].sort(compareVersions).map(version => ({
        version,
        freshness: 'Current',
        resources: registry.all().filter(isOf(group, version)).map(aggregatedKind),
      })),
    })),
  }
}
