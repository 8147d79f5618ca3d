import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedKeys, deriveKey, keysOf, makeKey, nextKeys, type SharedKeys } from './shared-keys.ts'

const rules = { replaceMs: 1000, spreadMs: 100, acceptMs: 300 }
const keys = ['a', 'b', 'c']
const makerOf = () => {
  const left = [...keys]
  return () => left.shift() ?? 'none'
}

test('over its life a key is announced, signs, is accepted, and is forgotten; at no time does one sign that was not announced', () => {
  const make = makerOf()
  let state: SharedKeys | undefined
  const seen: string[] = []
  for (let now = 0; now <= 2000; now += 50) {
    const before = state
    state = nextKeys(before, rules, now, make)
    if (state !== before) seen.push(`${now} ${acceptedKeys(state).join(' ')}`)
    if (before && state.current !== before.current) assert.ok(acceptedKeys(before).includes(state.current))
  }
  assert.deepEqual(seen, ['0 a', '1000 a b', '1100 b a', '1400 b'])
})

test('nothing is changed when nothing is due', () => {
  const before = { current: 'a', since: 0 }
  assert.equal(nextKeys(before, rules, 999), before)
})

test('what holds no key of the right length holds none', () => {
  const encode = (text: string) => Buffer.from(text).toString('base64')
  assert.equal(keysOf({}), undefined)
  assert.equal(keysOf({ data: { current: encode('short') } }), undefined)
  const key = makeKey()
  assert.deepEqual(keysOf({ data: { current: encode(key), since: encode('5'), next: encode('x') } }), { current: key, since: 5 })
})

test('a derived key is another for another purpose and another key', () => {
  const [key, other] = [makeKey(), makeKey()]
  assert.equal(deriveKey(key, 'x'), deriveKey(key, 'x'))
  assert.equal(new Set([key, deriveKey(key, 'x'), deriveKey(key, 'y'), deriveKey(other, 'x')]).size, 4)
})
