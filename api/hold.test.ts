import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import jsonPatch, { type Operation } from 'fast-json-patch'
import { giveBackOps, holdOps, isHeld, savedFields } from './hold.ts'
import type { JsonPatchOp } from './json-patch.ts'
import type { Deployment } from './kubernetes.ts'

const apply = (deployment: Deployment, ops: readonly JsonPatchOp[]): Deployment => {
  const patched = jsonPatch.applyPatch(structuredClone(deployment), structuredClone(ops) as Operation[], true)
  return patched.newDocument
}

type Spec = Partial<Deployment['spec']>

const deployment = (spec: Spec = {}, annotations?: Readonly<Record<string, string>>): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...(annotations && { annotations }) },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } },
    ...spec,
  },
})

const USUAL: Spec = {
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
  revisionHistoryLimit: 10,
  progressDeadlineSeconds: 600,
}
const HELD_FIELDS = {
  paused: true,
  strategy: { type: 'Recreate' },
  revisionHistoryLimit: 2147483647,
  progressDeadlineSeconds: 2147483647,
}

const heldFields = ({ spec }: Deployment) => ({
  paused: spec.paused,
  strategy: spec.strategy,
  revisionHistoryLimit: spec.revisionHistoryLimit,
  progressDeadlineSeconds: spec.progressDeadlineSeconds,
})

test('a held Deployment has exactly the four fields and the note', () => {
  const held = apply(deployment(USUAL), holdOps(deployment(USUAL)))
  assert.deepEqual(heldFields(held), HELD_FIELDS)
  assert.equal(isHeld(held), true)
  assert.deepEqual(savedFields(held), USUAL)
  assert.equal(isHeld(deployment(USUAL)), false)
  assert.equal(savedFields(deployment(USUAL)), undefined)
})

test('the patch replaces, adds and removes only what differs', () => {
  assert.deepEqual(
    holdOps(deployment({ ...USUAL, paused: true }, { other: 'x' })).map(({ op, path }) => `${op} ${path}`),
    [
      'add /metadata/annotations/sluice.dev~1saved',
      'replace /spec/strategy',
      'replace /spec/revisionHistoryLimit',
      'replace /spec/progressDeadlineSeconds',
    ],
  )
  const held = apply(deployment(), holdOps(deployment()))
  assert.deepEqual(
    giveBackOps(held, { stableTemplate: 'abc' }).map(({ op, path }) => `${op} ${path}`),
    [
      'remove /spec/paused',
      'remove /spec/strategy',
      'remove /spec/revisionHistoryLimit',
      'remove /spec/progressDeadlineSeconds',
      'add /metadata/annotations/sluice.dev~1stable-template',
      'remove /metadata/annotations/sluice.dev~1saved',
    ],
  )
})

const specs: fc.Arbitrary<Spec> = fc.record(
  {
    paused: fc.boolean(),
    strategy: fc.oneof(
      fc.constant({ type: 'Recreate' as const }),
      fc.constant({}),
      fc.record(
        {
          type: fc.constant('RollingUpdate' as const),
          rollingUpdate: fc.record(
            {
              maxSurge: fc.oneof(fc.nat({ max: 5 }), fc.constant('25%')),
              maxUnavailable: fc.oneof(fc.nat({ max: 5 }), fc.constant('0%')),
            },
            { requiredKeys: [], noNullPrototype: true },
          ),
        },
        { requiredKeys: ['type'], noNullPrototype: true },
      ),
    ),
    revisionHistoryLimit: fc.constantFrom(0, 1, 10, 2147483647),
    progressDeadlineSeconds: fc.constantFrom(1, 600, 2147483647),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const annotations = fc.option(
  fc.dictionary(fc.constantFrom('a/b', 'c~d', 'sluice.dev/strategy', ''), fc.string(), { noNullPrototype: true }),
  {
    nil: undefined,
  },
)
const deployments = fc.tuple(specs, annotations).map(([spec, notes]) => deployment(spec, notes))

test('hold and give back restores every Deployment, but for the note of the stable version', () => {
  fc.assert(
    fc.property(deployments, original => {
      const held = apply(original, holdOps(original))
      assert.deepEqual(heldFields(held), HELD_FIELDS)
      const back = apply(held, giveBackOps(held, { stableTemplate: 'abc' }))
      const { 'sluice.dev/stable-template': noted, ...others } = back.metadata.annotations ?? {}
      assert.equal(noted, 'abc')
      assert.deepEqual(others, original.metadata.annotations ?? {})
      assert.deepEqual(back.spec, original.spec)
    }),
  )
})

test('holding twice, and giving back twice, changes nothing', () => {
  fc.assert(
    fc.property(deployments, original => {
      const held = apply(original, holdOps(original))
      assert.deepEqual(holdOps(held), [])
      const back = apply(held, giveBackOps(held, { stableTemplate: 'abc' }))
      assert.deepEqual(giveBackOps(back, { stableTemplate: 'abc' }), [])
    }),
  )
})

test('an apply over a held Deployment is repaired, and what it applied is what is given back', () => {
  fc.assert(
    fc.property(deployments, specs, (original, wish) => {
      const held = apply(original, holdOps(original))
      const applied = { ...held, spec: { ...held.spec, ...wish } }
      const repaired = apply(applied, holdOps(applied))
      assert.deepEqual(heldFields(repaired), HELD_FIELDS)
      const { spec } = apply(repaired, giveBackOps(repaired, { stableTemplate: 'abc' }))
      if (wish.strategy?.type === 'RollingUpdate') assert.deepEqual(spec.strategy, wish.strategy)
      else if (wish.strategy?.type === 'Recreate' || !wish.strategy) assert.deepEqual(spec.strategy, original.spec.strategy)
      if (wish.progressDeadlineSeconds === 600) assert.equal(spec.progressDeadlineSeconds, 600)
      if (wish.progressDeadlineSeconds === undefined)
        assert.equal(spec.progressDeadlineSeconds, original.spec.progressDeadlineSeconds)
    }),
  )
})

test('a merge that leaves type Recreate beside rollingUpdate keeps the saved type', () => {
  const held = apply(deployment(USUAL), holdOps(deployment(USUAL)))
  const merged = { ...held, spec: { ...held.spec, strategy: { type: 'Recreate' as const, rollingUpdate: { maxSurge: 1 } } } }
  const repaired = apply(merged, holdOps(merged))
  assert.deepEqual(repaired.spec.strategy, { type: 'Recreate' })
  assert.deepEqual(savedFields(repaired)?.strategy, { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } })
})

test('giving back can put the stable template in the same patch', () => {
  const held = apply(deployment(USUAL), holdOps(deployment(USUAL)))
  const template = { spec: { containers: [{ name: 'web', image: 'web:0' }] } }
  const back = apply(held, giveBackOps(held, { stableTemplate: 'abc', template }))
  assert.deepEqual(back.spec, { ...deployment(USUAL).spec, template })
})

test("a spoiled note gives back Kubernetes' own defaults", () => {
  for (const note of ['', 'null', '[]', '{"paused": "yes", "strategy": 3}', '{']) {
    const held = apply(deployment(USUAL), holdOps(deployment(USUAL)))
    const spoiled = { ...held, metadata: { ...held.metadata, annotations: { 'sluice.dev/saved': note } } }
    assert.equal(isHeld(spoiled), true)
    assert.deepEqual(savedFields(spoiled), {})
    const { spec } = apply(spoiled, giveBackOps(spoiled, { stableTemplate: 'abc' }))
    assert.deepEqual(spec, deployment().spec)
  }
})
