import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileLinear } from './linear.ts'

const matches = (source: string, text: string): boolean => {
  const compiled = compileLinear(source)
  if ('problem' in compiled) throw new Error(`${source} ${compiled.problem}`)
  return compiled.matches(text)
}
const problemOf = (source: string): string => {
  const compiled = compileLinear(source)
  return 'problem' in compiled ? compiled.problem : 'accepted'
}

const atom: fc.Arbitrary<string> = fc.constantFrom(
  'a',
  'b',
  'c',
  '.',
  '[ab]',
  '[^a]',
  '[a-c]',
  '\\d',
  '\\w',
  '\\.',
  '1',
  'A',
  '^',
  '$',
  '[b\\d]',
)
const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>(tie => ({
  e: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc.tuple(tie('e'), tie('e')).map(([x, y]) => x + y),
    fc.tuple(tie('e'), tie('e')).map(([x, y]) => `(?:${x}|${y})`),
    fc.tuple(tie('e'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{0,2}', '{1,}')).map(([x, q]) => `(${x})${q}`),
  ),
})).e

test('it agrees with JavaScript`s own expressions on whole texts', () => {
  fc.assert(
    fc.property(expression, fc.stringMatching(/^[abcA1.]{0,8}$/), fc.boolean(), (source, text, ignoreCase) => {
      const oracle = new RegExp(`^(?:${source})$`, ignoreCase ? 'i' : '')
      assert.equal(matches(ignoreCase ? `(?i)${source}` : source, text), oracle.test(text), `${source} on ${text}`)
    }),
    { numRuns: 3_000 },
  )
})

test('what takes exponential time elsewhere takes a moment here', () => {
  const text = `${'a'.repeat(4_000)}!`
  for (const source of ['(a+)+', '(a|a)*', '(a|aa)+', '(.*)(.*)(.*)(.*)x', '(a*)*b', '([a-z]+)*$'])
    assert.equal(matches(source, text), false, source)
})

test('values as people write them', () => {
  assert.ok(matches('Mozilla/5\\.0 .*(Firefox|Chrome)/\\d+.*', 'Mozilla/5.0 (X11) Gecko/20 Firefox/128.0'))
  assert.ok(matches('(?i)yes|true', 'TRUE'))
  assert.ok(!matches('yes', 'yes!'))
  assert.ok(matches('/api/v[12]/.*', '/api/v2/users'))
  assert.ok(matches('[]x-]+', ']-x'))
  assert.ok(matches('a{3}', 'aaa') && !matches('a{3}', 'aa'))
  assert.ok(matches('', ''))
})

test('a text that is too long does not match', () => assert.equal(matches('a*', 'a'.repeat(5_000)), false))

for (const [source, says] of [
  ['(a', /\( that is not closed at 0/],
  ['a)', /closes nothing/],
  ['[a', /\[ that is not closed at 0/],
  ['*a', /nothing to repeat/],
  ['a\\', /ends in the middle/],
  ['(?=a)', /only \(\?: and a leading/],
  ['\\bword', /\\b, which is not known/],
  ['(a)\\1', /\\1, which is not known/],
  ['[z-a]', /range z-a/],
  ['a{200}', /counts go up to 100/],
  ['a{3,2}', /the smaller first/],
  ['((a{50}){50}){2}', /too large/],
] as const) {
  test(`refused: ${source}`, () => assert.match(problemOf(source), says))
}
