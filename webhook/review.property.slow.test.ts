import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isHeld, savedFields } from '../api/hold.ts'
import type { Deployment, Labels, Service } from '../api/kubernetes.ts'
import { BYPASS, DEPLOYMENT_LABEL, SAVED, SAVED_SELECTOR, SKIP_MIRROR, STABLE_TEMPLATE } from '../api/names.ts'
import { templateHash } from '../api/template.ts'
import type { View } from './admission.ts'
import { review } from './review.ts'
import { aDeployment, aHeldDeployment, applyPatch, aRequest, aService, TEMPLATE } from './testing/objects.ts'

const NOTES = ['{}', '{"strategy":{"type":"Recreate"}}', 'not JSON', '{"paused":true}']

const annotations: fc.Arbitrary<Labels> = fc
  .record(
    {
      'sluice.dev/strategy': fc.constantFrom('canary', 'blue-green', 'wrong'),
      'sluice.dev/steps': fc.constantFrom('20%, 1m, 100%', '120%'),
      [SAVED]: fc.constantFrom(...NOTES),
      [STABLE_TEMPLATE]: fc.constantFrom(templateHash(TEMPLATE('web:v1')), 'stale'),
      [BYPASS]: fc.constantFrom('true', 'false'),
      'example.com/team': fc.constant('shop'),
    },
    { requiredKeys: [] },
  )
  .map(record => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)))

const limit = fc.constantFrom(2147483647, 10, 3)

const spec = fc.record(
  {
    paused: fc.boolean(),
    replicas: fc.constantFrom(0, 1, 4),
    image: fc.constantFrom('web:v1', 'web:v2', 'web:v3'),
    strategy: fc.constantFrom<Deployment['spec']['strategy'] & {}>(
      { type: 'Recreate' },
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      { type: 'Recreate', rollingUpdate: { maxSurge: 1 } },
      { type: 'Recreate', rollingUpdate: null },
    ),
    revisionHistoryLimit: limit,
    progressDeadlineSeconds: limit,
  },
  { requiredKeys: [] },
)

const deployment: fc.Arbitrary<Deployment> = fc
  .tuple(fc.boolean(), spec, annotations)
  .map(([held, wish, keys]) =>
    held ? aHeldDeployment({ ...wish, annotations: keys }) : aDeployment({ ...wish, annotations: keys }),
  )

const request = fc.record({ object: deployment, oldObject: fc.option(deployment, { nil: undefined }) })

const ALLOWED_PATHS: readonly RegExp[] = [
  /^\/metadata\/annotations$/,
  /^\/metadata\/annotations\/sluice\.dev~1(saved|stable-template)$/,
  /^\/spec\/(paused|strategy|revisionHistoryLimit|progressDeadlineSeconds)$/,
]

test('a Deployment that carries our patch needs no further patch', () => {
  fc.assert(
    fc.property(request, wish => {
      const first = review(aRequest(wish), { optedIn: [] })
      const again = review(aRequest({ ...wish, object: applyPatch(wish.object, first.patch) }), { optedIn: [] })
      assert.deepEqual(again.patch, [])
      assert.equal(again.allowed, first.allowed)
    }),
    { numRuns: 2000 },
  )
})

test('the patch of a Deployment touches only the held fields and our own notes', () => {
  fc.assert(
    fc.property(request, wish => {
      const { patch } = review(aRequest(wish), { optedIn: [] })
      for (const op of patch)
        assert.ok(
          ALLOWED_PATHS.some(path => path.test(op.path)),
          op.path,
        )
      const { metadata, spec: after } = applyPatch(wish.object, patch)
      const { [SAVED]: _s, [STABLE_TEMPLATE]: _t, ...theirs } = wish.object.metadata.annotations ?? {}
      const { [SAVED]: _s2, [STABLE_TEMPLATE]: _t2, ...kept } = metadata.annotations ?? {}
      assert.deepEqual(kept, theirs)
      assert.deepEqual(after.template, wish.object.spec.template)
      assert.equal(after.replicas, wish.object.spec.replicas)
    }),
    { numRuns: 1000 },
  )
})

test('a held Deployment stays held whatever anyone but the controller sends, short of the bypass', () => {
  const withoutBypass = deployment.filter(one => one.metadata.annotations?.[BYPASS] !== 'true')
  fc.assert(
    fc.property(withoutBypass, spec, (object, wish) => {
      const oldObject = aHeldDeployment(wish)
      const answer = review(aRequest({ object, oldObject }), { optedIn: [] })
      if (!answer.allowed) return
      const after = applyPatch(object, answer.patch)
      assert.ok(isHeld(after))
      assert.deepEqual(
        [after.spec.paused, after.spec.strategy?.type, after.spec.strategy?.rollingUpdate ?? null],
        [true, 'Recreate', null],
      )
      assert.equal(after.metadata.annotations?.[STABLE_TEMPLATE], oldObject.metadata.annotations?.[STABLE_TEMPLATE])
      assert.notEqual(savedFields(after), undefined)
    }),
    { numRuns: 1000 },
  )
})

const service: fc.Arbitrary<Service> = fc
  .record({
    selector: fc.constantFrom<Labels | null>(null, {}, { app: 'web' }, { app: 'other' }),
    labels: fc.constantFrom<Labels | undefined>(
      undefined,
      { [DEPLOYMENT_LABEL]: 'web' },
      { [SKIP_MIRROR]: 'true', team: 'shop' },
    ),
    annotations: fc.constantFrom<Labels | undefined>(
      undefined,
      { [SAVED_SELECTOR]: '{"app":"web"}' },
      { [SAVED_SELECTOR]: 'spoiled' },
    ),
  })
  .map(({ selector, labels, annotations: notes }) =>
    aService({ selector, ...(labels ? { labels } : {}), ...(notes ? { annotations: notes } : {}) }),
  )

test('a Service that carries our patch needs no further patch, and a detached one never gets a selector', () => {
  const views: readonly View[] = [{ optedIn: [] }, { optedIn: [{ name: 'web', selector: {}, podLabels: { app: 'web' } }] }]
  fc.assert(
    fc.property(service, fc.option(service, { nil: undefined }), fc.constantFrom(...views), (object, oldObject, view) => {
      const answer = review(aRequest({ kind: 'Service', object, oldObject }), view)
      const patched = applyPatch(object, answer.patch)
      assert.deepEqual(review(aRequest({ kind: 'Service', object: patched, oldObject }), view).patch, [])
      if (oldObject?.metadata.annotations?.[SAVED_SELECTOR] === '{"app":"web"}') {
        assert.equal(Object.keys(patched.spec.selector ?? {}).length, 0)
        assert.notEqual(patched.metadata.annotations?.[SAVED_SELECTOR], undefined)
      }
    }),
    { numRuns: 1000 },
  )
})
