/** A real Kubernetes control plane as child processes: etcd, kube-apiserver, kube-controller-manager, kube-scheduler (tools/kube/build). */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../local/free-port.ts'
import { makeProcesses, type Processes } from './processes.ts'

export type ControlPlane = {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** `https://ADDRESS:PORT`. */
  readonly server: string
  /** PEM of the authority that signed the API server's certificate. */
  readonly ca: string
  /** The four, for those who end them in the middle; others may be run along. */
  readonly processes: Processes
  readonly stop: () => Promise<void>
}

export type ControlPlaneOptions = {
  /** Folder with the binaries. */
  readonly bin: string
  /** Folder for data, certificates and logs; emptied by the caller. */
  readonly dir: string
  /** One range, or an IPv4 and an IPv6 range with a comma between. */
  readonly serviceCidr: string
  /** The address under which pods reach the API server; without one it is on loopback only, and no endpoint of its own Service. */
  readonly nodeAddress?: string
}

/** A kubeconfig (JSON is YAML) for the bearer of `token`. */
export const makeKubeconfig = (server: string, ca: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'user', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'user' } }],
    'current-context': 'test',
  })

const etcdArgs = (dir: string, client: string, peer: string) => [
  `--data-dir=${join(dir, 'etcd')}`,
  `--listen-client-urls=${client}`,
  `--advertise-client-urls=${client}`,
  `--listen-peer-urls=${peer}`,
  `--initial-advertise-peer-urls=${peer}`,
  `--initial-cluster=default=${peer}`,
  // The data is thrown away after the test, so a crash may lose it.
  '--unsafe-no-fsync',
  '--log-level=error',
]

const addressArgs = (nodeAddress: string | undefined) =>
  nodeAddress === undefined
    ? // The API server's own endpoint would be a loopback address, which Kubernetes does not allow among endpoints.
      ['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none']
    : ['--bind-address=0.0.0.0', `--advertise-address=${nodeAddress}`, '--kubelet-preferred-address-types=InternalIP']

const apiserverArgs = ({ dir, serviceCidr, nodeAddress }: ControlPlaneOptions, etcd: string, port: number) => [
  `--etcd-servers=${etcd}`,
  `--secure-port=${port}`,
  ...addressArgs(nodeAddress),
  `--cert-dir=${join(dir, 'certs')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${join(dir, 'sa.key')}`,
  `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
  '--authorization-mode=RBAC',
  `--token-auth-file=${join(dir, 'tokens.csv')}`,
  `--service-cluster-ip-range=${serviceCidr}`,
  '--allow-privileged=true',
]

const controllerManagerArgs = (dir: string, port: number) => [
  `--kubeconfig=${join(dir, 'kubeconfig')}`,
  `--service-account-private-key-file=${join(dir, 'sa.key')}`,
  `--root-ca-file=${join(dir, 'certs', 'apiserver.crt')}`,
  '--use-service-account-credentials=true',
  '--leader-elect=false',
  '--allocate-node-cidrs=false',
  '--controllers=*,-node-ipam-controller',
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  '--kube-api-qps=500',
  '--kube-api-burst=1000',
]

const schedulerArgs = (dir: string, port: number) => [
  `--kubeconfig=${join(dir, 'kubeconfig')}`,
  '--leader-elect=false',
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  '--kube-api-qps=500',
  '--kube-api-burst=1000',
]

/** Starts all four; resolves when the API server is ready and every controller has been started. */
export const startControlPlane = async (options: ControlPlaneOptions): Promise<ControlPlane> => {
  const { dir } = options
  mkdirSync(join(dir, 'certs'), { recursive: true })
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(join(dir, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  const token = randomBytes(24).toString('hex')
  writeFileSync(join(dir, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 })
  const [clientPort, peerPort, port, managerPort, schedulerPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ])
  const etcdUrl = `http://127.0.0.1:${clientPort}`
  const processes = makeProcesses(dir)
  const run = (name: string, args: readonly string[]) =>
    processes.run({ name, args, file: join(options.bin, name), restart: true })
  try {
    run('etcd', etcdArgs(dir, etcdUrl, `http://127.0.0.1:${peerPort}`))
    await processes.untilReady('etcd', async () => (await fetch(`${etcdUrl}/health`)).ok)
    // In this order, so that the API server is ended before etcd: its last words go there.
    run('kube-apiserver', apiserverArgs(options, etcdUrl, port))
    const server = `https://${options.nodeAddress ?? '127.0.0.1'}:${port}`
    const { Agent, fetch: fetchWith } = await import('undici')
    const anyCertificate = new Agent({ connect: { rejectUnauthorized: false } })
    const headers = { authorization: `Bearer ${token}` }
    await processes.untilReady(
      'kube-apiserver',
      async () => (await fetchWith(`${server}/readyz`, { dispatcher: anyCertificate, headers })).ok,
    )
    await anyCertificate.close()
    const ca = readFileSync(join(dir, 'certs', 'apiserver.crt'), 'utf8')
    const kubeconfig = join(dir, 'kubeconfig')
    writeFileSync(kubeconfig, makeKubeconfig(server, ca, token), { mode: 0o600 })
    run('kube-controller-manager', controllerManagerArgs(dir, managerPort))
    run('kube-scheduler', schedulerArgs(dir, schedulerPort))
    return { kubeconfig, server, ca, processes, stop: processes.stop }
  } catch (error) {
    await processes.stop()
    throw error
  }
}
