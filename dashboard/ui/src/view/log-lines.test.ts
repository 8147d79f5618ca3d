import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendLines, NO_LINES } from './log-lines.ts'

test('lines are put together from what comes, and the newest are kept', () => {
  const one = appendLines(appendLines(NO_LINES, 'a\nb'), 'c\nd')
  assert.deepEqual(one, { lines: ['a', 'bc'], rest: 'd', first: 0 })
  const many = appendLines(one, `\n${'x\n'.repeat(2500)}`)
  assert.deepEqual([many.lines.length, many.first, many.lines[0]], [2000, 503, 'x'])
})
