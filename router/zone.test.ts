import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Address } from './endpoints.ts'
import { isFit, nearAddresses } from './zone.ts'

const at = (zone: string | undefined, hints?: readonly string[]): Address => ({
  host: `10.0.0.${zone ?? 'x'}`,
  port: 80,
  ...(zone !== undefined && { zone }),
  ...(hints && { hints }),
})
const near = (addresses: readonly Address[], prefer: 'hints' | 'zone' = 'hints') =>
  nearAddresses(addresses, { zone: 'a', prefer })

test('endpoints that are meant for the zone are preferred, wherever they are', () => {
  const [one, two, three] = [at('a', ['a']), at('b', ['a', 'b']), at('c', ['c'])]
  assert.deepEqual(near([one, two, three]), [one, two])
})

test('hints count only when every endpoint has them, as for service proxies', () => {
  assert.deepEqual(near([at('a', ['a']), at('b')]), [])
  assert.deepEqual(near([at('a', ['a']), at('b', [])]), [])
  assert.deepEqual(near([at('b', ['b']), at('c', ['c'])]), [], 'none is meant for this zone')
  assert.deepEqual(near([]), [])
})

test('without hints zones are looked at only where that is asked for', () => {
  const pods = [at('a'), at('b')]
  assert.deepEqual(near(pods), [])
  assert.deepEqual(near(pods, 'zone'), [pods[0]])
  assert.deepEqual(near([at('a'), at(undefined)], 'zone'), [], 'not all are known')
})

test('a zone with less than half of an even spread is not preferred', () => {
  const spread = (a: number, b: number) => [
    ...Array.from({ length: a }, () => at('a')),
    ...Array.from({ length: b }, () => at('b')),
  ]
  assert.equal(near(spread(1, 3), 'zone').length, 1)
  assert.equal(near(spread(1, 4), 'zone').length, 0)
  assert.equal(near(spread(0, 4), 'zone').length, 0)
  assert.equal(near(spread(4, 0), 'zone').length, 0, 'nothing is left to prefer them to')
})

test('pods of the zone are fit as long as at least half of them can be reached', () => {
  const pods = (up: number, down: number) => [
    ...Array.from({ length: up }, () => ({ inFlight: 0, downUntil: 0 })),
    ...Array.from({ length: down }, () => ({ inFlight: 0, downUntil: 50 })),
  ]
  const cases = [
    [1, 0],
    [1, 1],
    [2, 1],
    [1, 2],
    [0, 1],
    [0, 0],
  ] as const
  assert.deepEqual(
    cases.map(([up, down]) => isFit(pods(up, down), 0)),
    [true, true, true, false, false, false],
  )
  assert.ok(isFit(pods(0, 2), 50), 'their time is over')
})
