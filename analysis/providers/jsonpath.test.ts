import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findByJsonPath, parseJsonPath } from './jsonpath.ts'

const DATA = {
  data: { ok: true, 'a.b': 1, 'c-d': 'x' },
  items: [
    { name: 'a', v: 1, labels: { app: 'web' } },
    { name: 'b', v: 2 },
    { name: 'c', v: 3, labels: { app: 'api' } },
  ],
  l: [10, 20, 30, 40],
}

const found = (template: string): unknown => {
  const parsed = parseJsonPath(template)
  if ('problem' in parsed) return `wrong: ${parsed.problem}`
  const answer = findByJsonPath(parsed.path, DATA)
  return 'problem' in answer ? `not found: ${answer.problem}` : answer.values
}

const CASES: readonly (readonly [template: string, values: unknown])[] = [
  ['{$}', [DATA]],
  ['{.data.ok}', [true]],
  ['{$.data.ok}', [true]],
  ['{$["data"].ok}', [true]],
  ["{.data['c-d']}", ['x']],
  ['{.data.c-d}', ['x']],
  ['{.data.a\\.b}', [1]],
  ['{.l[0]}', [10]],
  ['{.l[-1]}', [40]],
  ['{.l[1:3]}', [20, 30]],
  ['{.l[-2:]}', [30, 40]],
  ['{.l[::2]}', [10, 30]],
  ['{.l[0,2]}', [10, 30]],
  ['{.items[*].name}', ['a', 'b', 'c']],
  ["{.items[0]['name','v']}", ['a', 1]],
  ['{.items[?(@.name=="b")].v}', [2]],
  ["{.items[?(@.name=='b')].v}", [2]],
  ['{.items[?(@.v>1)].name}', ['b', 'c']],
  ['{.items[?(@.v!=2)].name}', ['a', 'c']],
  ['{.items[?(@.labels)].name}', ['a', 'c']],
  ['{.items[?(@.labels.app=="api")].name}', ['c']],
  ['{..app}', ['web', 'api']],
  ['{range .items[*]}{.name}{":"}{.v}{end}', ['a', ':', 1, 'b', ':', 2, 'c', ':', 3]],
  ['ok: {.data.ok}', ['ok: ', true]],
  ['{.data.missing}', 'not found: missing is not found'],
  ['{.l[9]}', 'not found: array index out of bounds: index 9, length 4'],
  ['{.data[0]}', 'not found: is not array or slice'],
  ['{.data', 'wrong: unclosed action'],
  ['{.l[x]}', 'wrong: invalid array index x'],
  ['{range .l[*]}{@}', 'wrong: not in range, nothing to end'],
  ['{.constructor}', 'not found: constructor is not found'],
]

describe("kubectl's JSONPath", () => {
  for (const [template, values] of CASES) test(template, () => assert.deepEqual(found(template), values))
})
