import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { compileCondition, evaluate } from '../../analysis/expr/compile.ts'
import { isMap, isSlice, typeName, type Value } from '../../analysis/expr/run/values.ts'
import { envOf } from './values.ts'

type Vector = { readonly expr: string; readonly result: unknown; readonly floats?: true; readonly go: string }

const vectors = readFileSync(join(import.meta.dirname, 'vectors.jsonl'), 'utf8')
  .split('\n')
  .filter(line => line !== '')
  .map(line => JSON.parse(line) as Vector)

const plain = (value: Value): unknown => {
  if (typeof value === 'bigint') return Number(value)
  if (isSlice(value)) return value.items.map(plain)
  if (isMap(value)) return Object.fromEntries([...value.entries.values()].map(({ key, value: of }) => [String(key), plain(of)]))
  return typeof value === 'object' && value?.kind === 'boxed' ? Number(value.value) : value
}

/** As the vectors were written: the value as JSON and its type, or the class of the error and its message. */
const answerOf = ({ expr, result, floats }: Vector): string => {
  const env = envOf({ result: floats ? { $floats: result } : result })
  const compiled = compileCondition(expr, env)
  if ('problem' in compiled) return `compile ERROR: ${compiled.problem.message.trim()}`
  const done = evaluate(compiled.program, env, 0)
  if ('problem' in done) return `run ERROR: ${done.problem.message.trim()}`
  if (typeof done.value === 'bigint') return `${done.value} (int)`
  return `${JSON.stringify(plain(done.value))} (${typeName(done.value)})`
}

describe('as the Go library answers:', () => {
  for (const vector of vectors) {
    test(`${vector.expr || '(nothing)'} with ${JSON.stringify(vector.result)}`, () => {
      assert.equal(answerOf(vector), vector.go)
    })
  }
})
