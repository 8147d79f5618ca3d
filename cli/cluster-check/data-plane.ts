/**
 * What carries Service traffic in this cluster, and what is known of it. When every router is dead, kube-proxy sends to the
 * endpoints of the second EndpointSlice, which are marked as terminating and still serving (KEP-1669: on since 1.26, stable in
 * 1.28). Cilium follows kube-proxy in that (cilium/cilium#17716, #40279). Calico's eBPF data plane leaves terminating endpoints out
 * of its table (projectcalico/calico#8438).
 */
import { ok, type Row, warn } from './row.ts'
import type { ClusterSeen } from './seen.ts'
import { isBefore } from './server.ts'

const CHECK = 'data plane'

const SPARE = 'run 3 routers with a PodDisruptionBudget'
const TRY = 'kill all routers once in a trial update to see whether it falls back to the stable pods'

type Plane = (seen: ClusterSeen, has: (pattern: RegExp) => boolean) => Row | undefined

const cilium: Plane = ({ ciliumConfig }, has) => {
  const value = 'is' in ciliumConfig ? ciliumConfig.is?.['kube-proxy-replacement'] : undefined
  const replaces = value === undefined ? !has(/^kube-proxy/) : !['false', 'disabled'].includes(value)
  return has(/^cilium$/) && replaces
    ? ok(CHECK, 'Cilium in the place of kube-proxy: known to fall back to the stable pods when every router is dead')
    : undefined
}

const calico: Plane = ({ felix }, has) => {
  if (!has(/^calico-node$/)) return undefined
  if ('refused' in felix)
    return has(/^kube-proxy/) ? undefined : warn(CHECK, `Calico; whether with eBPF could not be read (${felix.refused}): ${TRY}`)
  return felix.is?.bpfEnabled === true
    ? warn(
        CHECK,
        `Calico eBPF: it does not send to terminating endpoints, so that with every router dead there are no endpoints: ${SPARE}`,
      )
    : undefined
}

const others: Plane = (_, has) =>
  has(/^(kube-router|antrea-agent|ovnkube-node|ovs-ovn)/) && !has(/^kube-proxy/)
    ? warn(CHECK, `kube-router, Antrea or OVN in the place of kube-proxy: ${TRY}`)
    : undefined

const kubeProxy: Plane = ({ version }, has) => {
  if (!has(/^kube-proxy/)) return undefined
  return isBefore(version, 1, 28)
    ? warn(CHECK, 'kube-proxy falls back to terminating endpoints for certain from 1.28 on; update the cluster')
    : ok(CHECK, 'kube-proxy: falls back to the stable pods when every router is dead')
}

const PLANES: readonly Plane[] = [cilium, calico, others, kubeProxy]

export const dataPlaneRows = (seen: ClusterSeen): readonly Row[] => {
  const { daemonSets } = seen
  if ('refused' in daemonSets)
    return [
      warn(CHECK, `DaemonSets could not be listed (${daemonSets.refused}), so that it is not known what carries Service traffic`),
    ]
  const has = (pattern: RegExp) => daemonSets.is.some(({ metadata }) => pattern.test(metadata.name))
  for (const plane of PLANES) {
    const row = plane(seen, has)
    if (row !== undefined) return [row]
  }
  return [
    warn(CHECK, `no DaemonSet of a service proxy that is known here (some clusters run kube-proxy outside of them): ${TRY}`),
  ]
}
