import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atPause, promotedToV2 } from '../testing/blue-green.ts'
import { pass, run, sizesOf, steer, type World } from '../testing/world.ts'

const noteOn = ({ replicaSets }: World, image: string): string | undefined =>
  replicaSets.find(({ spec }) => spec.template.spec.containers[0]?.image === image)?.metadata.annotations?.['scale-down-deadline']

const secondsUntil = (world: World, at: string | undefined): number => (Date.parse(at ?? '') - world.now) / 1000

test('until when an old version keeps its pods is noted on its ReplicaSet, and taken away with the pods', () => {
  const world = promotedToV2({ scaleDownDelaySeconds: 60 })
  const at = noteOn(world, 'v1')
  assert.match(at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const left = secondsUntil(world, at)
  assert.ok(left > 50 && left <= 60, `${left} s`)
  assert.equal(noteOn(world, 'v2'), undefined)
  run(world, Math.ceil(left) - 2)
  assert.equal(sizesOf(world), 'v1: 3, v2: 3')
  run(world, 6)
  assert.equal(sizesOf(world), 'v2: 3')
  assert.equal(noteOn(world, 'v1'), undefined)
})

test('a preview that was aborted has its time noted as well', () => {
  const world = atPause({ abortScaleDownDelaySeconds: 20 })
  steer(world, 'a person aborts', { abort: true })
  pass(world)
  run(world, 2)
  const left = secondsUntil(world, noteOn(world, 'v2'))
  assert.ok(left > 10 && left <= 20, `${left} s`)
})
