import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Labels } from '../api/kubernetes.ts'
import { decodeYaml } from '../kube/decode-yaml.ts'
import { review } from './review.ts'
import { answerOf, aReview, type Running, startWebhook } from './testing/client.ts'
import { aDeployment, aRequest, NOTHING, OPTED_IN } from './testing/objects.ts'
import { WRONG_ANNOTATIONS } from './testing/wrong-annotations.ts'

const withAnnotation = (key: string, value: string): Labels => ({ ...OPTED_IN, [`sluice.dev/${key}`]: value })
/** The exact words are tested where they are made, in api/; here they must be there, under the right key. */
const says = (key: string): RegExp => new RegExp(`^metadata\\.annotations\\[sluice\\.dev/${key}\\]: \\S.{15,}`)

for (const [key, value] of WRONG_ANNOTATIONS)
  test(`sluice.dev/${key}: ${JSON.stringify(value)} is refused at the first sight of it`, () => {
    const object = aDeployment({ annotations: withAnnotation(key, value) })
    const created = review(aRequest({ object }), NOTHING, { decodeYaml })
    assert.deepEqual([created.allowed, created.code, created.patch], [false, 422, []])
    assert.match(created.message ?? '', says(key))
    assert.deepEqual(review(aRequest({ object, oldObject: aDeployment() }), NOTHING, { decodeYaml }).message, created.message)
    const unrelated = review(aRequest({ object, oldObject: object }), NOTHING, { decodeYaml })
    assert.equal(unrelated.allowed, true)
    assert.ok(unrelated.warnings.length > 0)
    for (const warning of unrelated.warnings) assert.ok([...warning].length < 256, warning)
  })

test('there are enough of them', () => {
  assert.ok(WRONG_ANNOTATIONS.length >= 60)
})

let webhook: Running
before(async () => {
  webhook = await startWebhook()
})
after(() => webhook.stop())

for (const [key, value] of WRONG_ANNOTATIONS.filter((_, i) => i % 5 === 0))
  test(`sluice.dev/${key}: ${JSON.stringify(value)} is refused over HTTP with the same message`, async () => {
    const object = aDeployment({ annotations: withAnnotation(key, value) })
    const answer = await webhook.send(aReview({ object }))
    const { allowed, status } = answerOf(answer)
    assert.deepEqual([answer.status, allowed, status?.code], [200, false, 422])
    assert.equal(status?.message, review(aRequest({ object }), NOTHING).message)
  })
