/** Whether a Service can be put in proxy mode at all. A list of checks, each with what is in the way and what to do about it. */
import type { Service } from '../../api/kubernetes.ts'
import { savedSelector, selectsPods } from '../../api/service-mode.ts'
import { isTcp } from '../make-route.ts'
import { obstacle } from '../preflight/index.ts'
import { OF_DEPLOYMENT, type WayOut } from '../preflight/way-out.ts'
import type { ServiceSeen } from '../seen.ts'
import { foreignSlices } from './slices.ts'
import type { ModeContext } from './step.ts'

export type Fronted = Pick<ModeContext, 'podLabels' | 'podPrefixes' | 'template' | 'surroundings' | 'wayOut'>
type Check = (seen: ServiceSeen, pods: Fronted, wayOut: WayOut) => string | undefined

/** Load balancers that read the pods behind endpoints themselves, and drop endpoints that are no pods of the Service's namespace. */
const POD_TARGETS: { readonly [annotation: string]: RegExp } = {
  'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type': /^ip$/,
  'service.beta.kubernetes.io/aws-load-balancer-type': /^nlb-ip$/,
  'alb.ingress.kubernetes.io/target-type': /^ip$/,
  'cloud.google.com/neg': /"ingress":\s*true|"exposed_ports"/,
}

const kindOf = ({ spec }: Service): string => spec.type ?? 'ClusterIP'

const checks: readonly Check[] = [
  ({ service }, _, { leaveOut }) =>
    kindOf(service) === 'ExternalName'
      ? `it is of type ExternalName, which has no endpoints; front the pods with a ClusterIP Service, or ${leaveOut}`
      : undefined,
  ({ service }, _, { noRouters, leaveOut }) =>
    service.spec.clusterIP === 'None'
      ? `it is headless: its clients connect to the pods' own addresses; give it a cluster address, ${noRouters}, or ${leaveOut}`
      : undefined,
  ({ service }, _, { leaveOut }) =>
    service.spec.externalTrafficPolicy === 'Local'
      ? `externalTrafficPolicy Local takes only endpoints on the node, and routers are not on every node; set it to Cluster, or ${leaveOut}`
      : undefined,
  ({ service }, _, { leaveOut }) =>
    service.spec.internalTrafficPolicy === 'Local'
      ? `internalTrafficPolicy Local takes only endpoints on the node, and routers are not on every node; set it to Cluster, or ${leaveOut}`
      : undefined,
  ({ service }, _, { leaveOut }) => {
    const [key, value] =
      Object.entries(service.metadata.annotations ?? {}).find(([name, set]) => POD_TARGETS[name]?.test(set)) ?? []
    return key === undefined
      ? undefined
      : `its load balancer takes pods of its own namespace only (${key}: ${value}), and routers are in another; let it take nodes (instance targets), or ${leaveOut}`
  },
  ({ service }, _, { leaveOut }) =>
    (service.spec.ports ?? []).some(isTcp) ? undefined : `it has no TCP port that a router could listen for; ${leaveOut}`,
  ({ service }, { podLabels }, { workload, leaveOut }) =>
    selectsPods(service, podLabels)
      ? undefined
      : `its selector ${JSON.stringify(service.spec.selector ?? savedSelector(service) ?? {})} does not select ${workload}'s pods; correct it, or ${leaveOut}`,
  (seen, { podPrefixes }, { workload, leaveOut }) => {
    const foreign = podNames(seen).find(name => !podPrefixes.some(prefix => name.startsWith(prefix)))
    return foreign === undefined
      ? undefined
      : `it also selects pod ${foreign}, which ${workload} does not own; narrow its selector, or ${leaveOut}`
  },
  (seen, { template, surroundings }, wayOut) => {
    if (template === undefined || surroundings === undefined) return undefined
    const { service } = seen
    const addresses = foreignSlices(seen).flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses: own }) => own))
    return obstacle({ service, namespace: service.metadata.namespace ?? '', template, addresses, wayOut }, surroundings)
  },
]

const podNames = (seen: ServiceSeen): readonly string[] =>
  foreignSlices(seen)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' && targetRef.name ? [targetRef.name] : []))

/** The first thing in the way of proxy mode; undefined when nothing is. */
export const preflight = (seen: ServiceSeen, mode: Fronted): string | undefined => {
  for (const check of checks) {
    const problem = check(seen, mode, mode.wayOut ?? OF_DEPLOYMENT)
    if (problem !== undefined) return problem
  }
  return undefined
}
