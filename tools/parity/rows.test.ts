import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeRow, readRows } from './rows.ts'

const TEXT = `# A comment.
@plan = a/plan.test.ts
@page = a/page.txt <- a/plan.test.ts: the page

## 1.1 Spec
replicas: how many
  @plan: scales up
  @page: Scaled up
paused: nothing moves
scope: of the cluster
  on purpose: nobody needs it
`

const judge = (ended: Parameters<typeof judgeRow>[1], page = 'Scaled up ReplicaSet') =>
  readRows(TEXT, 'x.txt').map(row => judgeRow(row, ended, () => page))

const ended = (name: string, passed = true) => ({ file: 'a/plan.test.ts', name, passed })

test('a row is done when each of its proofs was run and passed', () => {
  assert.deepEqual(
    judge([ended('scales up'), ended('the page')]).map(({ state, text }) => `${text} ${state}`),
    ['replicas: how many done', 'paused: nothing moves missing', 'scope: of the cluster on purpose'],
  )
})

test('a row whose test fails, is not there, or whose page says something else is missing, with the reason', () => {
  const [failed, absent, other] = [
    judge([ended('scales up', false), ended('the page')]),
    judge([ended('the page')]),
    judge([ended('scales up'), ended('the page')], 'Scaled down'),
  ].map(([row]) => row)
  assert.deepEqual([failed?.state, failed?.broken], ['missing', ['a/plan.test.ts: "scales up" did not pass']])
  assert.deepEqual([absent?.state, absent?.broken], ['missing', ['a/plan.test.ts has no test "scales up"']])
  assert.deepEqual([other?.state, other?.broken], ['missing', ['a/page.txt does not say "Scaled up"']])
})

test('of two tests with one name both have to pass', () => {
  const [row] = judge([ended('scales up'), ended('scales up', false), ended('the page')])
  assert.equal(row?.state, 'missing')
})

test('a proof by a name that is not declared is refused with its place', () => {
  assert.throws(() => readRows('## 1\nreplicas\n  @other: x', 'x.txt'), /x\.txt:3: a proof is/)
})
