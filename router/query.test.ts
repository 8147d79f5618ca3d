import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasParameter } from './query.ts'

const has = (url: string, name: string, value: string) => hasParameter(url, name, seen => seen === value)

const cases: readonly (readonly [string, string, string, boolean])[] = [
  ['/?beta=yes', 'beta', 'yes', true],
  ['/?a=1&beta=yes&c=2', 'beta', 'yes', true],
  ['/?Beta=yes', 'beta', 'yes', false],
  ['/?beta=no&beta=yes', 'beta', 'yes', true],
  ['/beta=yes', 'beta', 'yes', false],
  ['/?xbeta=yes', 'beta', 'yes', false],
  ['/?beta', 'beta', '', true],
  ['/?beta=', 'beta', '', true],
  ['/?&&beta=yes&', 'beta', 'yes', true],
  ['/?b%65ta=y%65s', 'beta', 'yes', true],
  ['/?beta=a+b%20c', 'beta', 'a b c', true],
  ['/?n=%C3%A9', 'n', 'é', true],
  ['/?beta=100%', 'beta', '100%', true],
  ['/?beta=a%3Db', 'beta', 'a=b', true],
  ['/?beta=a=b', 'beta', 'a=b', true],
  ['/?beta=a%26b', 'beta', 'a&b', true],
  ['/?a;beta=yes', 'beta', 'yes', false],
  ['/?a=1?beta=yes', 'beta', 'yes', false],
  ['/?', 'beta', '', false],
]
for (const [url, name, value, is] of cases)
  test(`${url} ${is ? 'has' : 'has not'} ${name} with ${JSON.stringify(value)}`, () => assert.equal(has(url, name, value), is))

test('it sees the same parameters as URLSearchParams in whatever query', () => {
  const piece = fc.constantFrom('a', 'b', '=', '&', '%', '%41', '+', '%zz', '?', '%C3%A9', ';')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), parts => {
      const query = parts.join('')
      for (const [name, value] of new URLSearchParams(query))
        if (!query.startsWith('?')) assert.ok(has(`/?${query}`, name, value), query)
    }),
  )
})

test('a query of nothing but separators takes no more time than its length', () => {
  assert.equal(has(`/?${'&'.repeat(1_000_000)}beta`, 'beta', ''), true)
})
