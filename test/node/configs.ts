/** What the parts of a node read: container runtime, pod network, kubelet, kube-proxy. Pure. */

export const NODE_NAME = 'node-0'
/** Of `node0` in tools/node/in-namespace. */
export const NODE_ADDRESS = { ipv4: '10.245.0.1', ipv6: 'fd00:245::1' } as const
export const POD_CIDR = { ipv4: '10.244.0.0/24', ipv6: 'fd00:244::/64' } as const
export const SERVICE_CIDR = { ipv4: '10.96.0.0/16', ipv6: 'fd00:96::/112' } as const
export const PAUSE_IMAGE = 'sluice.dev/pause:1'
const CNI_PLUGINS = '/usr/lib/cni'

export type ProxyMode = 'iptables' | 'nftables'

export type NodeSettings = {
  /** Folder of this node's files. */
  readonly dir: string
  readonly kubeconfig: string
  readonly proxyMode: ProxyMode
  /** Pods and Services get addresses of both families. */
  readonly dualStack: boolean
  /** Below which pods' cgroups hang. */
  readonly cgroup: string
}

export const containerdSocket = (dir: string): string => `${dir}/containerd.sock`

export const renderContainerd = (dir: string): string => `version = 2
root = "${dir}/containerd/root"
state = "${dir}/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]

[grpc]
  address = "${containerdSocket(dir)}"

[plugins."io.containerd.internal.v1.opt"]
  path = "${dir}/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  # A root without CAP_SYS_RESOURCE may not make a process less likely to be killed, and runc then fails on every sandbox.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${CNI_PLUGINS}"
  conf_dir = "${dir}/cni"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
`

/** A bridge that pods hang on, hairpin on so that a pod reaches itself through its Service. */
export const renderCni = ({ dir, dualStack }: NodeSettings): string => {
  const ranges = [[{ subnet: POD_CIDR.ipv4 }], ...(dualStack ? [[{ subnet: POD_CIDR.ipv6 }]] : [])]
  const routes = [{ dst: '0.0.0.0/0' }, ...(dualStack ? [{ dst: '::/0' }] : [])]
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipMasq: false }
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { ...bridge, ipam: { type: 'host-local', dataDir: `${dir}/cni-addresses`, ranges, routes } },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  })
}

/** JSON is YAML. */
export const renderKubelet = ({ dir, cgroup }: NodeSettings): string =>
  JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${containerdSocket(dir)}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    // Only what is in this network namespace reaches it.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    clusterDomain: 'cluster.local',
    clusterDNS: [NODE_ADDRESS.ipv4],
    resolvConf: `${dir}/resolv.conf`,
    podLogsDir: `${dir}/pod-logs`,
    volumePluginDir: `${dir}/volume-plugins`,
    evictionHard: { 'memory.available': '200Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    maxPods: 200,
    kubeAPIQPS: 500,
    kubeAPIBurst: 1000,
    serializeImagePulls: false,
    shutdownGracePeriod: '0s',
  })

export const KUBE_PROXY_HEALTH = '127.0.0.1:10256'

export const renderProxy = ({ kubeconfig, proxyMode }: NodeSettings): string =>
  JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
    mode: proxyMode,
    hostnameOverride: NODE_NAME,
    healthzBindAddress: KUBE_PROXY_HEALTH,
    metricsBindAddress: '127.0.0.1:10249',
    // The limits are the machine's, not this namespace's to set.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    // minSyncPeriod is kube-proxy's own default: what Sluice waits for is tested against what clusters really have.
    iptables: { minSyncPeriod: '1s', syncPeriod: '30s' },
    nftables: { minSyncPeriod: '1s', syncPeriod: '30s' },
  })

/** Of kube-router only what enforces NetworkPolicies; kube-proxy and the bridge do the rest. */
export const kubeRouterArgs = ({ kubeconfig, dualStack }: Pick<NodeSettings, 'kubeconfig' | 'dualStack'>): readonly string[] => [
  `--kubeconfig=${kubeconfig}`,
  `--hostname-override=${NODE_NAME}`,
  '--run-firewall=true',
  '--run-router=false',
  '--run-service-proxy=false',
  '--run-loadbalancer=false',
  `--service-cluster-ip-range=${dualStack ? `${SERVICE_CIDR.ipv4},${SERVICE_CIDR.ipv6}` : SERVICE_CIDR.ipv4}`,
  `--enable-ipv6=${dualStack}`,
  '--health-port=0',
  '--metrics-port=0',
]
