import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCookie } from './cookies.ts'

const find = (header: string, name = 'beta') => findCookie(header, name, () => true)

const cases: readonly (readonly [string, string | undefined])[] = [
  ['beta=yes', 'yes'],
  ['a=1; beta=yes; c=2', 'yes'],
  ['a=1;beta=yes', 'yes'],
  ['Beta=yes', undefined],
  ['xbeta=yes', undefined],
  ['betax=yes', undefined],
  ['beta', undefined],
  ['beta=', ''],
  ['beta="yes"', 'yes'],
  ['beta="', '"'],
  ['beta=""', ''],
  ['beta=a=b', 'a=b'],
  ['beta=%79es', '%79es'],
  [' beta = yes ', 'yes'],
  ['other="a; beta=no', 'no'],
  ['', undefined],
  [';;;', undefined],
]
for (const [header, value] of cases)
  test(`Cookie: ${header} has ${value === undefined ? 'no such cookie' : JSON.stringify(value)}`, () =>
    assert.equal(find(header), value))

test('of several cookies with one name the first that passes is taken', () => {
  assert.equal(
    findCookie('beta=1; beta=2; beta=3', 'beta', value => value !== '1'),
    '2',
  )
})
