import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inputReader } from './input-files.ts'
import { makeMemoryApi } from './testing/memory-api.ts'
import { assertGolden, run } from './testing/run.ts'

const lint = (line: string, files: { readonly [name: string]: string }) => run(makeMemoryApi(), line, { files })

const GOOD = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    sluice.dev/strategy: canary
    sluice.dev/steps: 5%, 2m, 100%
`

const WRONG = `# two documents, a comment first
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations:
    sluice.dev/strategy: canary
    sluice.dev/steps: >-
      5%, 2m,
      120%
    sluice.dev/analysys: p99 <= 500ms
    sluice.dev/bypass: true
spec:
  template:
    metadata:
      annotations:
        sluice.dev/router: none
`

const ARGO = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api}
spec:
  replicas: two
  strategy: {}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api}
spec:
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: api}
  strategy:
    canary:
      steps:
        - setWeight: 20
        - setWeight: 40
          pause: {}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: latency}
spec:
  metrics:
    - name: p99
      count: 3
      provider: {prometheus: {query: up}}
      successCondition: result[0] << 3
`

test('lint names file, line, document, object, field, value, what is allowed and an example', async () => {
  const { code, out, err } = await lint('lint -f k8s', { 'k8s/web.yaml': WRONG, 'k8s/argo.yaml': ARGO })
  assert.deepEqual([code, err], [1, ''])
  assertGolden('lint', out)
})

test('lint -o json has the same for programs', async () => {
  const { code, out } = await lint('lint -f web.yaml -o json', { 'web.yaml': WRONG })
  assert.equal(code, 1)
  assertGolden('lint-json', out)
})

test('lint finds nothing wrong with good manifests, in lists and as JSON too', async () => {
  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'api' } }],
  })
  const { code, out } = await lint('lint -f web.yaml -f list.json', { 'web.yaml': GOOD, 'list.json': list })
  assert.deepEqual([code, out], [0, '2 objects checked in 2 files, 0 problems\n'])
})

test('lint finds the line of an item of a list', async () => {
  const text = `kind: List\napiVersion: v1\nitems:\n${GOOD.replace('120%', '5%').replace('5%, 2m', '500%').replaceAll(/^/gm, '    ').replace('    ', '  - ').trimEnd()}\n`
  const { out } = await lint('lint -f list.yaml', { 'list.yaml': text })
  assert.match(
    out,
    /^list\.yaml:10: document 1, Deployment web: metadata\.annotations\[sluice\.dev\/steps\]: step 1: weight "500%"/,
  )
})

test('lint goes on behind a document that is no YAML', async () => {
  const { code, out } = await lint('lint -f a.yaml', { 'a.yaml': `a: b: c\n---\n${GOOD.replace('2m', 'soon')}---\njust text\n` })
  assert.equal(code, 1)
  assert.match(out, /^a\.yaml:1: document 1: is no YAML: /)
  assert.match(out, /\na\.yaml:9: document 2, Deployment web: .* "soon" is not a step/)
  assert.match(out, /\na\.yaml:11: document 3: is no object of Kubernetes/)
})

test('lint knows the fields of an Experiment', async () => {
  const text =
    'apiVersion: argoproj.io/v1alpha1\nkind: Experiment\nmetadata: {name: a-b}\nspec:\n  duration: 10 minutes\n  templates: []\n'
  const { out } = await lint('lint -f e.yaml', { 'e.yaml': text })
  assert.match(out, /^e\.yaml:5: document 1, Experiment a-b: spec\.duration: "10 minutes" must be a Go duration/)
})

test('lint warns of a mirror at a share of 0 % that no pod of the new version is there for; that is no problem', async () => {
  const { code, out } = await lint('lint -f web.yaml', { 'web.yaml': GOOD.replace('5%, 2m', 'mirror(10%), 5m, 5%') })
  assert.deepEqual(
    [code, out],
    [
      0,
      'web.yaml:7: document 1, Deployment web: warning: metadata.annotations[sluice.dev/steps]: step 1: mirror(10%) makes no copies, because the new version has no pod yet; put a share or a size in front, e.g. scale(1), mirror(10%)\n1 object checked in 1 file, 0 problems, 1 warning\n',
    ],
  )
  const fine = await lint('lint -f web.yaml', { 'web.yaml': GOOD.replace('5%, 2m', 'scale(1), mirror(10%), 5m, 5%') })
  assert.equal(fine.out, '1 object checked in 1 file, 0 problems\n')
  const rollout = ARGO.slice(ARGO.indexOf('---') + 4, ARGO.lastIndexOf('---')).replace(
    /steps:.*/s,
    'trafficRouting: {managedRoutes: [{name: m}], plugins: {sluice/router: {router: shared}}}\n      steps:\n        - setMirrorRoute: {name: m, match: [{path: {prefix: /}}]}\n        - pause: {}\n',
  )
  const { out: ofRollout } = await lint('lint -f r.yaml', { 'r.yaml': rollout })
  assert.match(ofRollout, /warning: spec\.strategy\.canary\.steps\[0\]: makes no copies/)
  const foreign = rollout
    .replace(/trafficRouting:.*/, 'trafficRouting: {nginx: {stableIngress: web}}')
    .replace(/- setMirrorRoute.*/, '- setWeight: 5')
  const { code: ofForeign, out: told } = await lint('lint -f r.yaml', { 'r.yaml': foreign })
  assert.equal(ofForeign, 0)
  assert.match(
    told,
    /warning: spec\.strategy\.canary\.trafficRouting\.nginx: .*Sluice runs no traffic provider "nginx"; allowed: plugins\["sluice\/router"\]/,
  )
})

test('lint without a file says what it needs', async () => {
  assert.deepEqual(await lint('lint', {}), {
    code: 2,
    out: '',
    err: 'error: lint needs a file, a folder or - for standard input, e.g. lint -f deploy.yaml\n',
  })
})

test('manifests are read from files, folders and standard input', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-lint-'))
  try {
    await mkdir(join(folder, 'deep'))
    await writeFile(join(folder, 'deep', 'b.yml'), 'b')
    await writeFile(join(folder, 'a.yaml'), 'a')
    await writeFile(join(folder, 'notes.txt'), 'no manifest')
    const read = inputReader(async () => 'piped')
    assert.deepEqual(
      (await read(folder)).map(({ text }) => text),
      ['a', 'b'],
    )
    assert.deepEqual(await read('-'), [{ name: '-', text: 'piped' }])
    await assert.rejects(read(join(folder, 'gone')), /no such file or folder/)
    await rm(join(folder, 'a.yaml'))
    await rm(join(folder, 'deep'), { recursive: true })
    await assert.rejects(read(folder), /has no \.yaml, \.yml or \.json file/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
