/** The API server: its version, and the APIs that Sluice is built on. */
import { count, missing, ok, type Row, warn } from './row.ts'
import type { ClusterSeen } from './seen.ts'

/** `v1.34.4-eks-1` is [1, 34]; undefined for what is no version. */
export const parseMinor = (version: string): readonly [number, number] | undefined => {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)]
}

export const isBefore = (version: string, major: number, minor: number): boolean => {
  const [ownMajor, ownMinor] = parseMinor(version) ?? [0, 0]
  return ownMajor < major || (ownMajor === major && ownMinor < minor)
}

/** 1.30: CEL match conditions and ValidatingAdmissionPolicy are there without a feature gate. */
export const OLDEST = [1, 30] as const

const versionRow = ({ version }: ClusterSeen): Row =>
  isBefore(version, ...OLDEST)
    ? missing('server', `Kubernetes ${version} is too old; Sluice needs ${OLDEST.join('.')} or newer`)
    : ok('server', `Kubernetes ${version}`)

const apiRow = (seen: ClusterSeen, groupVersion: string, what: string): Row =>
  seen.groupVersions.includes(groupVersion)
    ? ok(`api ${groupVersion.split('/')[0]}`, `${groupVersion} is served`)
    : missing(
        `api ${groupVersion.split('/')[0]}`,
        `${groupVersion} is not served; ${what}: update the cluster or turn the API on`,
      )

const webhooksRow = ({ admissionResources, version }: ClusterSeen): Row => {
  const check = 'admission webhooks'
  if (!admissionResources.includes('mutatingwebhookconfigurations'))
    return missing(check, 'admissionregistration.k8s.io/v1 is not served, so that no update can be held; turn it on')
  return isBefore(version, ...OLDEST)
    ? missing(check, 'CEL match conditions of webhooks are not on by themselves before Kubernetes 1.30; update the cluster')
    : ok(check, 'mutating webhooks with CEL match conditions')
}

const policiesRow = ({ admissionResources }: ClusterSeen): Row =>
  ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'].every(one => admissionResources.includes(one))
    ? ok('admission policies', 'ValidatingAdmissionPolicy v1 is served')
    : missing(
        'admission policies',
        'ValidatingAdmissionPolicy v1 is not served: nothing guards held Deployments while the webhook is down; it is there from Kubernetes 1.30 on',
      )

/** On by themselves from 1.29 on (beta), in the API server and in the kubelet. */
const sidecarsRow = ({ nodes, version }: ClusterSeen): Row => {
  const check = 'native sidecars'
  const todo = 'sidecar placement needs 1.29; shared placement does not'
  if (isBefore(version, 1, 29)) return warn(check, `Kubernetes ${version} has none; ${todo}`)
  if ('refused' in nodes) return warn(check, `the nodes' kubelet versions could not be read (${nodes.refused}); ${todo}`)
  const old = nodes.is.filter(({ status }) => isBefore(status?.nodeInfo?.kubeletVersion ?? version, 1, 29))
  return old.length === 0
    ? ok(check, `on ${count(nodes.is.length, 'node')}`)
    : warn(check, `not on ${old.map(({ metadata }) => metadata.name).join(', ')}, whose kubelet is too old; ${todo}`)
}

export const serverRows = (seen: ClusterSeen): readonly Row[] => [
  versionRow(seen),
  webhooksRow(seen),
  policiesRow(seen),
  apiRow(seen, 'discovery.k8s.io/v1', 'routers are put in front of Services by EndpointSlices'),
  apiRow(seen, 'coordination.k8s.io/v1', 'the leading controller and router are chosen by Leases'),
  sidecarsRow(seen),
]
