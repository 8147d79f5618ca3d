/** The Node object and its Lease. */
import { arch, cpus, platform, release, totalmem } from 'node:os'
import type { KubeObject, Labels } from '../../api/kubernetes.ts'

export const LEASE_NAMESPACE = 'kube-node-lease'
export const LEASE_SECONDS = 40
export const RENEW_MS = 10_000

export const nodeLabels = (name: string): Labels => ({
  'kubernetes.io/hostname': name,
  'kubernetes.io/os': platform(),
  'kubernetes.io/arch': arch() === 'x64' ? 'amd64' : arch(),
})

export const renderNode = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: nodeLabels(name) },
})

export function renderNodeStatus(name: string, now: string): object {
  const resources = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '1000' }
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'runs pods as local processes',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
    nodeInfo: {
      operatingSystem: platform(),
      architecture: arch(),
      kernelVersion: release(),
      kubeletVersion: 'v1.34.4',
      kubeProxyVersion: 'v1.34.4',
      containerRuntimeVersion: `process://${process.version.slice(1)}`,
      osImage: 'local processes',
      machineID: name,
      systemUUID: name,
      bootID: name,
    },
  }
}

/** MicroTime: RFC 3339 with six digits. */
export const microTime = (now: number): string => new Date(now).toISOString().replace('Z', '000Z')

export const renderLease = (name: string, now: number): KubeObject & { readonly spec: object } => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace: LEASE_NAMESPACE },
  spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: microTime(now) },
})
