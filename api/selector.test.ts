import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesSelector, parseSelector } from './selector.ts'

const matches = (text: string, labels: Readonly<Record<string, string>>): boolean => {
  const parsed = parseSelector(text)
  assert.ok('selector' in parsed, JSON.stringify(parsed))
  return matchesSelector(parsed.selector, labels)
}

const web = { app: 'web', tier: 'front', empty: '', 'example.com/team': 'a.b_c-1' }

const rows: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['app=web', true],
  ['app==web', true],
  [' app = web , tier = front ', true],
  ['app=db', false],
  ['app!=db', true],
  ['app!=web', false],
  ['missing!=x', true],
  ['missing=x', false],
  ['app in (db, web)', true],
  ['app in (db)', false],
  ['app notin (db,cache)', true],
  ['missing notin (x)', true],
  ['app', true],
  ['missing', false],
  ['!missing', true],
  ['!app', false],
  ['empty=', true],
  ['empty', true],
  ['app=', false],
  ['empty in (,x)', true],
  ['example.com/team=a.b_c-1', true],
  ['app in (web),!missing,tier notin (back),example.com/team', true],
  ['toString', false],
  ['!constructor', true],
]

for (const [text, wanted] of rows) {
  test(`${JSON.stringify(text)} ${wanted ? 'selects' : 'does not select'} ${JSON.stringify(web)}`, () => {
    assert.equal(matches(text, web), wanted)
  })
}

for (const text of [
  'a b',
  'app=web,',
  ',',
  'app in (a',
  'app in a',
  '=web',
  'app=we b',
  'app=-x',
  '-app',
  'a/b/c=d',
  'app in (a,b c)',
  'x>1',
]) {
  test(`${JSON.stringify(text)} is refused, with what is allowed`, () => {
    const parsed = parseSelector(text)
    assert.ok('problem' in parsed, JSON.stringify(parsed))
    assert.match(parsed.problem, /is not a label requirement; allowed are key=value, .* e\.g\. "app=web,tier!=cache"$/)
  })
}

test('an empty selector matches everything, an absent one nothing', () => {
  assert.equal(matchesSelector({}, web), true)
  assert.equal(matchesSelector({}, undefined), true)
  assert.equal(matchesSelector(undefined, web), false)
})

test('labels and expressions of the object form must all hold', () => {
  const matchLabels = { app: 'web' }
  assert.equal(matchesSelector({ matchLabels, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, web), true)
  assert.equal(matchesSelector({ matchLabels, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, web), false)
  assert.equal(
    matchesSelector({ matchLabels: { app: 'db' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, web),
    false,
  )
  assert.equal(matchesSelector({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, web), false)
})
