/** Sluice in the in-process cluster, run from the bundle in a folder that has no node_modules above it: a whole rollout by all four processes. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { parse, stringify } from 'yaml'
import type { Pod, Service } from '../api/kubernetes.ts'
import { SLUICE_NAMESPACE } from '../api/names.ts'
import type { Rollout } from '../api/rollout.ts'
import { type Cluster, startCluster } from '../cluster/start.ts'
import { silentLogger } from '../kube/log.ts'
import { PODS, ROLLOUTS, SERVICES } from '../kube/resources.ts'
import { apply, readObjects } from '../local/apply.ts'
import { installSluice, untilRolledOut } from '../local/install.ts'
import { LOCAL_ARGS } from '../local/up.ts'
import { waitFor } from '../local/wait.ts'
import { makeBundle } from './make-bundle.ts'

const ROOT = resolve(import.meta.dirname, '..')
const directory = mkdtempSync(join(tmpdir(), 'sluice-bundle-'))
const main = join(directory, 'app/main.mjs')
const WEB = { namespace: 'default', name: 'web' }
let cluster: Cluster

before(async () => {
  mkdirSync(join(directory, 'app'))
  for (const { name, content } of (await makeBundle()).files) writeFileSync(join(directory, 'app', name), content)
  cluster = await startCluster({ stateDir: join(directory, 'cluster'), log: silentLogger })
  const options = {
    node: process.execPath,
    root: ROOT,
    bundle: main,
    routers: 1,
    stateDir: join(directory, 'routes'),
    args: LOCAL_ARGS,
  }
  await installSluice(cluster.client, options, () => {})
})

after(async () => {
  await cluster?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const ship = (version: string): Promise<void> => {
  const text = readFileSync(join(ROOT, 'demo/web.yaml'), 'utf8')
    .replaceAll('sample-app:v1', `sample-app:${version}`)
    .replaceAll('value: v1 }', `value: ${version} }`)
    .replace(/sluice\.dev\/steps: .*/, 'sluice.dev/steps: 50%, pause, 100%')
  return apply(cluster.client, readObjects(text, { NODE: process.execPath, SLUICE_ROOT: ROOT }))
}

const untilPhase = (what: string, holds: (status: NonNullable<Rollout['status']>) => boolean): Promise<unknown> =>
  waitFor({ what, timeoutMs: 120_000 }, async () => {
    const { status } = await cluster.client.get<Rollout>(ROLLOUTS, WEB)
    return status !== undefined && holds(status)
  })

const sluice = (kubeconfig: string, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const command = [main, '--kubeconfig', kubeconfig, ...args]
    execFile(process.execPath, command, { timeout: 60_000 }, (error, out, err) =>
      error === null ? resolve(out) : reject(new Error(`sluice ${args.join(' ')}: ${err}`)),
    )
  })

/** Which version answers each of `count` requests, one connection each. */
const askForVersions = async (count: number): Promise<readonly string[]> => {
  const { spec } = await cluster.client.get<Service>(SERVICES, WEB)
  const answers: string[] = []
  for (let n = 0; n < count; n++) {
    const answer = await fetch(`http://${spec.clusterIP}:${spec.ports?.[0]?.port}/`, { headers: { connection: 'close' } })
    answers.push(`${answer.status} ${/v\d/.exec(await answer.text())?.[0]}`)
  }
  return answers
}

test('the pods of Sluice run from the bundle', async () => {
  const pods = await cluster.client.list<Pod>(PODS, { namespace: SLUICE_NAMESPACE })
  const programs = pods.items.map(({ spec }) => spec.containers[0]?.command?.slice(1, 3).join(' '))
  assert.deepEqual(
    programs.sort(),
    ['controller', 'router', 'webhook'].map(name => `${main} ${name}`),
  )
})

test('a new version is held, split exactly, and promoted by the command line', async () => {
  await ship('v1')
  await untilRolledOut(cluster.client, WEB.namespace, WEB.name)
  await untilPhase('the first version to be the stable one', ({ phase }) => phase === 'Healthy')
  await ship('v2')
  await untilPhase(
    'the pause at half of the traffic',
    ({ phase, canary }) => phase === 'Paused' && canary?.weights?.canary.weight === 50,
  )
  const answers = await askForVersions(20)
  assert.deepEqual(answers.toSorted(), [...Array(10).fill('200 v1'), ...Array(10).fill('200 v2')])
  // In full, because twenty requests are not enough for the default check.
  await sluice(cluster.kubeconfig, 'promote', 'web', '--full')
  await untilPhase(
    'the second version to be the stable one',
    ({ phase, stableRS, currentPodHash }) => phase === 'Healthy' && stableRS === currentPodHash,
  )
  assert.deepEqual(new Set(await askForVersions(5)), new Set(['200 v2']))
})

test('a kubeconfig with a credential plugin works: the client library is in the bundle', async () => {
  const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as {
    users: { name: string; user: { readonly [field: string]: string } }[]
  }
  const [first] = config.users
  assert.ok(first)
  const { token, 'client-certificate-data': certificate, 'client-key-data': key } = first.user
  const decode = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64').toString())
  const status = { token, clientCertificateData: decode(certificate), clientKeyData: decode(key) }
  const credential = JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status })
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'printf',
    args: ['%s', credential],
    interactiveMode: 'Never',
  }
  const path = join(directory, 'with-plugin')
  writeFileSync(path, stringify({ ...config, users: [{ name: first.name, user: { exec } }] }))
  assert.match(await sluice(path, 'version'), /Kubernetes v1\./)
  assert.match(await sluice(path, 'get', 'web'), /web/)
})
