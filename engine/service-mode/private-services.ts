/** Private Services: one for each (fronted Service, version), by which the native controllers keep the version's endpoints. */
import type { JsonPatchOp } from '../../api/json-patch.ts'
import type { Service } from '../../api/kubernetes.ts'
import { FRONTED_SERVICE_LABEL, POD_TEMPLATE_HASH, VERSION_HASH_LABEL } from '../../api/names.ts'
import { privateServiceName, savedSelector } from '../../api/service-mode.ts'
import type { Intent } from '../intents.ts'
import { ownerService } from '../make-route.ts'
import { isSame } from '../same.ts'
import type { ServiceSeen } from '../seen.ts'
import type { ModeContext } from './step.ts'

const makePrivateService = (service: Service, hash: string, versionLabel: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: privateServiceName(service.metadata.name, hash),
    ...(service.metadata.namespace !== undefined && { namespace: service.metadata.namespace }),
    labels: { [FRONTED_SERVICE_LABEL]: service.metadata.name, [VERSION_HASH_LABEL]: hash },
    ownerReferences: [ownerService(service)],
  },
  spec: {
    type: 'ClusterIP',
    // Only its endpoints are wanted: no cluster address, nothing for the service proxies to do.
    clusterIP: 'None',
    ...familiesOf(service),
    ...distributionOf(service),
    selector: { ...(service.spec.selector ?? savedSelector(service)), [versionLabel]: hash },
    ports: (service.spec.ports ?? []).map(({ nodePort: _, ...port }) => port),
  },
})

/** Of the same families, so that the pods' addresses of each are known. */
const familiesOf = ({ spec: { ipFamilies, ipFamilyPolicy } }: Service) => ({
  ...(ipFamilies !== undefined && { ipFamilies }),
  ...(ipFamilyPolicy !== undefined && { ipFamilyPolicy }),
})

/** So that the native controllers say which endpoints are meant for which zone, and routers can keep to it. */
const distributionOf = ({ spec: { trafficDistribution } }: Service) =>
  typeof trafficDistribution === 'string' ? { trafficDistribution } : {}

const repairDistribution = (actual: Service, wanted: Service): JsonPatchOp[] => {
  const { trafficDistribution: is } = actual.spec
  const { trafficDistribution: should } = wanted.spec
  const path = '/spec/trafficDistribution'
  if (is === should || (typeof is !== 'string' && should === undefined)) return []
  return [should === undefined ? { op: 'remove', path } : { op: 'add', path, value: should }]
}

const repairOps = (actual: Service, wanted: Service): JsonPatchOp[] => [
  ...repairFields(actual, wanted),
  ...repairDistribution(actual, wanted),
]

const repairFields = (actual: Service, wanted: Service): JsonPatchOp[] =>
  (['selector', 'ports'] as const).flatMap(field => {
    const same = field === 'ports' ? samePorts(actual, wanted) : isSame(actual.spec.selector, wanted.spec.selector)
    return same ? [] : [{ op: 'add' as const, path: `/spec/${field}`, value: wanted.spec[field] }]
  })

/** Equal but for what the API server fills in. */
const samePorts = ({ spec: a }: Service, { spec: b }: Service): boolean => {
  const plain = (ports: Service['spec']['ports']) =>
    (ports ?? []).map(({ name, port, targetPort = port, protocol = 'TCP' }) => ({
      name: name || undefined,
      port,
      targetPort,
      protocol,
    }))
  return isSame(plain(a.ports), plain(b.ports))
}

const ensureOne = (
  { service }: ServiceSeen,
  { backends, versionLabel = POD_TEMPLATE_HASH }: ModeContext,
  hash: string,
): readonly Intent[] => {
  const wanted = makePrivateService(service, hash, versionLabel)
  const actual = backends.find(backend => backend.service.metadata.name === wanted.metadata.name)?.service
  if (actual === undefined) return [{ kind: 'createService', service: wanted }]
  const patch = repairOps(actual, wanted)
  return patch.length === 0
    ? []
    : [{ kind: 'patchService', name: wanted.metadata.name, patch, why: 'the private Service follows the one that it belongs to' }]
}

/** Makes what is missing, and brings ports and selector in line with the fronted Service. */
export const ensurePrivateServices = (seen: ServiceSeen, mode: ModeContext): readonly Intent[] =>
  [...new Set(mode.hashes)].flatMap(hash => ensureOne(seen, mode, hash))

/** Removes those of versions that neither are needed nor stand in the Route. */
export const removePrivateServices = (seen: ServiceSeen, mode: ModeContext, kept: readonly string[]): readonly Intent[] => {
  const inRoute = seen.route?.spec.backends.map(({ hash }) => hash) ?? []
  return mode.backends
    .filter(
      ({ hash, service }) => !kept.includes(hash) && !inRoute.includes(hash) && service.metadata.deletionTimestamp === undefined,
    )
    .map(({ service }) => ({ kind: 'deleteService', name: service.metadata.name, uid: service.metadata.uid ?? '' }))
}
