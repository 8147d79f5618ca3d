/** A real Kubernetes control plane as child processes: etcd, kube-apiserver, kube-controller-manager, kube-scheduler (tools/kube/build). */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type ControlPlane = {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** `https://127.0.0.1:PORT`. */
  readonly server: string
  /** PEM of the authority that signed the API server's certificate. */
  readonly ca: string
  readonly stop: () => Promise<void>
}

export type ControlPlaneOptions = {
  /** Folder with the binaries. */
  readonly bin: string
  /** Folder for data, certificates and logs; emptied by the caller. */
  readonly dir: string
  readonly serviceCidr: string
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

type Child = { readonly name: string; readonly process: ChildProcess; readonly log: string }

const start = ({ bin, dir }: ControlPlaneOptions, name: string, args: readonly string[]): Child => {
  const log = join(dir, `${name}.log`)
  const child = spawn(join(bin, name), args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const out = createWriteStream(log)
  child.stdout?.pipe(out, { end: false })
  child.stderr?.pipe(out, { end: false })
  return { name, process: child, log }
}

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

const stopChild = async ({ process }: Child) => {
  if (ended(process)) return
  const gone = new Promise(resolve => process.once('exit', resolve))
  process.kill('SIGTERM')
  const killer = setTimeout(() => process.kill('SIGKILL'), 8000)
  await gone
  clearTimeout(killer)
}

/** Waits until `path` of the API server answers 200; throws with the end of the log when the process ends before. */
const untilReady = async (child: Child, ask: () => Promise<boolean>) => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (ended(child.process)) throw new Error(`${child.name} ended: ${readFileSync(child.log, 'utf8').slice(-2000)}`)
    if (await ask().catch(() => false)) return
    await sleep(100)
  }
  throw new Error(`${child.name} was not ready within a minute; see ${child.log}`)
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

const apiserverArgs = (dir: string, etcd: string, port: number, serviceCidr: string) => [
  `--etcd-servers=${etcd}`,
  `--secure-port=${port}`,
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  `--cert-dir=${join(dir, 'certs')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${join(dir, 'sa.key')}`,
  `--service-account-signing-key-file=${join(dir, 'sa.key')}`,
  '--authorization-mode=RBAC',
  `--token-auth-file=${join(dir, 'tokens.csv')}`,
  `--service-cluster-ip-range=${serviceCidr}`,
  // The API server's own endpoint would be a loopback address, which Kubernetes does not allow among endpoints.
  '--endpoint-reconciler-type=none',
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
  const { dir, serviceCidr } = options
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
  const children: Child[] = []
  const run = (name: string, args: readonly string[]) => {
    const child = start(options, name, args)
    children.push(child)
    return child
  }
  // The API server before etcd: its last words go there.
  const stop = async () => {
    for (const child of children.toReversed()) await stopChild(child)
  }
  try {
    const etcd = run('etcd', etcdArgs(dir, etcdUrl, `http://127.0.0.1:${peerPort}`))
    await untilReady(etcd, async () => (await fetch(`${etcdUrl}/health`)).ok)
    const apiserver = run('kube-apiserver', apiserverArgs(dir, etcdUrl, port, serviceCidr))
    const server = `https://127.0.0.1:${port}`
    const { Agent, fetch: fetchWith } = await import('undici')
    const anyCertificate = new Agent({ connect: { rejectUnauthorized: false } })
    await untilReady(
      apiserver,
      async () =>
        (await fetchWith(`${server}/readyz`, { dispatcher: anyCertificate, headers: { authorization: `Bearer ${token}` } })).ok,
    )
    await anyCertificate.close()
    const ca = readFileSync(join(dir, 'certs', 'apiserver.crt'), 'utf8')
    const kubeconfig = join(dir, 'kubeconfig')
    writeFileSync(kubeconfig, makeKubeconfig(server, ca, token), { mode: 0o600 })
    run('kube-controller-manager', controllerManagerArgs(dir, managerPort))
    run('kube-scheduler', schedulerArgs(dir, schedulerPort))
    return { kubeconfig, server, ca, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
