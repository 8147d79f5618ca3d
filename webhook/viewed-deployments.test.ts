import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { View } from './admission.ts'
import { aDeployment, aHeldDeployment, WEB, without } from './testing/objects.ts'
import { makeView, slimDeployment } from './viewed-deployments.ts'

const seenAs = (held: boolean): View => ({ optedIn: WEB.optedIn.map(one => ({ ...one, held })) })

test('an opted-in Deployment is seen with its selector and its pods’ labels', () => {
  assert.deepEqual(makeView([slimDeployment(aDeployment())]), seenAs(false))
})

test('a Deployment that is not opted in is not seen, and hardly kept', () => {
  const slim = slimDeployment(aDeployment({ annotations: { team: 'shop' } }))
  assert.deepEqual(makeView([slim]), { optedIn: [] })
  assert.ok(JSON.stringify(slim).length < 300)
})

test('a Deployment that opted out in mid-update is seen until it is given back', () => {
  const held = aHeldDeployment()
  const out = { ...held, metadata: { ...held.metadata, annotations: without(held.metadata.annotations, 'sluice.dev/strategy') } }
  assert.deepEqual(makeView([slimDeployment(out)]), seenAs(true))
})
