import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, Pod } from '../api/kubernetes.ts'
import { SIDECAR_LABEL, SIDECAR_PORTS, STABLE_TEMPLATE } from '../api/names.ts'
import { sidecarPorts } from '../api/sidecar.ts'
import { templateHash } from '../api/template.ts'
import type { View } from './admission.ts'
import { review } from './review.ts'
import {
  aDeployment,
  aHeldDeployment,
  applyPatch,
  aRequest,
  changed,
  NOTHING,
  OPTED_IN,
  TEMPLATE,
  WEB,
} from './testing/objects.ts'

const SIDECAR = { ca: 'PEM', image: 'sluice:1', cpu: '10m', memory: '96Mi' }

const aPod = (spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: '', namespace: 'shop', labels: { app: 'web', 'pod-template-hash': 'h1', [SIDECAR_LABEL]: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'web:v1',
        ports: [
          { name: 'http', containerPort: 8080 },
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
          { containerPort: 15_100 },
        ],
        readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
        livenessProbe: { tcpSocket: { port: 8080 } },
        lifecycle: { preStop: { httpGet: { path: '/stop', port: 'http' } } },
      },
    ],
    ...spec,
  },
})

const asPod = (object: Pod, view: View = NOTHING, sidecar: object = {}) =>
  review({ ...aRequest({ object }), kind: { group: '', version: 'v1', kind: 'Pod' } }, view, {
    sidecar: { ...SIDECAR, ...sidecar },
  })

const injected = (object: Pod, view?: View): Pod => applyPatch(object, asPod(object, view).patch)

const sidecarOf = ({ spec }: Pod) => (spec['initContainers'] as readonly { readonly [field: string]: unknown }[]).at(-1) ?? {}

const envOf = (pod: Pod) =>
  Object.fromEntries(
    (sidecarOf(pod)['env'] as readonly { name: string; value?: string }[]).map(({ name, value }) => [name, value]),
  )

test('a pod with the label gets a native sidecar, and the name of its port leads there', () => {
  const pod = injected(aPod())
  const [web] = pod.spec.containers
  assert.deepEqual(web?.ports, [
    { containerPort: 8080 },
    { name: 'dns', containerPort: 53, protocol: 'UDP' },
    { containerPort: 15_100 },
    { name: 'http', containerPort: 15_101, protocol: 'TCP' },
  ])
  assert.deepEqual(sidecarPorts(pod), [{ name: 'http', app: 8080, outer: 15_101 }])
  assert.equal(sidecarOf(pod)['name'], 'sluice-router')
  assert.equal(sidecarOf(pod)['restartPolicy'], 'Always')
  assert.equal(envOf(pod)['SLUICE_VERSION_HASH'], 'h1')
})

test('what asks the app by the name of its port goes on asking the app', () => {
  const [web] = injected(aPod()).spec.containers
  assert.equal(web?.readinessProbe?.httpGet?.port, 8080)
  assert.equal(web?.livenessProbe?.tcpSocket?.port, 8080)
  assert.equal(web?.lifecycle?.preStop?.httpGet?.port, 8080)
})

test('the sidecar fits the restricted profile', () => {
  assert.deepEqual(sidecarOf(injected(aPod()))['securityContext'], {
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  })
})

test('it comes after the init containers that are there', () => {
  const pod = injected(aPod({ initContainers: [{ name: 'migrate', image: 'web:v1' }] }))
  assert.deepEqual(
    (pod.spec['initContainers'] as readonly { name: string }[]).map(({ name }) => name),
    ['migrate', 'sluice-router'],
  )
})

test('asked again about its own answer it adds nothing', () => {
  assert.deepEqual(asPod(injected(aPod())).patch, [])
})

test('a pod of an update waits longer for what to split by than one at rest', () => {
  const held = { optedIn: WEB.optedIn.map(one => ({ ...one, held: true })) }
  assert.equal(envOf(injected(aPod()))['SLUICE_WAIT_SECONDS'], '5')
  assert.equal(envOf(injected(aPod(), held))['SLUICE_WAIT_SECONDS'], '120')
})

test('pods without the label, without a named port, and on the network of their node are left alone', () => {
  const plain = { ...aPod(), metadata: { name: 'x', labels: { app: 'web' } } }
  const portless = aPod({ containers: [{ name: 'web', ports: [{ containerPort: 8080 }] }] })
  for (const pod of [plain, portless, aPod({ hostNetwork: true })])
    assert.deepEqual([asPod(pod).allowed, asPod(pod).patch], [true, []])
})

test('without the authority no pod is let through that nobody could tell anything', () => {
  const decision = asPod(aPod(), NOTHING, { ca: undefined })
  assert.deepEqual([decision.allowed, decision.code], [false, 503])
  assert.match(decision.message ?? '', /authority/)
})

const ASKS = { ...OPTED_IN, 'sluice.dev/router': 'sidecar', [STABLE_TEMPLATE]: templateHash(TEMPLATE('web:v1')) }

const reviewed = (object: Deployment, oldObject?: Deployment): Deployment =>
  applyPatch(object, review(aRequest({ object, ...(oldObject && { oldObject }) }), NOTHING).patch)

const labelOf = ({ spec }: Deployment) => spec.template.metadata?.labels?.[SIDECAR_LABEL]

test('asking for the sidecar changes no template by itself; the next change takes it along', () => {
  const old = aDeployment()
  const asked = reviewed(changed(old, { annotations: ASKS }), old)
  assert.equal(labelOf(asked), undefined)
  assert.equal(asked.spec.paused, undefined)
  const shipped = reviewed(changed(asked, { spec: { template: TEMPLATE('web:v2') } }), asked)
  assert.equal(labelOf(shipped), 'web')
  assert.equal(shipped.spec.paused, true)
  assert.equal(labelOf(reviewed(shipped, asked)), 'web')
})

test('a new Deployment has the sidecar from the start', () => {
  assert.equal(labelOf(reviewed(aDeployment({ annotations: ASKS }))), 'web')
})

const withSidecar = (image: string) => ({ ...TEMPLATE(image), metadata: { labels: { app: 'web', [SIDECAR_LABEL]: 'web' } } })

test('a manifest without the label, put in place of one that has it, is no new version', () => {
  const annotations = { ...ASKS, [STABLE_TEMPLATE]: templateHash(withSidecar('web:v1')) }
  const old = aDeployment({ annotations, template: withSidecar('web:v1') })
  const after = reviewed(changed(old, { spec: { template: TEMPLATE('web:v1') } }), old)
  assert.equal(labelOf(after), 'web')
  assert.equal(after.spec.paused, undefined)
})

test('in mid-update a rollback to the template of the stable version is taken as it is', () => {
  const old = aHeldDeployment({ annotations: ASKS, template: withSidecar('web:v2') })
  assert.equal(labelOf(reviewed(changed(old, { spec: { template: TEMPLATE('web:v1') } }), old)), undefined)
  assert.equal(labelOf(reviewed(changed(old, { spec: { template: TEMPLATE('web:v3') } }), old)), 'web')
})

test('the label goes with the first change of the template after the sidecar is not asked for any more', () => {
  const annotations = { ...OPTED_IN, [STABLE_TEMPLATE]: templateHash(withSidecar('web:v1')) }
  const old = aDeployment({ annotations, template: withSidecar('web:v1') })
  assert.equal(labelOf(reviewed(old, old)), 'web')
  assert.equal(labelOf(reviewed(changed(old, { spec: { template: withSidecar('web:v2') } }), old)), undefined)
})

test('it goes in the same way when Sluice is not asked for anything any more, and Kubernetes rolls that out', () => {
  const old = aDeployment({ annotations: {}, template: withSidecar('web:v1') })
  assert.equal(labelOf(reviewed(old, old)), 'web')
  const after = reviewed(changed(old, { spec: { template: withSidecar('web:v2') } }), old)
  assert.equal(labelOf(after), undefined)
  assert.equal(after.spec.paused, undefined)
})

test('the note of ports is read back only when it is one', () => {
  const note = (text: string) => sidecarPorts({ ...aPod(), metadata: { name: 'x', annotations: { [SIDECAR_PORTS]: text } } })
  assert.deepEqual(note('[]'), [])
  assert.equal(note('{}'), undefined)
  assert.equal(note('[{"name":"http"}]'), undefined)
  assert.equal(note('nonsense'), undefined)
})
