/** Whether a Service can be put in proxy mode at all. A list of checks, each with what is in the way and what to do about it. */
import type { Service } from '../../api/kubernetes.ts'
import { savedSelector, selectsPods } from '../../api/service-mode.ts'
import { isTcp } from '../make-route.ts'
import { obstacle } from '../preflight/index.ts'
import type { ServiceSeen } from '../seen.ts'
import { foreignSlices } from './slices.ts'
import type { ModeContext } from './step.ts'

export type Fronted = Pick<ModeContext, 'podLabels' | 'podPrefixes' | 'template' | 'surroundings'>
type Check = (seen: ServiceSeen, pods: Fronted) => string | undefined

const without = 'or leave it out with the annotation sluice.dev/services'

/** Load balancers that read the pods behind endpoints themselves, and drop endpoints that are no pods of the Service's namespace. */
const POD_TARGETS: { readonly [annotation: string]: RegExp } = {
  'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type': /^ip$/,
  'service.beta.kubernetes.io/aws-load-balancer-type': /^nlb-ip$/,
  'alb.ingress.kubernetes.io/target-type': /^ip$/,
  'cloud.google.com/neg': /"ingress":\s*true|"exposed_ports"/,
}

const kindOf = ({ spec }: Service): string => spec.type ?? 'ClusterIP'

const checks: readonly Check[] = [
  ({ service }) =>
    kindOf(service) === 'ExternalName'
      ? `it is of type ExternalName, which has no endpoints; front the pods with a ClusterIP Service, ${without}`
      : undefined,
  ({ service }) =>
    service.spec.clusterIP === 'None'
      ? `it is headless: its clients connect to the pods' own addresses; give it a cluster address, set sluice.dev/router: none, ${without}`
      : undefined,
  ({ service }) =>
    service.spec.externalTrafficPolicy === 'Local'
      ? `externalTrafficPolicy Local takes only endpoints on the node, and routers are not on every node; set it to Cluster, ${without}`
      : undefined,
  ({ service }) =>
    service.spec.internalTrafficPolicy === 'Local'
      ? `internalTrafficPolicy Local takes only endpoints on the node, and routers are not on every node; set it to Cluster, ${without}`
      : undefined,
  ({ service }) => {
    const [key, value] =
      Object.entries(service.metadata.annotations ?? {}).find(([name, set]) => POD_TARGETS[name]?.test(set)) ?? []
    return key === undefined
      ? undefined
      : `its load balancer takes pods of its own namespace only (${key}: ${value}), and routers are in another; let it take nodes (instance targets), ${without}`
  },
  ({ service }) =>
    (service.spec.ports ?? []).some(isTcp) ? undefined : `it has no TCP port that a router could listen for; ${without.slice(3)}`,
  ({ service }, { podLabels }) =>
    selectsPods(service, podLabels)
      ? undefined
      : `its selector ${JSON.stringify(service.spec.selector ?? savedSelector(service) ?? {})} does not select this Deployment's pods; correct it, ${without}`,
  (seen, { podPrefixes }) => {
    const foreign = podNames(seen).find(name => !podPrefixes.some(prefix => name.startsWith(prefix)))
    return foreign === undefined
      ? undefined
      : `it also selects pod ${foreign}, which this Deployment does not own; narrow its selector, ${without}`
  },
  (seen, { template, surroundings }) => {
    if (template === undefined || surroundings === undefined) return undefined
    const { service } = seen
    const addresses = foreignSlices(seen).flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses: own }) => own))
    return obstacle({ service, namespace: service.metadata.namespace ?? '', template, addresses }, surroundings)
  },
]

const podNames = (seen: ServiceSeen): readonly string[] =>
  foreignSlices(seen)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' && targetRef.name ? [targetRef.name] : []))

/** The first thing in the way of proxy mode; undefined when nothing is. */
export const preflight: Check = (seen, mode) => {
  for (const check of checks) {
    const problem = check(seen, mode)
    if (problem !== undefined) return problem
  }
  return undefined
}
