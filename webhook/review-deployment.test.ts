import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonPatchOp } from '../api/json-patch.ts'
import type { Deployment } from '../api/kubernetes.ts'
import { BYPASS, CONTROLLER_USER, SAVED, STABLE_TEMPLATE } from '../api/names.ts'
import { templateHash } from '../api/template.ts'
import { review } from './review.ts'
import {
  aDeployment,
  aHeldDeployment,
  applyPatch,
  aRequest,
  changed,
  givenBack,
  NOTHING,
  OPTED_IN,
  TEMPLATE,
  USER,
  without,
} from './testing/objects.ts'

const rest = aDeployment()
const held = aHeldDeployment()
const v1 = templateHash(TEMPLATE('web:v1'))
const ROLLING = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } as const
const NOTE = JSON.stringify({ strategy: ROLLING, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })

const HOLD: readonly JsonPatchOp[] = [
  { op: 'add', path: '/metadata/annotations/sluice.dev~1saved', value: NOTE },
  { op: 'add', path: '/spec/paused', value: true },
  { op: 'replace', path: '/spec/strategy', value: { type: 'Recreate' } },
  { op: 'replace', path: '/spec/revisionHistoryLimit', value: 2147483647 },
  { op: 'replace', path: '/spec/progressDeadlineSeconds', value: 2147483647 },
]

type Row = {
  readonly name: string
  readonly old?: Deployment
  readonly object: Deployment
  readonly user?: string
  readonly decision: string
  readonly patch: readonly JsonPatchOp[]
  readonly warnings?: readonly RegExp[]
}

const rows: readonly Row[] = [
  {
    name: 'a first version is let through as it is',
    object: aDeployment({ annotations: OPTED_IN }),
    decision: 'pass',
    patch: [],
  },
  {
    name: 'a copy of a held Deployment is created as its owner had it',
    object: held,
    decision: 'restore',
    patch: [
      { op: 'remove', path: '/spec/paused' },
      { op: 'replace', path: '/spec/strategy', value: ROLLING },
      { op: 'replace', path: '/spec/revisionHistoryLimit', value: 10 },
      { op: 'replace', path: '/spec/progressDeadlineSeconds', value: 600 },
      { op: 'remove', path: '/metadata/annotations/sluice.dev~1saved' },
      { op: 'remove', path: '/metadata/annotations/sluice.dev~1stable-template' },
    ],
    warnings: [/exported in the middle of an update/],
  },
  {
    name: 'a note of the stable version is not taken over by a created copy',
    object: rest,
    decision: 'restore',
    patch: [{ op: 'remove', path: '/metadata/annotations/sluice.dev~1stable-template' }],
  },
  { name: 'a new template at rest is held', old: rest, object: aDeployment({ image: 'web:v2' }), decision: 'hold', patch: HOLD },
  {
    name: 'a new template is held by comparison with the old object where no stable version is noted',
    old: aDeployment({ annotations: OPTED_IN }),
    object: aDeployment({ annotations: OPTED_IN, image: 'web:v2' }),
    decision: 'hold',
    patch: HOLD,
  },
  {
    name: 'a new template is held at 0 replicas too',
    old: aDeployment({ replicas: 0, status: { observedGeneration: 3 } }),
    object: aDeployment({ replicas: 0, image: 'web:v2' }),
    decision: 'hold',
    patch: HOLD,
  },
  {
    name: 'fields that the owner left out are left out of the note',
    old: aDeployment({ annotations: OPTED_IN }),
    object: (() => {
      const {
        strategy: _s,
        revisionHistoryLimit: _r,
        progressDeadlineSeconds: _p,
        ...spec
      } = aDeployment({ image: 'web:v2' }).spec
      return { ...aDeployment({ annotations: OPTED_IN }), spec }
    })(),
    decision: 'hold',
    patch: [
      { op: 'add', path: '/metadata/annotations/sluice.dev~1saved', value: '{}' },
      { op: 'add', path: '/spec/paused', value: true },
      { op: 'add', path: '/spec/strategy', value: { type: 'Recreate' } },
      { op: 'add', path: '/spec/revisionHistoryLimit', value: 2147483647 },
      { op: 'add', path: '/spec/progressDeadlineSeconds', value: 2147483647 },
    ],
  },
  {
    name: 'a template that came past the webhook is held at the next update while old pods remain',
    old: aDeployment({ image: 'web:v2', status: { observedGeneration: 3, replicas: 5, updatedReplicas: 2 } }),
    object: aDeployment({ image: 'web:v2', replicas: 5 }),
    decision: 'hold',
    patch: HOLD,
    warnings: [/was not finished \(2 of 4 pods were updated\)/],
  },
  {
    name: 'a template that came past the webhook is left alone when all pods run it',
    old: aDeployment({ image: 'web:v2' }),
    object: aDeployment({ image: 'web:v2', replicas: 5 }),
    decision: 'pass',
    patch: [],
  },
  {
    name: 'a template change back to the stable version is let through',
    old: aDeployment({ image: 'web:v2', paused: true }),
    object: aDeployment({ image: 'web:v1' }),
    decision: 'pass',
    patch: [],
  },
  {
    name: 'scaling through the object itself is let through',
    old: rest,
    object: aDeployment({ replicas: 9 }),
    decision: 'pass',
    patch: [],
  },
  {
    name: 'an update that opts in and changes the template is held',
    old: aDeployment({ annotations: {} }),
    object: aDeployment({ annotations: OPTED_IN, image: 'web:v2' }),
    decision: 'hold',
    patch: HOLD,
  },
  {
    name: 'opting in alone starts nothing, and a note left from an earlier time goes',
    old: aDeployment({ annotations: { [STABLE_TEMPLATE]: 'stale' } }),
    object: aDeployment({ annotations: { ...OPTED_IN, [STABLE_TEMPLATE]: 'stale' } }),
    decision: 'pass',
    patch: [{ op: 'remove', path: '/metadata/annotations/sluice.dev~1stable-template' }],
  },
  {
    name: 'opting out at rest leaves no note behind',
    old: rest,
    object: aDeployment({ annotations: { [STABLE_TEMPLATE]: v1 } }),
    decision: 'opt-out',
    patch: [{ op: 'remove', path: '/metadata/annotations/sluice.dev~1stable-template' }],
  },
  {
    name: 'opting out at rest names the settings that have no effect any more',
    old: rest,
    object: aDeployment({ annotations: { 'sluice.dev/steps': '5%' } }),
    decision: 'opt-out',
    patch: [],
    warnings: [/sluice\.dev\/steps\]: has no effect without sluice\.dev\/strategy/],
  },
  {
    name: 'opting out together with a new template is let through with a warning',
    old: rest,
    object: aDeployment({ annotations: {}, image: 'web:v2' }),
    decision: 'opt-out',
    patch: [],
    warnings: [/rolls the new template out at once/],
  },
  {
    name: 'a Deployment that its owner paused is not held while it is paused',
    old: aDeployment({ paused: true }),
    object: aDeployment({ paused: true, image: 'web:v2' }),
    decision: 'user-paused',
    patch: [],
  },
  {
    name: 'a Deployment that its owner un-pauses is held when its template is not the stable one',
    old: aDeployment({ paused: true, image: 'web:v3' }),
    object: aDeployment({ image: 'web:v3', paused: false }),
    decision: 'hold',
    patch: [
      { ...HOLD[0]!, value: JSON.stringify({ paused: false, ...JSON.parse(NOTE) }) },
      { op: 'replace', path: '/spec/paused', value: true },
      ...HOLD.slice(2),
    ],
  },
  {
    name: 'un-pausing is held also where no stable version is noted and the template was edited meanwhile',
    old: aDeployment({
      annotations: OPTED_IN,
      paused: true,
      image: 'web:v3',
      status: { observedGeneration: 3, replicas: 4, updatedReplicas: 0 },
    }),
    object: aDeployment({ annotations: OPTED_IN, image: 'web:v3' }),
    decision: 'hold',
    patch: HOLD,
  },
  {
    name: 'un-pausing with the stable template is let through',
    old: aDeployment({ paused: true }),
    object: aDeployment(),
    decision: 'pass',
    patch: [],
  },
  {
    name: 'a new template over a rolling update that still runs is held, and the rolling update is named',
    old: aDeployment({ status: { observedGeneration: 3, replicas: 5, updatedReplicas: 2 } }),
    object: aDeployment({ image: 'web:v2' }),
    decision: 'hold',
    patch: HOLD,
    warnings: [/the rolling update of web by Kubernetes was not finished \(2 of 4 pods were updated\)/],
  },
  {
    name: 'a new template right after another change is held, and the change that nobody saw yet is named',
    old: aDeployment({ status: { observedGeneration: 2, replicas: 4, updatedReplicas: 4 } }),
    object: aDeployment({ image: 'web:v2' }),
    decision: 'hold',
    patch: HOLD,
    warnings: [/its last change was not seen yet/],
  },
  {
    name: 'kubectl rollout undo at rest keeps the notes, and a note that it brings along from a ReplicaSet goes',
    old: rest,
    object: aDeployment({ image: 'web:v0', annotations: { ...OPTED_IN, [SAVED]: '{"strategy":{"type":"Recreate"}}' } }),
    decision: 'hold',
    patch: [
      { op: 'replace', path: '/metadata/annotations/sluice.dev~1saved', value: NOTE },
      { op: 'add', path: '/metadata/annotations/sluice.dev~1stable-template', value: v1 },
      ...HOLD.slice(1),
    ],
  },
  {
    name: 'a note of the stable version that a person edits is put back',
    old: rest,
    object: aDeployment({ annotations: { ...OPTED_IN, [STABLE_TEMPLATE]: 'other' } }),
    decision: 'pass',
    patch: [{ op: 'replace', path: '/metadata/annotations/sluice.dev~1stable-template', value: v1 }],
  },
  {
    name: 'a held copy applied over the Deployment at rest, with the stable template, gives the fields back',
    old: rest,
    object: changed(held, { spec: { template: TEMPLATE('web:v1') } }),
    decision: 'pass',
    patch: [
      { op: 'remove', path: '/spec/paused' },
      { op: 'replace', path: '/spec/strategy', value: ROLLING },
      { op: 'replace', path: '/spec/revisionHistoryLimit', value: 10 },
      { op: 'replace', path: '/spec/progressDeadlineSeconds', value: 600 },
      { op: 'remove', path: '/metadata/annotations/sluice.dev~1saved' },
    ],
  },
  {
    name: 'an unrelated update of a held Deployment changes nothing',
    old: held,
    object: changed(held, { spec: { replicas: 7 } }),
    decision: 'keep-hold',
    patch: [],
  },
  {
    name: 'kubectl rollout resume in mid-update keeps the hold and says what to run instead',
    old: held,
    object: changed(held, { spec: { paused: false } }),
    decision: 'resume-answered',
    patch: [{ op: 'replace', path: '/spec/paused', value: true }],
    warnings: [/to go on with the update run: kubectl sluice promote web/],
  },
  {
    name: 'kubectl rollout resume as the API server encodes it, without the field, keeps the hold too',
    old: held,
    object: (() => {
      const { paused: _, ...spec } = held.spec
      return { ...held, spec }
    })(),
    decision: 'resume-answered',
    patch: [{ op: 'add', path: '/spec/paused', value: true }],
    warnings: [/kubectl sluice promote web/],
  },
  {
    name: 'kubectl replace of the original manifest keeps the hold and changes no note',
    old: held,
    object: { ...aDeployment({ image: 'web:v2' }), metadata: { ...rest.metadata, annotations: OPTED_IN } },
    decision: 'keep-hold',
    patch: [
      { op: 'add', path: '/metadata/annotations/sluice.dev~1saved', value: NOTE },
      { op: 'add', path: '/metadata/annotations/sluice.dev~1stable-template', value: v1 },
      ...HOLD.slice(1),
    ],
  },
  {
    name: 'another strategy applied in mid-update goes into the note',
    old: held,
    object: changed(held, { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } }),
    decision: 'keep-hold',
    patch: [
      {
        op: 'replace',
        path: '/metadata/annotations/sluice.dev~1saved',
        value:
          '{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":0}},"revisionHistoryLimit":10,"progressDeadlineSeconds":600,"was":"jxtc29tk44"}',
      },
      { op: 'replace', path: '/spec/strategy', value: { type: 'Recreate' } },
    ],
    warnings: [/your new values are noted and come into force when it ends/],
  },
  {
    name: 'rollingUpdate that a merge leaves beside Recreate is taken for the rolling update that it is',
    old: held,
    object: changed(held, {
      spec: { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } },
    }),
    decision: 'keep-hold',
    patch: [{ op: 'replace', path: '/spec/strategy', value: { type: 'Recreate' } }],
  },
  {
    name: 'a new template in mid-update is let through under the hold',
    old: held,
    object: changed(held, { spec: { template: TEMPLATE('web:v3') } }),
    decision: 'new-version',
    patch: [],
    warnings: [/the version that was being tried is dropped, and this one starts at the first step/],
  },
  {
    name: 'the stable template in mid-update is let through under the hold',
    old: held,
    object: changed(held, { spec: { template: TEMPLATE('web:v1') } }),
    decision: 'rollback',
    patch: [],
    warnings: [/goes back to its stable version/],
  },
  {
    name: 'opting out in mid-update keeps the hold until the controller gives it back',
    old: held,
    object: changed(held, { annotations: without(held.metadata.annotations, 'sluice.dev/strategy') }),
    decision: 'opt-out',
    patch: [],
    warnings: [/its stable version is put back first/],
  },
  {
    name: 'the note of a held Deployment that a person removes or edits is put back',
    old: held,
    object: changed(held, { annotations: { ...OPTED_IN, [SAVED]: '{"paused":true}' } }),
    decision: 'keep-hold',
    patch: [
      { op: 'replace', path: '/metadata/annotations/sluice.dev~1saved', value: NOTE },
      { op: 'add', path: '/metadata/annotations/sluice.dev~1stable-template', value: v1 },
    ],
  },
  {
    name: "the controller's patch that gives everything back passes",
    old: held,
    object: givenBack(held),
    user: CONTROLLER_USER,
    decision: 'pass',
    patch: [],
  },
  {
    name: "the controller's own hold passes",
    old: aDeployment({ image: 'web:v2' }),
    object: held,
    user: CONTROLLER_USER,
    decision: 'pass',
    patch: [],
  },
  {
    name: 'the bypass annotation lets a new template through, with a warning',
    old: rest,
    object: aDeployment({ image: 'web:v2', annotations: { ...rest.metadata.annotations, [BYPASS]: 'true' } }),
    decision: 'bypass',
    patch: [],
    warnings: [/Kubernetes carries out this update alone/],
  },
  {
    name: 'the bypass annotation lets a held Deployment be given back by hand',
    old: held,
    object: { ...givenBack(held), metadata: { ...held.metadata, annotations: { ...OPTED_IN, [BYPASS]: 'true' } } },
    decision: 'bypass',
    patch: [],
    warnings: [/Kubernetes carries out this update alone/],
  },
  {
    name: 'a Deployment that is opted in neither before nor after is not touched',
    old: aDeployment({ annotations: {} }),
    object: aDeployment({ annotations: {}, image: 'web:v2' }),
    decision: 'pass',
    patch: [],
  },
]

for (const { name, old, object, user = USER, decision, patch, warnings = [] } of rows)
  test(name, () => {
    const answer = review(aRequest({ object, oldObject: old, user }), NOTHING)
    assert.equal(answer.allowed, true, answer.message)
    assert.equal(answer.auditAnnotations.decision, decision)
    assert.deepEqual(answer.patch, patch)
    assert.equal(answer.warnings.length, warnings.length, answer.warnings.join('\n'))
    for (const [i, warning] of warnings.entries()) assert.match(answer.warnings[i] ?? '', warning)
    const patched = applyPatch(object, answer.patch)
    const again = review(aRequest({ object: patched, oldObject: old, user }), NOTHING)
    assert.deepEqual(again.patch, [], 'reviewed again, the patched object needs no patch')
  })

test('a changed note is replaced again by the next change, and survives one that changes nothing', () => {
  const first = changed(held, { spec: { revisionHistoryLimit: 3 } })
  const one = applyPatch(first, review(aRequest({ object: first, oldObject: held }), NOTHING).patch)
  assert.equal(JSON.parse(one.metadata.annotations?.[SAVED] ?? '').revisionHistoryLimit, 3)
  const second = changed(one, { spec: { revisionHistoryLimit: 4 } })
  const two = applyPatch(second, review(aRequest({ object: second, oldObject: one }), NOTHING).patch)
  assert.equal(JSON.parse(two.metadata.annotations?.[SAVED] ?? '').revisionHistoryLimit, 4)
  assert.deepEqual(review(aRequest({ object: changed(two, { spec: { replicas: 2 } }), oldObject: two }), NOTHING).patch, [])
  assert.equal(givenBack(two).spec.revisionHistoryLimit, 4)
})

test('a dry run gets the same answer', () => {
  const request = aRequest({ object: aDeployment({ image: 'web:v2' }), oldObject: rest })
  assert.deepEqual(review({ ...request, dryRun: true }, NOTHING), review(request, NOTHING))
})
