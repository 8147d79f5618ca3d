/** The Service's own address families, and which pods it publishes. */
import type { Finding, Front } from './finding.ts'
import type { Surroundings } from './surroundings.ts'
import { OF_DEPLOYMENT } from './way-out.ts'

type Family = 'IPv4' | 'IPv6'

const familyOf = (address: string): Family => (address.includes(':') ? 'IPv6' : 'IPv4')

const isFamily = (value: unknown): value is Family => value === 'IPv4' || value === 'IPv6'

/** A service proxy has endpoints for a cluster address only where they are of its family, and a router listens on one address. */
const familyFindings = ({ service, wayOut = OF_DEPLOYMENT }: Front, { routers }: Surroundings): readonly Finding[] => {
  const { ipFamilies } = service.spec
  const wanted: readonly Family[] = Array.isArray(ipFamilies) ? ipFamilies.filter(isFamily) : []
  const missing = wanted.filter(family => !routers.addresses.some(address => familyOf(address) === family))
  return routers.addresses.length === 0 || missing.length === 0
    ? []
    : [
        {
          severity: 'no',
          text: `it has a cluster address of family ${missing.join(' and ')}, on which no router listens; set ipFamilyPolicy SingleStack with ipFamilies [${familyOf(routers.addresses[0] ?? '')}], ${wayOut.noRouters}, or ${wayOut.leaveOut}`,
        },
      ]
}

const notReadyFindings = ({ service }: Front): readonly Finding[] =>
  service.spec.publishNotReadyAddresses === true
    ? [
        {
          severity: 'warning',
          text: `Service ${service.metadata.name} publishes pods that are not ready (publishNotReadyAddresses): while routers are in the path, only ready pods get requests`,
        },
      ]
    : []

export const addressFindings = (front: Front, around: Surroundings): readonly Finding[] => [
  ...familyFindings(front, around),
  ...notReadyFindings(front),
]
