/** A real Kubernetes node with its control plane, in the namespaces of tools/node/in-namespace: real pods, pod network, kube-proxy. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { KubeClient } from '../../kube/client.ts'
import { clientOver } from '../../kube/http-client.ts'
import { kubeconfigTransport } from '../../kube/transport.ts'
import { waitFor } from '../../local/wait.ts'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import {
  containerdSocket,
  KUBE_PROXY_HEALTH,
  kubeRouterArgs,
  NODE_ADDRESS,
  NODE_NAME,
  type NodeSettings,
  type ProxyMode,
  renderCni,
  renderContainerd,
  renderKubelet,
  renderProxy,
  SERVICE_CIDR,
} from './configs.ts'

const run = promisify(execFile)

export type NodeOptions = {
  /** Folder with the Kubernetes binaries. */
  readonly bin: string
  /** An empty folder for everything that the node writes. */
  readonly dir: string
  readonly proxyMode: ProxyMode
  readonly dualStack: boolean
  /** NetworkPolicies are enforced. */
  readonly policies: boolean
  readonly cgroup: string
  /** Archives to import. */
  readonly images: readonly string[]
  readonly say: (line: string) => void
}

/** A part that can be ended; all are started again. */
export type Part = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet' | 'kube-proxy'

export type TestNode = {
  readonly client: KubeClient
  readonly kubeconfig: string
  readonly kill: (part: Part, signal: NodeJS.Signals, awayMs?: number) => void
  readonly stop: () => Promise<void>
}

const writeConfigs = (settings: NodeSettings) => {
  const { dir } = settings
  for (const folder of ['cni', 'containerd', 'kubelet']) mkdirSync(join(dir, folder), { recursive: true })
  writeFileSync(join(dir, 'containerd.toml'), renderContainerd(dir))
  writeFileSync(join(dir, 'cni', '10-pods.conflist'), renderCni(settings))
  writeFileSync(join(dir, 'kubelet.yaml'), renderKubelet(settings))
  writeFileSync(join(dir, 'kube-proxy.yaml'), renderProxy(settings))
  // Names outside of the cluster have no meaning here.
  writeFileSync(join(dir, 'resolv.conf'), '')
}

const startContainerd = async ({ processes }: ControlPlane, { dir, images }: NodeOptions): Promise<void> => {
  processes.run({
    name: 'containerd',
    file: 'containerd',
    args: ['-c', join(dir, 'containerd.toml'), '-l', 'warn'],
    restart: true,
  })
  const ctr = (...args: readonly string[]) => run('ctr', ['-a', containerdSocket(dir), '-n', 'k8s.io', ...args])
  await processes.untilReady('containerd', async () => (await ctr('version')) !== undefined)
  for (const image of images) await ctr('images', 'import', image)
}

const startKubelet = ({ processes }: ControlPlane, { bin, dir, dualStack }: NodeOptions, kubeconfig: string): void => {
  const addresses = dualStack ? `${NODE_ADDRESS.ipv4},${NODE_ADDRESS.ipv6}` : NODE_ADDRESS.ipv4
  processes.run({
    name: 'kubelet',
    file: join(bin, 'kubelet'),
    restart: true,
    args: [
      `--config=${join(dir, 'kubelet.yaml')}`,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${addresses}`,
      `--root-dir=${join(dir, 'kubelet')}`,
      `--cert-dir=${join(dir, 'kubelet', 'pki')}`,
    ],
  })
}

const startKubeRouter = ({ processes }: ControlPlane, { bin, dualStack }: NodeOptions, kubeconfig: string): void => {
  processes.run({
    name: 'kube-router',
    file: join(bin, 'kube-router'),
    args: kubeRouterArgs({ kubeconfig, dualStack }),
    restart: true,
  })
}

type Node = { readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] } }

const untilReady = async (client: KubeClient, { processes }: ControlPlane): Promise<void> => {
  await processes.untilReady('kubelet', async () => {
    const node = (await client.raw('GET', `/api/v1/nodes/${NODE_NAME}`)) as Node
    return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
  })
  await processes.untilReady('kube-proxy', async () => (await fetch(`http://${KUBE_PROXY_HEALTH}/healthz`)).ok)
  await waitFor({ what: 'the default ServiceAccount' }, async () => {
    await client.raw('GET', '/api/v1/namespaces/default/serviceaccounts/default')
    return true
  })
}

/** Resolves when pods can be made; ends all of it again when a part does not start. */
export const startTestNode = async (options: NodeOptions): Promise<TestNode> => {
  const { bin, dir, proxyMode, dualStack, cgroup, say } = options
  mkdirSync(dir, { recursive: true })
  const serviceCidr = dualStack ? `${SERVICE_CIDR.ipv4},${SERVICE_CIDR.ipv6}` : SERVICE_CIDR.ipv4
  const plane = await startControlPlane({ bin, dir, serviceCidr, nodeAddress: NODE_ADDRESS.ipv4 })
  try {
    say('control plane is ready')
    const { kubeconfig, processes } = plane
    writeConfigs({ dir, kubeconfig, proxyMode, dualStack, cgroup })
    await startContainerd(plane, options)
    say(`${options.images.length} images are imported`)
    startKubelet(plane, options, kubeconfig)
    processes.run({
      name: 'kube-proxy',
      file: join(bin, 'kube-proxy'),
      args: [`--config=${join(dir, 'kube-proxy.yaml')}`],
      restart: true,
    })
    if (options.policies) startKubeRouter(plane, options, kubeconfig)
    const transport = await kubeconfigTransport({ kubeconfig })
    const client = clientOver(transport)
    await untilReady(client, plane)
    const more = `${dualStack ? ', IPv4 and IPv6' : ''}${options.policies ? ', NetworkPolicies enforced' : ''}`
    say(`node is ready, kube-proxy in mode ${proxyMode}${more}`)
    return {
      client,
      kubeconfig,
      kill: (part, signal, awayMs) => processes.kill(part, signal, awayMs),
      stop: async () => {
        await transport.close()
        await plane.stop()
      },
    }
  } catch (error) {
    await plane.stop()
    throw error
  }
}
