/** The columns of Services and of what stands behind them. */
import { arrayOf, at, isObject, type JsonObject, objectsOf, textOf } from '../json.ts'
import { type Column, column, wide } from './column.ts'
import { AGE, firstOf, labelsText, NAME } from './shared-columns.ts'

const portText = (port: JsonObject): string => {
  const node = port['nodePort'] ? `:${String(port['nodePort'])}` : ''
  return `${String(port['port'])}${node}/${textOf(port['protocol']) || 'TCP'}`
}

const externalText = (service: JsonObject): string => {
  const spec = at(service, 'spec')
  const external = arrayOf(at(spec, 'externalIPs'))
  switch (at(spec, 'type')) {
    case 'ExternalName':
      return textOf(at(spec, 'externalName'))
    case 'LoadBalancer': {
      const given = objectsOf(at(service, 'status', 'loadBalancer', 'ingress')).map(
        item => textOf(item['ip']) || textOf(item['hostname']),
      )
      return [...given, ...external].join(',') || '<pending>'
    }
    default:
      return external.length > 0 ? external.join(',') : '<none>'
  }
}

export const SERVICE_COLUMNS: readonly Column[] = [
  NAME,
  column('Type', service => textOf(at(service, 'spec', 'type'))),
  column('Cluster-IP', service => textOf(at(service, 'spec', 'clusterIP')) || '<none>'),
  column('External-IP', externalText),
  column(
    'Port(s)',
    service =>
      objectsOf(at(service, 'spec', 'ports'))
        .map(portText)
        .join(',') || '<none>',
  ),
  AGE,
  wide('Selector', service => labelsText(at(service, 'spec', 'selector'))),
]

const subsetTexts = (subset: JsonObject): readonly string[] =>
  objectsOf(subset['addresses']).flatMap(address => {
    const ports = objectsOf(subset['ports'])
    return ports.length === 0 ? [textOf(address['ip'])] : ports.map(port => `${textOf(address['ip'])}:${String(port['port'])}`)
  })

export const ENDPOINTS_COLUMNS: readonly Column[] = [
  NAME,
  column('Endpoints', endpoints => firstOf(objectsOf(endpoints['subsets']).flatMap(subsetTexts), 3)),
  AGE,
]

const PORTS_SHOWN = 3

export const ENDPOINT_SLICE_COLUMNS: readonly Column[] = [
  NAME,
  column('AddressType', slice => textOf(slice['addressType'])),
  column('Ports', slice => {
    const ports = objectsOf(slice['ports'])
    return ports.length === 0
      ? '<unset>'
      : firstOf(
          ports.map(port => String(port['port'] ?? '*')),
          PORTS_SHOWN,
        )
  }),
  column('Endpoints', slice => {
    const addresses = objectsOf(slice['endpoints']).flatMap(endpoint => arrayOf(endpoint['addresses']))
    return addresses.length === 0 ? '<unset>' : firstOf(addresses, PORTS_SHOWN)
  }),
  AGE,
]

export const INGRESS_COLUMNS: readonly Column[] = [
  NAME,
  column('Class', ingress => textOf(at(ingress, 'spec', 'ingressClassName')) || '<none>'),
  column('Hosts', ingress => {
    const hosts = objectsOf(at(ingress, 'spec', 'rules'))
      .map(rule => textOf(rule['host']))
      .filter(Boolean)
    return hosts.length === 0 ? '*' : firstOf(hosts, 3)
  }),
  column('Address', ingress =>
    objectsOf(at(ingress, 'status', 'loadBalancer', 'ingress'))
      .map(item => textOf(item['ip']) || textOf(item['hostname']))
      .join(','),
  ),
  column('Ports', ingress =>
    isObject(at(ingress, 'spec')) && arrayOf(at(ingress, 'spec', 'tls')).length > 0 ? '80, 443' : '80',
  ),
  AGE,
]
