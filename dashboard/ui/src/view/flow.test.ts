import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeFlow, drawFlow, middles, pace } from './flow.ts'

const SIZE = { width: 400, height: 200, thickness: 60 }
const branches = (canary: number) => [
  { key: 'stable', share: 1 - canary },
  { key: 'canary', share: canary },
]

test('streams are as thick as their share and end in the middle of their band', () => {
  const [stable, canary] = drawFlow(branches(0.25), SIZE)
  assert.deepEqual(stable?.end, { x: 400, y: 50, thickness: 45 })
  assert.deepEqual(canary?.end, { x: 400, y: 150, thickness: 15 })
  assert.deepEqual(middles(1, 200), [100])
})

test('the streams leave the one stream side by side without a gap', () => {
  const [stable, canary] = drawFlow(branches(0.25), SIZE)
  assert.match(stable?.outline ?? '', /^M0 70C.* 0 115Z$/)
  assert.match(canary?.outline ?? '', /^M0 115C.* 0 130Z$/)
})

test('a version without traffic is still to be seen, and has one line at least', () => {
  const [, canary] = drawFlow(branches(0), SIZE)
  assert.equal(canary?.end.thickness, 3)
  assert.equal(canary?.threads.length, 1)
})

test('more requests flow quicker, within what the eye can follow; none do not flow', () => {
  assert.equal(pace(0), undefined)
  const paces = [0.1, 1, 10, 100, 1_000_000].map(one => pace(one) ?? Number.NaN)
  assert.deepEqual(
    paces,
    [...paces].sort((a, b) => b - a),
  )
  assert.equal(paces.at(-1), 1.2)
  assert.ok((paces[0] ?? 0) <= 6)
})

test('the picture in words has every version with its share', () => {
  const said = describeFlow([
    { label: 'stable', share: 0.75, says: '34/s' },
    { label: 'canary', share: 0.25, says: 'no requests' },
  ])
  assert.equal(said, 'stable gets 75 % of the traffic: 34/s. canary gets 25 % of the traffic: no requests')
})
