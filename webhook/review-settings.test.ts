import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Labels } from '../api/kubernetes.ts'
import { review } from './review.ts'
import { aDeployment, aHeldDeployment, aRequest, changed, NOTHING, OPTED_IN } from './testing/objects.ts'

const withSteps = (steps: string): Labels => ({ ...OPTED_IN, 'sluice.dev/steps': steps })
const create = (annotations: Labels) => review(aRequest({ object: aDeployment({ annotations }) }), NOTHING)
const update = (before: Labels, now: Labels, image = 'web:v1') =>
  review(aRequest({ oldObject: aDeployment({ annotations: before }), object: aDeployment({ annotations: now, image }) }), NOTHING)

test('a wrong annotation of a new Deployment is refused with its path, value, what is allowed and an example', () => {
  const answer = create(withSteps('120%'))
  assert.equal(answer.allowed, false)
  assert.equal(answer.code, 422)
  assert.match(answer.message ?? '', /^metadata\.annotations\[sluice\.dev\/steps\]: .*"120%".*e\.g\./)
  assert.deepEqual(answer.patch, [])
})

test('all wrong annotations are named at once', () => {
  const answer = create({ 'sluice.dev/strategy': 'cannary', 'sluice.dev/steps': 'soon', 'sluice.dev/analysis': 'fast' })
  for (const key of ['strategy', 'steps', 'analysis']) assert.ok(answer.message?.includes(`[sluice.dev/${key}]`), answer.message)
})

test('an annotation that becomes wrong is refused', () => {
  assert.equal(update(withSteps('20%'), withSteps('120%')).allowed, false)
})

test('a wrong annotation that becomes wrong in another way is refused', () => {
  assert.equal(update(withSteps('120%'), withSteps('130%')).allowed, false)
})

test('opting in with an annotation that was wrong all along is refused', () => {
  assert.equal(update({ 'sluice.dev/steps': '120%' }, withSteps('120%')).allowed, false)
})

test('an unrelated update of a Deployment with an old wrong annotation passes with a warning', () => {
  const answer = update(withSteps('120%'), withSteps('120%'))
  assert.equal(answer.allowed, true)
  assert.equal(answer.warnings.length, 1)
  assert.match(answer.warnings[0] ?? '', /sluice\.dev\/steps/)
})

test('a new template of a Deployment with an old wrong annotation is held with a warning', () => {
  const answer = update(withSteps('120%'), withSteps('120%'), 'web:v2')
  assert.equal(answer.auditAnnotations.decision, 'hold')
  assert.equal(answer.warnings.length, 1)
})

test('of two wrong annotations one may be put right alone', () => {
  const both: Labels = { ...withSteps('120%'), 'sluice.dev/sticky': 'glue' }
  const answer = update(both, { ...both, 'sluice.dev/steps': '20%' })
  assert.equal(answer.allowed, true, answer.message)
  assert.equal(answer.warnings.length, 1)
})

test('a wrong annotation of a held Deployment is refused like any other', () => {
  const held = aHeldDeployment()
  const object = changed(held, { annotations: { ...held.metadata.annotations, 'sluice.dev/steps': '120%' } })
  assert.equal(review(aRequest({ oldObject: held, object }), NOTHING).allowed, false)
})

test('annotations of a Deployment that is not opted in are not judged', () => {
  assert.equal(create({ 'sluice.dev/steps': '120%' }).allowed, true)
})

test('a warning that would be too long for the API server is cut at 255 characters', () => {
  const long = withSteps(`5%, ${'9'.repeat(400)}`)
  const [warning] = update(long, long).warnings
  assert.ok(warning !== undefined && [...warning].length <= 255, warning)
})
