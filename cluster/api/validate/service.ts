/** Rules of Services and EndpointSlices (Kubernetes: pkg/apis/core/validation, pkg/apis/discovery/validation). */
import { isIP } from 'node:net'
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from '../field-error.ts'
import { arrayOf, at, type JsonObject, objectOf, objectsOf, textOf } from '../json.ts'
import { labelName, validateLabels } from '../metadata.ts'
import { portNumber } from './numbers.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const POLICIES = ['Cluster', 'Local']

/** The name of a container's port (RFC 6335). */
const portName = (field: string, name: string): readonly FieldError[] => [
  ...(name.length > 15 ? [invalid(field, name, 'must be no more than 15 characters')] : []),
  ...(/^[-a-z0-9]*$/.test(name)
    ? []
    : [invalid(field, name, 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')]),
  ...(/[a-z]/.test(name) ? [] : [invalid(field, name, 'must contain at least one letter (a-z)')]),
  ...(name.includes('--') ? [invalid(field, name, 'must not contain consecutive hyphens')] : []),
  ...(/^-|-$/.test(name) ? [invalid(field, name, 'must not begin or end with a hyphen')] : []),
]

const validatePort = (port: JsonObject, field: string, nameNeeded: boolean): readonly FieldError[] => {
  const name = textOf(port['name'])
  const target = port['targetPort']
  return [
    ...(name ? labelName(`${field}.name`, name) : nameNeeded ? [required(`${field}.name`)] : []),
    ...portNumber(`${field}.port`, port['port'] ?? 0),
    ...(PROTOCOLS.includes(textOf(port['protocol'])) ? [] : [notSupported(`${field}.protocol`, port['protocol'], PROTOCOLS)]),
    ...(typeof target === 'number' ? portNumber(`${field}.targetPort`, target) : portName(`${field}.targetPort`, textOf(target))),
  ]
}

const validatePorts = (ports: readonly JsonObject[]): readonly FieldError[] => {
  const names = ports.map(port => textOf(port['name']))
  const addresses = ports.map(port => `${String(port['port'])}/${String(port['protocol'])}`)
  return ports.flatMap((port, index) => [
    ...validatePort(port, `spec.ports[${index}]`, ports.length > 1),
    ...(names[index] && names.indexOf(names[index]) !== index ? [duplicate(`spec.ports[${index}].name`, names[index])] : []),
    ...(addresses.indexOf(addresses[index] ?? '') === index
      ? []
      : [duplicate(`spec.ports[${index}]`, { port: port['port'], protocol: port['protocol'] })]),
  ])
}

const validateType = (spec: JsonObject): readonly FieldError[] => {
  const type = textOf(spec['type'])
  if (!TYPES.includes(type)) return [notSupported('spec.type', spec['type'], TYPES)]
  const headless = spec['clusterIP'] === 'None'
  const portless = arrayOf(spec['ports']).length === 0
  if (type === 'ExternalName')
    return textOf(spec['externalName']) ? [] : [invalid('spec.externalName', spec['externalName'] ?? '', 'may not be empty')]
  if (type === 'LoadBalancer' && headless)
    return [invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services")]
  return portless && !headless ? [required('spec.ports')] : []
}

const validateAddress = (spec: JsonObject): readonly FieldError[] => {
  const address = textOf(spec['clusterIP'])
  const list = arrayOf(spec['clusterIPs'])
  return [
    ...(address && address !== 'None' && isIP(address) === 0
      ? [invalid('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
      : []),
    ...(address && list.length > 0 && list[0] !== address
      ? [invalid('spec.clusterIPs', list, 'first value must match `clusterIP`')]
      : []),
  ]
}

export const validateService = (service: JsonObject): readonly FieldError[] => {
  const spec = objectOf(service['spec'])
  const traffic = textOf(spec['internalTrafficPolicy'])
  return [
    ...validateType(spec),
    ...validatePorts(objectsOf(spec['ports'])),
    ...validateLabels(spec['selector'], 'spec.selector'),
    ...(['ClientIP', 'None'].includes(textOf(spec['sessionAffinity']))
      ? []
      : [notSupported('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None'])]),
    ...(traffic && !POLICIES.includes(traffic) ? [notSupported('spec.internalTrafficPolicy', traffic, POLICIES)] : []),
    ...validateAddress(spec),
  ]
}

/** A cluster address is for life, unless the Service has none before or after. */
export const validateServiceUpdate = (service: JsonObject, old: JsonObject): readonly FieldError[] => {
  const external = [at(service, 'spec', 'type'), at(old, 'spec', 'type')].includes('ExternalName')
  const [now, before] = [textOf(at(service, 'spec', 'clusterIP')), textOf(at(old, 'spec', 'clusterIP'))]
  return external || !before || now === before
    ? []
    : [invalid('spec.clusterIPs[0]', arrayOf(at(service, 'spec', 'clusterIPs')), 'may not change once set')]
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6']
const MAX_ENDPOINTS = 1000
const MAX_ADDRESSES = 100

const isAddress = (type: unknown, address: string): boolean =>
  type === 'FQDN' ? address !== '' : isIP(address) === (type === 'IPv6' ? 6 : 4)

const validateEndpoint = (endpoint: JsonObject, type: unknown, field: string): readonly FieldError[] => {
  const addresses = arrayOf(endpoint['addresses'])
  return [
    ...(addresses.length === 0 ? [required(`${field}.addresses`, 'must contain at least 1 address')] : []),
    ...(addresses.length > MAX_ADDRESSES
      ? [
          {
            field: `${field}.addresses`,
            reason: 'FieldValueTooMany',
            message: `Too many: ${addresses.length}: must have at most ${MAX_ADDRESSES} items`,
          },
        ]
      : []),
    ...addresses.flatMap((address, index) =>
      isAddress(type, textOf(address))
        ? []
        : [
            invalid(
              `${field}.addresses[${index}]`,
              address,
              type === 'FQDN' ? 'must be a valid FQDN' : 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
            ),
          ],
    ),
  ]
}

export const validateEndpointSlice = (slice: JsonObject): readonly FieldError[] => {
  const type = slice['addressType']
  const endpoints = objectsOf(slice['endpoints'])
  const names = objectsOf(slice['ports']).map(port => textOf(port['name']))
  return [
    ...(type === undefined || type === ''
      ? [required('addressType')]
      : ADDRESS_TYPES.includes(String(type))
        ? []
        : [notSupported('addressType', type, ADDRESS_TYPES)]),
    ...(endpoints.length > MAX_ENDPOINTS
      ? [
          {
            field: 'endpoints',
            reason: 'FieldValueTooMany',
            message: `Too many: ${endpoints.length}: must have at most ${MAX_ENDPOINTS} items`,
          },
        ]
      : []),
    ...endpoints.flatMap((endpoint, index) => validateEndpoint(endpoint, type, `endpoints[${index}]`)),
    ...names.flatMap((name, index) => (names.indexOf(name) === index ? [] : [duplicate(`ports[${index}].name`, name)])),
  ]
}

export const validateEndpointSliceUpdate = (slice: JsonObject, old: JsonObject): readonly FieldError[] =>
  slice['addressType'] === old['addressType'] ? [] : [forbiddenField('addressType', 'field is immutable')]
