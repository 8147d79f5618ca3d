import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Deployment, KubeObject, Pod } from '../../api/kubernetes.ts'
import { makeRights, type PolicyRule } from '../../api/rights.ts'
import { makeWebhookManifests } from '../../webhook/manifests.ts'
import { CHART, helm, type Release, ROOT, render, renderText, template, withHelm } from './helm.ts'

const GOLDENS: { readonly [name: string]: Release } = {
  defaults: {},
  'other-names': { name: 'rel', namespace: 'platform', set: ['nameOverride=delivery', 'certManager.enabled=true'] },
  everything: { values: ['everything.yaml'] },
  least: {
    set: [
      'rbac.create=false',
      'rbac.aggregate=false',
      'networkPolicy.enabled=false',
      'uninstall.enabled=false',
      'tests.enabled=false',
      'router.replicas=1',
      'webhook.replicas=1',
      'controller.replicas=1',
      'router.state.enabled=false',
    ],
  },
}

for (const [name, release] of Object.entries(GOLDENS))
  test(`the objects of the chart are these: ${name}`, withHelm, async () => {
    const text = await renderText({ ...release, set: [...(release.set ?? []), 'crds.install=false'] })
    const file = join(import.meta.dirname, 'golden', `${name}.yaml`)
    if (process.argv.includes('--update')) writeFileSync(file, text)
    assert.equal(text, readFileSync(file, 'utf8'))
  })

test('the chart passes helm lint --strict with every set of values', withHelm, async () => {
  for (const values of [[], ['--values', join(import.meta.dirname, 'values/everything.yaml')]]) {
    const { code, out, err } = await helm(['lint', '--strict', CHART, ...values])
    assert.equal(code, 0, out + err)
  }
})

const kindIs =
  (kind: string) =>
  (object: KubeObject): boolean =>
    object.kind === kind

type Container = Pod['spec']['containers'][number] & {
  readonly args?: readonly string[]
  readonly securityContext?: { readonly [key: string]: unknown }
}

/** The pod specs of Deployments, Jobs and Pods. */
const podSpecs = (objects: readonly KubeObject[]) =>
  objects
    .filter(({ kind }) => ['Deployment', 'Job', 'Pod'].includes(kind))
    .map(object => {
      const { spec } = object as KubeObject & {
        readonly spec: { readonly template?: { readonly spec: Pod['spec'] } } & Pod['spec']
      }
      return { object, spec: spec.template?.spec ?? (spec as Pod['spec']) }
    })

const helpOf = async (words: readonly string[]): Promise<string> => {
  const { promisify } = await import('node:util')
  const { execFile } = await import('node:child_process')
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'image/main.ts'), ...words, '--help'])
  return stdout
}

test('every process is there and knows every flag it is given', withHelm, async () => {
  const objects = await render({
    set: ['certManager.enabled=true', 'dashboard.enabled=true', 'dashboard.tlsSecret=own', 'dashboard.namespaces={shop}'],
  })
  const commands = podSpecs(objects).flatMap(({ spec }) => spec.containers.map(one => (one as Container).args ?? []))
  assert.deepEqual(commands.map(args => args[0]).sort(), [
    'check',
    'controller',
    'dashboard-server',
    'router',
    'uninstall',
    'webhook',
  ])
  for (const args of commands) {
    const help = await helpOf(args.slice(0, 1))
    const flags = args.filter(one => one.startsWith('--')).map(one => one.split('=')[0] ?? '')
    for (const flag of flags) assert.match(help, new RegExp(`${flag}[ <]`), `${args[0]} ${flag}`)
  }
})

test('every pod fits the restricted Pod Security Standard', withHelm, async () => {
  const specs = podSpecs(await render({ set: ['dashboard.enabled=true'] }))
  assert.equal(specs.length, 6)
  for (const { object, spec } of specs) {
    const pod = spec as Pod['spec'] & { readonly securityContext: object; readonly initContainers?: readonly Container[] }
    const { name } = object.metadata
    const security = pod.securityContext as { readonly runAsNonRoot?: boolean; readonly seccompProfile?: object }
    assert.deepEqual([security.runAsNonRoot, security.seccompProfile], [true, { type: 'RuntimeDefault' }], name)
    for (const container of [...(pod.initContainers ?? []), ...pod.containers] as readonly Container[])
      assert.deepEqual(
        container.securityContext,
        {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        },
        `${name} ${container.name}`,
      )
  }
})

const rulesOf = (objects: readonly KubeObject[], kind: string, name: string): readonly PolicyRule[] =>
  (objects.find(one => one.kind === kind && one.metadata.name === name) as KubeObject & { readonly rules: readonly PolicyRule[] })
    ?.rules ?? []

test('each process may do what the module of rights says, and nothing else', withHelm, async () => {
  const objects = await render({ name: 'rel', namespace: 'platform' })
  const rights = makeRights('rel-sluice')
  for (const component of ['controller', 'webhook', 'router', 'uninstall', 'test'] as const) {
    assert.deepEqual(rulesOf(objects, 'ClusterRole', `rel-sluice-${component}`), rights[component].cluster, component)
    assert.deepEqual(rulesOf(objects, 'Role', `rel-sluice-${component}`), rights[component].own, component)
  }
  const bound = objects.filter(({ kind }) => kind.endsWith('Binding') && kind !== 'ValidatingAdmissionPolicyBinding')
  assert.deepEqual(
    new Set(bound.flatMap(one => (one as KubeObject & { subjects: { namespace: string }[] }).subjects.map(s => s.namespace))),
    new Set(['platform']),
  )
})

test(
  'with certificates from cert-manager the webhook may neither read Secrets nor write its configuration',
  withHelm,
  async () => {
    const objects = await render({ set: ['certManager.enabled=true'] })
    assert.deepEqual(
      rulesOf(objects, 'Role', 'sluice-webhook').flatMap(one => one.resources),
      ['configmaps'],
    )
    const verbs = rulesOf(objects, 'ClusterRole', 'sluice-webhook').flatMap(one => one.verbs)
    assert.deepEqual(new Set(verbs), new Set(['get', 'list', 'watch']))
  },
)

test('the dashboard is off, and switched on it has no rights and no token', withHelm, async () => {
  const isDashboard = ({ metadata }: KubeObject) => metadata.name === 'sluice-dashboard'
  assert.deepEqual((await render()).filter(isDashboard), [])
  const objects = (await render({ set: ['dashboard.enabled=true'] })).filter(isDashboard)
  assert.deepEqual(objects.map(({ kind }) => kind).sort(), ['Deployment', 'NetworkPolicy', 'Service', 'ServiceAccount'])
  const [pod] = podSpecs(objects)
  assert.equal(pod?.spec['automountServiceAccountToken'], false)
  assert.doesNotMatch(JSON.stringify(pod?.spec), /serviceAccountToken"/)
})

test('notifications are off, and switched on the controller may read their ConfigMap and Secret', withHelm, async () => {
  const usual = await render({})
  assert.deepEqual(rulesOf(usual, 'Role', 'sluice-notifications'), [])
  const objects = await render({ set: ['notifications.enabled=true'] })
  assert.deepEqual(rulesOf(objects, 'Role', 'sluice-notifications'), makeRights('sluice').notifications.own)
  const flags = (of: typeof usual) =>
    JSON.stringify(of.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'sluice-controller'))
  assert.match(flags(objects), /"--notifications"/)
  assert.doesNotMatch(flags(usual), /--notifications/)
})

test(
  'Secrets of analyses may be read in all namespaces only where that is asked for, and their Jobs are made unless refused',
  withHelm,
  async () => {
    const boundTo = async (set: readonly string[]): Promise<readonly string[]> =>
      (await render({ set })).filter(kindIs('ClusterRoleBinding')).map(({ metadata }) => metadata.name)
    const objects = await render({})
    const rights = makeRights('sluice')
    assert.deepEqual(rulesOf(objects, 'ClusterRole', 'sluice-analysis-secrets'), rights.analysisSecrets.cluster)
    assert.deepEqual(rulesOf(objects, 'ClusterRole', 'sluice-analysis-jobs'), rights.analysisJobs.cluster)
    const [usual, other] = await Promise.all([boundTo([]), boundTo(['analysis.readSecrets=true', 'analysis.runJobs=false'])])
    assert.deepEqual([usual.includes('sluice-analysis-secrets'), usual.includes('sluice-analysis-jobs')], [false, true])
    assert.deepEqual([other.includes('sluice-analysis-secrets'), other.includes('sluice-analysis-jobs')], [true, false])
  },
)

type Binding = KubeObject & {
  readonly roleRef: { readonly kind: string; readonly name: string }
  readonly subjects: readonly { readonly name: string }[]
}

test('a namespaced controller has its rights in its own namespace only, and is told so', withHelm, async () => {
  const set = [
    'controller.namespaced=true',
    'controller.rollouts=true',
    'controller.instanceId=team-a',
    'analysis.readSecrets=true',
  ]
  const objects = await render({ namespace: 'team', set })
  const isBinding = (one: KubeObject): one is Binding => one.kind === 'RoleBinding' || one.kind === 'ClusterRoleBinding'
  const bindings = objects.filter(isBinding)
  const ofController = bindings.filter(({ subjects }) => subjects.some(({ name }) => name === 'sluice-controller'))
  assert.deepEqual(
    ofController.map(({ kind, metadata, roleRef }) => [kind, metadata.namespace, roleRef.kind, roleRef.name]).sort(),
    [
      ['RoleBinding', 'team', 'ClusterRole', 'sluice-analysis-jobs'],
      ['RoleBinding', 'team', 'ClusterRole', 'sluice-analysis-secrets'],
      ['RoleBinding', 'team', 'ClusterRole', 'sluice-controller'],
      ['RoleBinding', 'team', 'Role', 'sluice-controller'],
    ],
  )
  const deployment = JSON.stringify(
    objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'sluice-controller'),
  )
  for (const flag of ['--namespaced', '--rollouts', '--instance-id=team-a']) assert.ok(deployment.includes(flag), flag)
})

const byKind = (a: KubeObject, b: KubeObject): number => a.kind.localeCompare(b.kind)
const without = ({ metadata: { labels: _, ...metadata }, ...rest }: KubeObject): unknown => ({ ...rest, metadata })

test('the admission objects are those that the webhook itself would make', withHelm, async () => {
  const objects = await render({ name: 'rel', namespace: 'platform', set: ['controller.serviceAccount.name=boss'] })
  const wanted = makeWebhookManifests({
    configuration: 'rel-sluice',
    controllerUser: 'system:serviceaccount:platform:boss',
    namespace: 'platform',
    service: 'rel-sluice-webhook',
    port: 443,
  })
  assert.deepEqual(
    objects
      .filter(({ apiVersion }) => apiVersion.startsWith('admissionregistration'))
      .toSorted(byKind)
      .map(without),
    wanted.toSorted(byKind).map(without),
  )
})

test('routers have the time to serve on and to drain, and are replaced one by one', withHelm, async () => {
  const objects = await render({ set: ['router.quietSeconds=7', 'router.drainSeconds=40'] })
  const router = objects.find(one => one.kind === 'Deployment' && one.metadata.name === 'sluice-router') as Deployment
  assert.deepEqual(router.spec.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } })
  assert.equal(Reflect.get(router.spec.template.spec, 'terminationGracePeriodSeconds'), 57)
})

test('what Helm deletes with the release are not the CustomResourceDefinitions, unless it is told to', withHelm, async () => {
  const kept = (await render()).filter(kindIs('CustomResourceDefinition'))
  assert.equal(kept.length, 6)
  for (const { metadata } of kept) assert.equal(metadata.annotations?.['helm.sh/resource-policy'], 'keep', metadata.name)
  const gone = (await render({ set: ['crds.keep=false', 'crds.argoproj=false'] })).filter(kindIs('CustomResourceDefinition'))
  assert.deepEqual(
    gone.map(({ metadata }) => [metadata.name, metadata.annotations]),
    [['routes.sluice.dev', undefined]],
  )
})

const WRONG: readonly (readonly [set: string, message: RegExp])[] = [
  ['router.replica=3', /at '\/router': additional properties 'replica' not allowed/],
  ['webhook.failurePolicy=fail', /at '\/webhook\/failurePolicy': value must be one of 'Fail', 'Ignore'/],
  ['controller.replicas=0', /at '\/controller\/replicas': minimum: got 0, want 1/],
  ['controller.replicas=two', /at '\/controller\/replicas': got string, want integer/],
  ['image.repository=', /at '\/image\/repository': minLength: got 0, want 1/],
  ['logLevel=loud', /at '\/logLevel': value must be one of 'debug', 'info', 'warn', 'error'/],
  ['uninstall.timeout=soon', /at '\/uninstall\/timeout': 'soon' does not match pattern/],
  ['router.serviceAccount.create=false', /router\.serviceAccount\.name: missing, must name a ServiceAccount that is there/],
]

for (const [set, message] of WRONG)
  test(`a wrong value is refused with its place and what is allowed: ${set}`, withHelm, async () => {
    const { code, err } = await template({ set: [set] })
    assert.equal(code, 1)
    assert.match(err, message)
  })

test('cert-manager has to be there before its certificates are asked for', withHelm, async () => {
  const { code, err } = await helm(['template', 'sluice', CHART, '--set', 'certManager.enabled=true'])
  assert.equal(code, 1)
  assert.match(err, /needs cert-manager \(cert-manager\.io\/v1\) in the cluster/)
})
