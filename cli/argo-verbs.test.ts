/** The verbs of Argo Rollouts' own command line, by what they write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../api/kubernetes.ts'
import type { Rollout } from '../api/rollout.ts'
import { type MemoryApi, makeMemoryApi } from './testing/memory-api.ts'
import { aDeployment, anAnalysisRun, aReplicaSet, aRollout, CANARY, healthy, NOW, template } from './testing/objects.ts'
import { assertGolden, run } from './testing/run.ts'

const shop = (...objects: readonly (KubeObject & { readonly [field: string]: unknown })[]): MemoryApi => {
  const api = makeMemoryApi()
  api.put(...(objects as readonly KubeObject[]))
  return api
}

const midUpdate = () => shop(aDeployment(), aRollout())
const atRest = () => shop(aDeployment({ held: false, image: 'registry.example/web:v1' }), aRollout(healthy), aReplicaSet())

/** A Rollout with a template of its own. */
const ownPods = (image = 'registry.example/web:v1'): Rollout => {
  const rollout = aRollout(healthy, { template: template(image) })
  const { workloadRef: _, ...spec } = rollout.spec
  const { ownerReferences: __, ...metadata } = rollout.metadata
  return { ...rollout, metadata, spec }
}

const experiment = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Experiment',
  metadata: { name: 'web-2', namespace: 'shop', creationTimestamp: new Date(NOW - 300_000).toISOString() },
  spec: { duration: '10m', templates: [{ name: 'canary', replicas: 2, selector: {}, template: template('x') }] },
  status: {
    phase: 'Running',
    templateStatuses: [{ name: 'canary', readyReplicas: 1, status: 'Progressing' }],
    analysisRuns: [{ name: 'latency', analysisRun: 'web-2-latency', phase: 'Running' }],
  },
}

const smoke = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'smoke', namespace: 'shop' },
  spec: {
    args: [{ name: 'service' }, { name: 'path', value: '/' }],
    metrics: [{ name: 'smoke', provider: { web: { url: 'http://{{args.service}}' } } }],
  },
}

type Sent = { readonly line: string; readonly api: MemoryApi; readonly sends: readonly unknown[]; readonly says: RegExp }

const bodies = ({ writes }: MemoryApi) =>
  writes.map(({ verb, kind, body, subresource }) => [verb, kind, body, ...(subresource === undefined ? [] : [subresource])])

const rows: readonly Sent[] = [
  {
    line: 'abort rollout web',
    api: midUpdate(),
    sends: [['patch', 'Rollout', { status: { abort: true } }, 'status']],
    says: /^the update of web is aborted/,
  },
  {
    line: 'promote web --skip-current-step',
    api: midUpdate(),
    sends: [['patch', 'Rollout', { status: { pauseConditions: null, currentStepIndex: 4 } }, 'status']],
    says: /^web skips its current step$/,
  },
  {
    line: 'promote web -a',
    api: midUpdate(),
    sends: [['patch', 'Rollout', { status: { pauseConditions: null, currentStepIndex: 5 } }, 'status']],
    says: /^web skips all steps$/,
  },
  {
    line: 'restart web',
    api: atRest(),
    sends: [
      [
        'patch',
        'Deployment',
        {
          metadata: { resourceVersion: '101' },
          spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T12:00:00Z' } } } },
        },
      ],
    ],
    says: /^web restarts: the same images as a new version/,
  },
  {
    line: 'restart rollout web --in 10m',
    api: shop(ownPods()),
    sends: [['patch', 'Rollout', { spec: { restartAt: '2026-01-01T12:10:00Z' } }]],
    says: /one after the other from 2026-01-01T12:10:00Z on$/,
  },
  {
    line: 'set image web web=registry.example/web:v3',
    api: midUpdate(),
    sends: [
      [
        'patch',
        'Deployment',
        [
          { op: 'test', path: '/metadata/resourceVersion', value: '101' },
          { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example/web:v3' },
        ],
      ],
    ],
    says: /^web: web: registry.example\/web:v2 -> registry.example\/web:v3$/,
  },
  {
    line: 'set image rollout web *=registry.example/web:v3',
    api: shop(ownPods()),
    sends: [
      [
        'patch',
        'Rollout',
        [
          { op: 'test', path: '/metadata/resourceVersion', value: '101' },
          { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'registry.example/web:v3' },
        ],
      ],
    ],
    says: /v1 -> registry.example\/web:v3$/,
  },
  {
    line: 'terminate analysisrun web-7b9c4d5f8x-2-background',
    api: shop(anAnalysisRun()),
    sends: [['patch', 'AnalysisRun', { spec: { terminate: true } }]],
    says: /^AnalysisRun web-7b9c4d5f8x-2-background is ended$/,
  },
  {
    line: 'terminate experiment/web-2',
    api: shop(experiment),
    sends: [['patch', 'Experiment', { spec: { terminate: true } }]],
    says: /^Experiment web-2 is ended$/,
  },
  {
    line: 'retry experiment web-2',
    api: shop(experiment),
    sends: [['patch', 'Experiment', { status: null }]],
    says: /^experiment web-2 starts again$/,
  },
  {
    line: 'retry rollout web',
    api: shop(aDeployment(), aRollout({ abort: true })),
    sends: [['patch', 'Rollout', { status: { abort: false } }, 'status']],
    says: /^the update of web is tried again/,
  },
  {
    line: 'create analysisrun --from smoke -a service=web --name smoke-1',
    api: shop(smoke),
    sends: [
      [
        'create',
        'AnalysisRun',
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AnalysisRun',
          metadata: {
            name: 'smoke-1',
            namespace: 'shop',
            labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'sluice' },
          },
          spec: {
            metrics: smoke.spec.metrics,
            args: [
              { name: 'service', value: 'web' },
              { name: 'path', value: '/' },
            ],
          },
        },
      ],
    ],
    says: /^AnalysisRun smoke-1 is there$/,
  },
]

for (const { line, api, sends, says } of rows)
  test(line, async () => {
    const { code, out, err } = await run(api, line)
    assert.deepEqual([code, err], [0, ''])
    assert.deepEqual(bodies(api), sends)
    assert.match(out.trimEnd(), says)
  })

test('several names are each taken, and the first that is refused ends it', async () => {
  const api = midUpdate()
  const { code, err } = await run(api, 'pause web gone')
  assert.equal(code, 1)
  assert.equal(api.writes.length, 1)
  assert.match(err, /^error: there is no Deployment or Rollout gone in namespace shop/)
})

test('create makes what is in a file, in the namespace that is chosen, and nothing when anything is wrong', async () => {
  const good = JSON.stringify({ ...smoke, metadata: { name: 'smoke' } })
  const wrong = JSON.stringify({ ...smoke, metadata: { name: 'bad' }, spec: { metrics: [{ name: 'x', provider: {} }] } })
  const api = shop()
  const { out } = await run(api, 'create -f a.yaml', { files: { 'a.yaml': good } })
  assert.equal(out, 'AnalysisTemplate smoke is there\n')
  assert.equal(api.read('AnalysisTemplate', 'smoke')?.metadata.namespace, 'shop')
  const refused = await run(api, 'create -f a.yaml', { files: { 'a.yaml': `${good}\n---\n${wrong}` } })
  assert.match(refused.err, /^error: a\.yaml:3: document 2, AnalysisTemplate bad: spec\.metrics\[0\]: no provider specified/)
  assert.equal(api.writes.length, 1)
})

test('undo goes back in a Rollout with pods of its own', async () => {
  const old = aReplicaSet({ hash: CANARY, image: 'registry.example/web:v0', revision: 1, replicas: 0 })
  const owner = [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'uid-rollout-web', controller: true }]
  const api = shop(ownPods(), { ...old, metadata: { ...old.metadata, ownerReferences: owner } })
  assert.equal((await run(api, 'undo web')).out, `web goes back to revision 1 (web-${CANARY})\n`)
  assert.equal(api.writes[0]?.kind, 'Rollout')
})

test('experiments are listed and shown', async () => {
  const api = shop(experiment)
  assertGolden('experiments', (await run(api, 'list experiments')).out + (await run(api, 'get experiment web-2')).out)
})

/** Of the experiment: its version with a pod, and its analysis by a Job. */
const ofExperiment = () => {
  const owner = [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', name: 'web-2', uid: 'uid-exp', controller: true }]
  const replicaSet = aReplicaSet()
  const metadata = { name: 'web-2-canary', namespace: 'shop', uid: 'uid-set', ownerReferences: owner }
  const of = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-2-canary', uid: 'uid-set', controller: true }]
  const pod = {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-2-canary-x2k9', namespace: 'shop', ownerReferences: of } },
    spec: { containers: [{ name: 'web', image: 'x' }] },
    status: { phase: 'Running', containerStatuses: [{ name: 'web', ready: true, restartCount: 1 }] },
  }
  const measured = { phase: 'Successful', value: '1', metadata: { 'job-name': 'abc.latency.1' } }
  const analysis = {
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun' },
    metadata: { name: 'web-2-latency', namespace: 'shop', ownerReferences: owner },
    spec: { metrics: [{ name: 'latency', provider: { job: { spec: {} } } }] },
    status: {
      phase: 'Running',
      metricResults: [{ name: 'latency', phase: 'Running', successful: 1, measurements: [measured] }],
    },
  }
  const owned = { ...experiment, metadata: { ...experiment.metadata, uid: 'uid-exp' } }
  return shop(owned, { ...replicaSet, metadata }, pod, analysis)
}

test('an experiment has the tree of its versions, pods and analyses', async () => {
  assertGolden('experiment-tree', (await run(ofExperiment(), 'get experiment web-2')).out)
})

test('an experiment is followed: each page that differs, until Ctrl-C', async () => {
  const api = ofExperiment()
  const onSleep = () => {
    const seen = api.read<KubeObject & typeof experiment>('Experiment', 'web-2')
    if (seen?.status.phase === 'Running') api.put({ ...seen, status: { ...seen.status, phase: 'Successful' } } as KubeObject)
  }
  const { out, code } = await run(api, 'get experiment web-2 -w', { stopAtSleep: 4, onSleep })
  assert.equal(code, 0)
  assert.deepEqual(
    out.match(/^Status: .*$/gm)?.map(line => line.replace(/Status: +/, '')),
    ['◌ Running', '✔ Successful'],
  )
})

test('an analysis of its own is shown with its measurements, as an object where that is asked for', async () => {
  const api = ofExperiment()
  const { out } = await run(api, 'get analysisrun web-2-latency')
  assert.match(out, /α web-2-latency +AnalysisRun +◌ Running +- +✔ 1\n└──⊞ abc\.latency\.1 +Job +✔ Successful/)
  assert.match(out, /measured +✔ 1 {2}✖ 0/)
  assert.equal(JSON.parse((await run(api, 'get ar/web-2-latency -o json')).out).kind, 'AnalysisRun')
  assert.equal(
    (await run(api, 'get analysisrun gone')).err,
    'error: there is no AnalysisRun gone in namespace shop; kubectl get analysisruns shows what there is\n',
  )
})

test('list --name shows one', async () => {
  assert.match((await run(midUpdate(), 'list rollouts --name web')).out, /\nweb +॥ Paused/)
  assert.match((await run(midUpdate(), 'list --name other')).out, /^nothing is managed by Sluice/)
})

for (const [line, code, says] of [
  ['set image web nginx=x', 1, 'web has no container "nginx"; its containers are web'],
  ['set image web web', 1, '"web" is no CONTAINER=IMAGE, e.g. set image web app=registry.example/web:v2; * is all containers'],
  ['set image web web=registry.example/web:v2', 1, 'web has these images already'],
  ['set env web A=b', 2, 'set takes image NAME CONTAINER=IMAGE…, e.g. set image web app=registry.example/web:v2'],
  ['terminate web', 2, 'terminate takes analysisrun NAME or experiment NAME, e.g. terminate analysisrun web-7b9c4d5f8x-2'],
  ['terminate exp gone', 1, 'there is no Experiment gone in namespace shop'],
  ['get web api', 2, 'get takes one name, and there are web and api'],
  [
    'restart web',
    1,
    'an update of web is in progress; a restart would be a new version in the middle of it; promote or abort it first',
  ],
  [
    'create analysisrun --from gone',
    1,
    'there is no AnalysisTemplate gone in namespace shop; --global looks for a ClusterAnalysisTemplate',
  ],
  ['create', 2, 'create takes -f FILE, or analysisrun --from TEMPLATE, e.g. create -f rollout.yaml'],
  ['list pods', 2, '"pods" cannot be listed; list takes rollouts (what it does anyway) or experiments'],
] as const)
  test(`${line} is refused`, async () => {
    const api = midUpdate()
    assert.deepEqual(await run(api, line), { code, out: '', err: `error: ${says}\n` })
    assert.deepEqual(api.writes, [])
  })

test('an argument that a template needs, or does not have, is named', async () => {
  const api = shop(smoke)
  assert.equal(
    (await run(api, 'create analysisrun --from smoke')).err,
    'error: smoke needs a value for service, e.g. -a service=VALUE\n',
  )
  assert.equal(
    (await run(api, 'create analysisrun --from smoke -a host=x')).err,
    'error: smoke has no argument host; its arguments are service, path\n',
  )
})
