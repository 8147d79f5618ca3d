/**
 * The chart's whole life by Helm, in a namespace and under a name of its own, with an update of a Deployment in progress and its users
 * at work. On the in-process cluster, or with SLUICE_LAB=real (tools/kube/in-namespace) on a real control plane, where the rights
 * are enforced and the Job of `helm uninstall` runs; the in-process one has no Jobs, so there the test starts what the Job would.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { get } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { KubeObject } from '../../api/kubernetes.ts'
import { ROUTER_HEADER, SAVED } from '../../api/names.ts'
import { CONFIG_MAPS, ENDPOINT_SLICES, LEASES, MUTATING_WEBHOOKS, ROLLOUTS, ROUTES, SECRETS } from '../../kube/resources.ts'
import { discover } from '../../local/apply.ts'
import { waitFor } from '../../local/wait.ts'
import { type Lab, startLab } from '../cluster/lab.ts'
import { deploySubject, type Subject } from '../cluster/subject.ts'
import { CHART, helm, ROOT, withHelm } from './helm.ts'

const NAMESPACE = 'platform'
const RELEASE = 'rel'
const isReal = process.env['SLUICE_LAB'] === 'real'

/** Pods are local processes here: they have no image and no volumes. */
const command = JSON.stringify([process.execPath, join(ROOT, 'image/main.ts')])
const LOCAL: readonly string[] = [
  ...['controller', 'webhook', 'router', 'uninstall', 'tests'].flatMap(one => ['--set-json', `${one}.command=${command}`]),
  '--set=router.state.enabled=false,webhook.servicePort=8443,controller.propagationMs=500,webhook.replicas=1',
  '--set=webhook.quietSeconds=1,uninstall.extraArgs={--propagation=1s,--drain=2s}',
]

type Configuration = KubeObject & {
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[]
}

/** Requests on new connections, one after the other in each of `lanes`, until stopped; answers those that failed. */
const startUsers = (url: string, lanes: number) => {
  const failures: string[] = []
  let count = 0
  let stopped = false
  const ask = (): Promise<void> =>
    new Promise(done => {
      const request = get(url, { agent: false, timeout: 10_000 }, answer => {
        let text = ''
        answer.on('data', part => {
          text += part
        })
        answer.once('end', () => {
          if (answer.statusCode !== 200) failures.push(`${answer.statusCode} of ${answer.headers[ROUTER_HEADER]}: ${text.trim()}`)
          done()
        })
      })
      request.once('timeout', () => request.destroy(new Error('no answer within 10 s')))
      request.once('error', error => {
        failures.push(error.message)
        done()
      })
    })
  const lane = async () => {
    while (!stopped) {
      await ask()
      count += 1
      await new Promise(done => setTimeout(done, 20))
    }
  }
  const running = Array.from({ length: lanes }, lane)
  return {
    stop: async () => {
      stopped = true
      await Promise.all(running)
      return { count, failures }
    },
  }
}

const tally = (texts: readonly string[]): { readonly [text: string]: number } =>
  Object.fromEntries([...new Set(texts)].map(text => [text, texts.filter(one => one === text).length]))

describe('the chart', { ...withHelm, timeout: 500_000 }, () => {
  let lab: Lab
  let web: Subject
  const run = async (...args: readonly string[]) => {
    const { code, out, err } = await helm([...args, '--namespace', NAMESPACE], { KUBECONFIG: lab.kubeconfig })
    assert.equal(code, 0, `helm ${args[0]}: ${out}${err}`)
    return out
  }
  const upgrade = (...more: readonly string[]) =>
    run(
      'upgrade',
      '--install',
      RELEASE,
      CHART,
      '--create-namespace',
      '--wait',
      '--timeout=120s',
      // The in-process API server knows no server-side apply.
      ...(isReal ? [] : ['--server-side=false']),
      ...LOCAL,
      ...more,
    )
  const configuration = () => lab.client.get<Configuration>(MUTATING_WEBHOOKS, { name: 'rel-sluice' })
  const isTrusted = ({ webhooks = [] }: Configuration) => webhooks.every(one => one.clientConfig.caBundle)

  before(async () => {
    lab = await startLab()
  })
  after(() => lab?.stop())

  test('is installed, and holds the first new version of an annotated Deployment', async () => {
    await upgrade()
    await waitFor({ what: 'the webhook to be trusted' }, async () => isTrusted(await configuration()))
    web = await deploySubject(lab, { name: 'web', serve: lab.serve, annotations: { 'sluice.dev/steps': '25%, pause' } })
    await web.ship({ version: 'v2' })
    await web.until('the pause at 25 %', ({ phase, canary }) => phase === 'Paused' && canary?.weights?.canary.weight === 25)
  })

  test('passes helm test', async () => {
    // Logs are the kubelet's to give, and on the real control plane there is none.
    const out = await run('test', RELEASE, '--timeout=120s', ...(isReal ? [] : ['--logs']))
    assert.match(out, isReal ? /rel-sluice-test/ : /controller leader\s+ok/)
    assert.doesNotMatch(out, / missing |Phase: +Failed/)
  })

  test('is upgraded in the middle of an update without a lost request; the webhook stays trusted', async () => {
    const bundle = (await configuration()).webhooks?.[0]?.clientConfig.caBundle
    const users = startUsers(web.url, 4)
    await upgrade('--set=router.maxConnections=9000,controller.maxDrainMs=50000')
    const { count, failures } = await users.stop()
    assert.ok(count > 100, `${count} requests`)
    assert.deepEqual(tally(failures), {})
    assert.equal((await configuration()).webhooks?.[0]?.clientConfig.caBundle, bundle)
    await web.until('the same pause', ({ phase, canary }) => phase === 'Paused' && canary?.weights?.canary.weight === 25)
  })

  test('is uninstalled in the middle of an update: no request is lost, the stable version runs, nothing of Sluice is left', async () => {
    const users = startUsers(web.url, 4)
    if (!isReal) {
      const flags = ['--kubeconfig', lab.kubeconfig, '--propagation=1s', '--drain=2s']
      const args = ['uninstall', `--sluice-namespace=${NAMESPACE}`, '--configuration=rel-sluice', ...flags]
      await promisify(execFile)(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], { timeout: 200_000 })
    }
    await run('uninstall', RELEASE, '--wait', '--timeout=300s', ...(isReal ? [] : ['--no-hooks']))
    const { count, failures } = await users.stop()
    assert.ok(count > 100, `${count} requests`)
    assert.deepEqual(tally(failures), {})
    assert.deepEqual(await web.sizes(), { v1: (await web.deployment()).spec.replicas })
    const { spec, metadata } = await web.deployment()
    assert.deepEqual(
      [spec.paused ?? false, spec.strategy?.type, metadata.annotations?.[SAVED]],
      [false, 'RollingUpdate', undefined],
    )
    await web.untilServed()
    assert.deepEqual(await leftovers(), [])
  })

  /** `KIND NAMESPACE/NAME` of what a cluster without Sluice would not have. */
  const leftovers = async (): Promise<readonly string[]> => {
    const { client } = lab
    const found: string[] = []
    const note = (kind: string, objects: readonly KubeObject[]) => {
      for (const { metadata } of objects) found.push(`${kind} ${metadata.namespace ?? ''}/${metadata.name}`)
    }
    for (const resource of [ROUTES, ROLLOUTS]) note(resource.kind, (await client.list(resource)).items)
    const own = { labelSelector: 'app.kubernetes.io/name=sluice' }
    for (const [apiVersion, kind] of [
      ['v1', 'Service'],
      ['v1', 'Pod'],
      ['v1', 'ServiceAccount'],
      ['apps/v1', 'Deployment'],
      ['rbac.authorization.k8s.io/v1', 'Role'],
      ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
      ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
      ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
      ['policy/v1', 'PodDisruptionBudget'],
      ['networking.k8s.io/v1', 'NetworkPolicy'],
      ['batch/v1', 'Job'],
      ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
      ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
      ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding'],
    ] as const)
      note(kind, (await client.list(await discover(client, apiVersion, kind), own)).items)
    const inOwn = { namespace: NAMESPACE }
    for (const resource of [LEASES, SECRETS]) note(resource.kind, (await client.list(resource, inOwn)).items)
    const maps = (await client.list(CONFIG_MAPS, inOwn)).items
    note(
      'ConfigMap',
      maps.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt'),
    )
    const slices = (await client.list(ENDPOINT_SLICES, { labelSelector: 'endpointslice.kubernetes.io/managed-by=sluice.dev' }))
      .items
    note('EndpointSlice', slices)
    for (const set of await web.replicaSets())
      if (JSON.stringify(set.metadata).includes('Rollout')) note('a mark on ReplicaSet', [set])
    if (JSON.stringify((await web.service()).metadata).includes('sluice.dev/')) note('a mark on Service', [await web.service()])
    const annotations = Object.keys((await web.deployment()).metadata.annotations ?? {})
    const notes = annotations.filter(key => ['sluice.dev/saved', 'sluice.dev/stable-template', 'sluice.dev/bypass'].includes(key))
    return [...found, ...notes]
  }
})
