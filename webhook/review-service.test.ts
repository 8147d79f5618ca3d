import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { Service } from '../api/kubernetes.ts'
import { BYPASS, CONTROLLER_USER, DEPLOYMENT_LABEL, FRONTED_SERVICE_LABEL, SAVED_SELECTOR, SKIP_MIRROR } from '../api/names.ts'
import { attachOps, detachOps, skipMirrorOps } from '../api/service-mode.ts'
import type { View } from './admission.ts'
import { review } from './review.ts'
import { applyPatch, aRequest, aService, NOTHING, USER, WEB } from './testing/objects.ts'

const LABELLED = { [DEPLOYMENT_LABEL]: 'web' }
const labelled = aService({ labels: LABELLED })
const detached = applyPatch(labelled, [...skipMirrorOps(labelled, true), ...detachOps(labelled)])
const NOTE = JSON.stringify({ app: 'web' })
const TWO: View = { optedIn: [...WEB.optedIn, { name: 'web-api', selector: {}, podLabels: { app: 'web', part: 'api' } }] }

type Row = {
  readonly name: string
  readonly old?: Service
  readonly object: Service
  readonly view?: View
  readonly user?: string
  readonly decision: string
  readonly patch: readonly JsonPatchOp[]
  readonly warnings?: readonly RegExp[]
}

const rows: readonly Row[] = [
  {
    name: 'a new Service in front of one opted-in Deployment is labelled for it',
    object: aService(),
    decision: 'label',
    patch: [{ op: 'add', path: '/metadata/labels', value: LABELLED }],
  },
  {
    name: 'a Service whose new selector matches one opted-in Deployment is labelled for it beside its own labels',
    old: aService({ labels: { team: 'shop' }, selector: { app: 'other' } }),
    object: aService({ labels: { team: 'shop' } }),
    decision: 'label',
    patch: [{ op: 'add', path: '/metadata/labels/sluice.dev~1deployment', value: 'web' }],
  },
  {
    name: 'a Service that matches none loses a stale label',
    old: labelled,
    object: aService({ labels: LABELLED, selector: { app: 'other' } }),
    decision: 'label',
    patch: [{ op: 'remove', path: '/metadata/labels/sluice.dev~1deployment' }],
  },
  { name: 'a Service that is labelled rightly is not touched', old: labelled, object: labelled, decision: 'pass', patch: [] },
  {
    name: 'a Service in front of two opted-in Deployments is not labelled, with a warning',
    object: aService(),
    view: TWO,
    decision: 'pass',
    patch: [],
    warnings: [/matches the pods of 2 Deployments with sluice.dev\/strategy \(web, web-api\)/],
  },
  { name: 'a Service without a selector is not labelled', object: aService({ selector: null }), decision: 'pass', patch: [] },
  {
    name: 'an ExternalName Service is not labelled',
    object: { ...aService(), spec: { ...aService().spec, type: 'ExternalName', externalName: 'a.example' } },
    decision: 'pass',
    patch: [],
  },
  {
    name: 'a private Service of a version is not labelled',
    object: aService({ labels: { [FRONTED_SERVICE_LABEL]: 'web' } }),
    decision: 'pass',
    patch: [],
  },
  {
    name: 'an unrelated update of a detached Service changes nothing',
    old: detached,
    object: detached,
    decision: 'keep-detached',
    patch: [],
  },
  {
    name: 'the same selector applied again to a detached Service is taken away again, and the note stays',
    old: detached,
    object: { ...detached, spec: labelled.spec },
    decision: 'keep-detached',
    patch: [{ op: 'remove', path: '/spec/selector' }],
  },
  {
    name: 'another selector applied to a detached Service goes into the note',
    old: detached,
    object: { ...detached, spec: { ...labelled.spec, selector: { app: 'web', tier: 'a' } } },
    view: { optedIn: [{ name: 'web', selector: {}, podLabels: { app: 'web', tier: 'a' } }] },
    decision: 'keep-detached',
    patch: [
      { op: 'replace', path: '/metadata/annotations/sluice.dev~1selector', value: '{"app":"web","tier":"a"}' },
      { op: 'remove', path: '/spec/selector' },
    ],
    warnings: [/the new selector is noted and put in place when the update ends/],
  },
  {
    name: 'kubectl replace of the original manifest of a detached Service keeps it detached and restores its notes',
    old: detached,
    object: aService(),
    decision: 'keep-detached',
    patch: [
      { op: 'add', path: '/metadata/annotations', value: { [SAVED_SELECTOR]: NOTE } },
      { op: 'add', path: '/metadata/labels', value: { [DEPLOYMENT_LABEL]: 'web', [SKIP_MIRROR]: 'true' } },
      { op: 'remove', path: '/spec/selector' },
    ],
  },
  {
    name: 'the note of a detached Service that a person removes is put back',
    old: detached,
    object: { ...detached, metadata: { ...detached.metadata, annotations: {} } },
    decision: 'keep-detached',
    patch: [{ op: 'add', path: '/metadata/annotations/sluice.dev~1selector', value: NOTE }],
  },
  {
    name: 'the note of a detached Service that a person spoils is put back',
    old: detached,
    object: { ...detached, metadata: { ...detached.metadata, annotations: { [SAVED_SELECTOR]: 'app=web' } } },
    decision: 'keep-detached',
    patch: [{ op: 'replace', path: '/metadata/annotations/sluice.dev~1selector', value: NOTE }],
  },
  {
    name: 'a detached Service keeps its label when its Deployment opted out in mid-update',
    old: detached,
    object: detached,
    view: NOTHING,
    decision: 'keep-detached',
    patch: [],
  },
  {
    name: 'a copy of a detached Service is created with its selector',
    object: detached,
    decision: 'restore',
    patch: [
      { op: 'remove', path: '/metadata/annotations/sluice.dev~1selector' },
      { op: 'remove', path: '/metadata/labels/endpointslice.kubernetes.io~1skip-mirror' },
      { op: 'add', path: '/spec/selector', value: { app: 'web' } },
    ],
    warnings: [/exported in the middle of an update/],
  },
  {
    name: 'a skip-mirror label of the owner of a Service at rest stays',
    object: aService({ labels: { ...LABELLED, [SKIP_MIRROR]: 'true' } }),
    decision: 'pass',
    patch: [],
  },
  {
    name: 'the bypass annotation lets a person attach a detached Service by hand',
    old: detached,
    object: { ...labelled, metadata: { ...labelled.metadata, annotations: { [BYPASS]: 'true' } } },
    decision: 'bypass',
    patch: [],
  },
  {
    name: 'the controller detaches a Service',
    old: labelled,
    object: detached,
    user: CONTROLLER_USER,
    decision: 'pass',
    patch: [],
  },
  {
    name: 'the controller attaches a Service again',
    old: detached,
    object: applyPatch(detached, attachOps(detached)),
    user: CONTROLLER_USER,
    decision: 'pass',
    patch: [],
  },
]

for (const { name, old, object, view = WEB, user = USER, decision, patch, warnings = [] } of rows)
  test(name, () => {
    const answer = review(aRequest({ kind: 'Service', object, oldObject: old, user }), view)
    assert.equal(answer.allowed, true, answer.message)
    assert.equal(answer.auditAnnotations.decision, decision)
    assert.deepEqual(answer.patch, patch)
    assert.equal(answer.warnings.length, warnings.length, answer.warnings.join('\n'))
    for (const [i, warning] of warnings.entries()) assert.match(answer.warnings[i] ?? '', warning)
    const again = review(aRequest({ kind: 'Service', object: applyPatch(object, answer.patch), oldObject: old, user }), view)
    assert.deepEqual(again.patch, [], 'reviewed again, the patched object needs no patch')
  })

test('a Service is not labelled while no Deployment of the namespace is opted in', () => {
  assert.deepEqual(review(aRequest({ kind: 'Service', object: aService() }), NOTHING).patch, [])
})
