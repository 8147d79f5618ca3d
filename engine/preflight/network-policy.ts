/**
 * Whether NetworkPolicies let one pod connect to another. As Kubernetes says it: a pod that no policy of a direction selects is
 * open in that direction; one that some select takes what any of their rules allows, and nothing else. A connection needs both
 * the egress of its one end and the ingress of the other. Policies see the pods' own addresses and ports, behind any Service.
 */
import type { ContainerPort, Labels } from '../../api/kubernetes.ts'
import { matchesSelector } from '../../api/selector.ts'
import { isInCidr } from './cidr.ts'
import type { NetworkPolicy, PolicyPeer, PolicyPort } from './surroundings.ts'

/** One end of a connection. */
export type PodSeen = {
  readonly namespace: string
  readonly namespaceLabels: Labels
  readonly labels: Labels
  /** All that it may have; none where they are not known, and then no address range is sure to hold it. */
  readonly addresses: readonly string[]
  /** Where names of ports are looked up. */
  readonly ports: readonly ContainerPort[]
}

/** The policies that say no, when all of one direction do. */
export type Denied = {
  readonly direction: 'ingress' | 'egress'
  readonly namespace: string
  readonly policies: readonly string[]
}

const isInBlock = (pod: PodSeen, { cidr, except = [] }: NonNullable<PolicyPeer['ipBlock']>): boolean =>
  pod.addresses.length > 0 &&
  pod.addresses.every(address => isInCidr(address, cidr) && !except.some(hole => isInCidr(address, hole)))

const isPeer = (peer: PolicyPeer, pod: PodSeen, policyNamespace: string): boolean => {
  if (peer.ipBlock !== undefined) return isInBlock(pod, peer.ipBlock)
  const inNamespace =
    peer.namespaceSelector === undefined
      ? pod.namespace === policyNamespace
      : matchesSelector(peer.namespaceSelector, pod.namespaceLabels)
  return inNamespace && (peer.podSelector === undefined || matchesSelector(peer.podSelector, pod.labels))
}

/** `port` is the number on which the pod `to` listens, over TCP. */
const isPort = ({ protocol = 'TCP', port, endPort }: PolicyPort, number: number, to: PodSeen): boolean => {
  if (protocol !== 'TCP') return false
  if (port === undefined) return true
  if (typeof port === 'string')
    return to.ports.some(one => one.name === port && one.containerPort === number && (one.protocol ?? 'TCP') === 'TCP')
  return number >= port && number <= (endPort ?? port)
}

/** An empty or absent list of peers or ports leaves nothing out. */
const isAny = <T>(list: readonly T[] | null | undefined, test: (one: T) => boolean): boolean =>
  list === undefined || list === null || list.length === 0 || list.some(test)

const hasType = ({ spec }: NetworkPolicy, type: 'Ingress' | 'Egress'): boolean =>
  spec?.policyTypes?.includes(type) ?? (type === 'Ingress' || spec?.egress !== undefined)

const selecting = (policies: readonly NetworkPolicy[], pod: PodSeen, type: 'Ingress' | 'Egress') =>
  policies.filter(
    policy =>
      policy.metadata.namespace === pod.namespace &&
      hasType(policy, type) &&
      matchesSelector(policy.spec?.podSelector ?? {}, pod.labels),
  )

const namesOf = (policies: readonly NetworkPolicy[]): readonly string[] => policies.map(({ metadata }) => metadata.name)

/** Why the pod `to` takes no connection of `from` on its port; undefined when it does. */
export const deniedIngress = (
  policies: readonly NetworkPolicy[],
  from: PodSeen,
  to: PodSeen,
  port: number,
): Denied | undefined => {
  const mine = selecting(policies, to, 'Ingress')
  const allows = ({ spec }: NetworkPolicy): boolean =>
    (spec?.ingress ?? []).some(
      rule => isAny(rule.from, peer => isPeer(peer, from, to.namespace)) && isAny(rule.ports, one => isPort(one, port, to)),
    )
  return mine.length === 0 || mine.some(allows)
    ? undefined
    : { direction: 'ingress', namespace: to.namespace, policies: namesOf(mine) }
}

/** Why the pod `from` may not connect to `to` on its port; undefined when it may. */
export const deniedEgress = (
  policies: readonly NetworkPolicy[],
  from: PodSeen,
  to: PodSeen,
  port: number,
): Denied | undefined => {
  const mine = selecting(policies, from, 'Egress')
  const allows = ({ spec }: NetworkPolicy): boolean =>
    (spec?.egress ?? []).some(
      rule => isAny(rule.to, peer => isPeer(peer, to, from.namespace)) && isAny(rule.ports, one => isPort(one, port, to)),
    )
  return mine.length === 0 || mine.some(allows)
    ? undefined
    : { direction: 'egress', namespace: from.namespace, policies: namesOf(mine) }
}

export const denied = (policies: readonly NetworkPolicy[], from: PodSeen, to: PodSeen, port: number): Denied | undefined =>
  deniedEgress(policies, from, to, port) ?? deniedIngress(policies, from, to, port)
