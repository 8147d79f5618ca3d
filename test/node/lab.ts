/**
 * One real node for all files of test/node/, which run in one process (tools/run-tests.ts node): started by the first that asks, with
 * Sluice installed on it by Helm as users do, and ended when the process ends.
 */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'
import type { Pod } from '../../api/kubernetes.ts'
import { PODS } from '../../kube/resources.ts'
import { apply } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import type { ProxyMode } from './configs.ts'
import { makeImages, SAMPLE_IMAGE } from './images.ts'
import { startTestNode, type TestNode } from './start.ts'
import { makeUsers, type Users } from './users.ts'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
const TOOLS = join(ROOT, 'tools/kubectl/bin')
const CHART = join(ROOT, 'charts/sluice')
export const RELEASE = 'sluice'
export const SYSTEM = 'sluice-system'
export const NAMESPACE = 'shop'
const COMMAND_MS = 240_000

export type NodeLab = TestNode & {
  readonly proxyMode: ProxyMode
  readonly dualStack: boolean
  /** NetworkPolicies are enforced. */
  readonly policies: boolean
  /** What a command printed; rejects with what it said on standard error. In the namespace `shop` unless told otherwise. */
  readonly kubectl: (...args: readonly string[]) => Promise<string>
  readonly helm: (...args: readonly string[]) => Promise<string>
  /** The command line of Sluice, from the sources. */
  readonly sluice: (...args: readonly string[]) => Promise<string>
  readonly users: Users
}

const commander = (kubeconfig: string) => async (file: string, args: readonly string[]) => {
  try {
    const env = { ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: '1' }
    const { stdout } = await run(file, args, { timeout: COMMAND_MS, env, maxBuffer: 64 * 2 ** 20 })
    return stdout
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as { stderr?: string; stdout?: string; message: string }
    throw new Error(`${file} ${args.join(' ')}: ${stderr || stdout || message}`)
  }
}

/** Helm's flags for installing or upgrading Sluice on this node: nothing but where its image is. */
export const imageFlags = (tag: string): readonly string[] => [
  `--set=image.repository=sluice`,
  `--set=image.tag=${tag}`,
  '--set=image.pullPolicy=Never',
]

/** As the README's installation, and waits until all pods are ready. */
export const installSluice = async ({ helm }: Pick<NodeLab, 'helm'>, ...more: readonly string[]): Promise<void> => {
  const where = [RELEASE, CHART, `--namespace=${SYSTEM}`, '--create-namespace', '--wait', '--timeout=120s']
  await helm('upgrade', '--install', ...where, ...imageFlags('dev'), ...more)
}

const usersPod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'users', namespace: NAMESPACE, labels: { app: 'users' } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'users', image: SAMPLE_IMAGE, args: ['/app/test/node/pods/load.ts'] }],
  },
}

const start = async (): Promise<NodeLab> => {
  const { SLUICE_KUBE_BIN = '', SLUICE_NODE_DIR = '', SLUICE_NODE_CGROUP = '' } = process.env
  const { SLUICE_NODE_IPV6, SLUICE_NODE_PROXY = 'iptables' } = process.env
  if (SLUICE_KUBE_BIN === '') throw new Error('run by tools/node/in-namespace, e.g. `make node-test`')
  const proxyMode = SLUICE_NODE_PROXY as ProxyMode
  const dir = join(SLUICE_NODE_DIR, proxyMode)
  const dualStack = SLUICE_NODE_IPV6 === '1'
  const images = await makeImages(join(dir, 'images'), join(SLUICE_KUBE_BIN, '../../layers'))
  const policies = proxyMode === 'iptables'
  const where = { bin: SLUICE_KUBE_BIN, dir: join(dir, 'node'), cgroup: SLUICE_NODE_CGROUP }
  const settings = { ...where, proxyMode, dualStack, policies, images }
  const node = await startTestNode({ ...settings, say: line => console.log(`  ${line}`) })
  const command = commander(node.kubeconfig)
  // For a look around in a run that takes its time, from another terminal.
  console.log(`  nsenter --target ${process.pid} --net env KUBECONFIG=${node.kubeconfig} bash`)
  await apply(node.client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }])
  await waitFor({ what: `the default ServiceAccount of ${NAMESPACE}` }, async () => {
    await node.client.raw('GET', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`)
    return true
  })
  await apply(node.client, [usersPod])
  const ip = await waitFor({ what: 'the pod of the users to run' }, async () => {
    const { status } = await node.client.get<Pod>(PODS, { namespace: NAMESPACE, name: 'users' })
    return status?.phase === 'Running' && status.podIP
  })
  const users = makeUsers(`http://${ip}:9090`)
  await users.untilReady()
  return {
    ...node,
    proxyMode,
    dualStack,
    policies,
    users,
    kubectl: (...args) => command(join(TOOLS, 'kubectl'), ['--namespace', NAMESPACE, ...args]),
    helm: (...args) => command(join(TOOLS, 'helm'), args),
    sluice: (...args) => command(join(ROOT, 'cli/sluice'), ['--namespace', NAMESPACE, ...args]),
  }
}

let started: Promise<NodeLab> | undefined
// Of the whole run: what the node started would keep this process from ending.
after(async () => (await started?.catch(() => undefined))?.stop())

/** The node; a failed start fails every test that needs it. */
export const theNode = (): Promise<NodeLab> => {
  started ??= start()
  return started
}
