import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileCondition, evaluate } from './compile.ts'
import { toExprValue } from './run/json.ts'
import type { Value } from './run/values.ts'

const problemOf = (source: string, env: ReadonlyMap<string, Value> = new Map()): string => {
  const compiled = compileCondition(source, env)
  const done = 'problem' in compiled ? compiled : evaluate(compiled.program, env, 0)
  return 'problem' in done ? `${done.problem.kind}: ${done.problem.message}` : assert.fail('it has a value')
}

describe('an expression', () => {
  test('has a problem with its place, as a value', () => {
    assert.deepEqual(compileCondition('1 +\n  x', new Map()), {
      problem: {
        kind: 'compile',
        message: 'unknown name x',
        line: 2,
        column: 3,
        text: 'unknown name x (2:3)\n |   x\n | ..^',
      },
    })
  })

  test('may be compiled once and evaluated with many values of the same types', () => {
    const env = (result: Value) => new Map([['result', result]])
    const compiled = compileCondition('result > 1', env(0))
    if ('problem' in compiled) return assert.fail(compiled.problem.text)
    assert.deepEqual(
      [0, 2].map(one => evaluate(compiled.program, env(one), 0)),
      [{ value: false }, { value: true }],
    )
    const wrong = evaluate(compiled.program, env('text'), 0)
    assert.equal('problem' in wrong && wrong.problem.message, 'invalid operation: string > int')
  })

  test('cannot reach anything of JavaScript', () => {
    const env = new Map([['result', toExprValue({ a: 1 })]])
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const compiled = compileCondition(`result.${name} == nil && $env?.${name} == nil`, env)
      assert.deepEqual('program' in compiled && evaluate(compiled.program, env, 0), { value: true }, name)
      assert.equal(problemOf(name, env), `compile: unknown name ${name}`)
    }
    const env2 = new Map([['result', toExprValue(JSON.parse('{"__proto__": {"x": 1}}'))]])
    const compiled = compileCondition('result.x == nil && result["__proto__"].x == 1', env2)
    assert.deepEqual('program' in compiled && evaluate(compiled.program, env2, 0), { value: true })
  })

  test('that is nested too deeply is refused', () => {
    assert.equal(problemOf('('.repeat(200_000)), 'compile: expression is nested too deeply')
    assert.match(problemOf(`${'['.repeat(9000)}${']'.repeat(9000)}.x`), /^compile: /)
  })

  test('of more than 10,000 nodes is refused', () => {
    assert.equal(problemOf(`[${'1,'.repeat(10_000)}]`), 'compile: compilation failed: expression exceeds maximum allowed nodes')
  })

  test('that would never end is given up', () => {
    const hours = 'let a = 1..900000; all(a, all(a, all(a, # > 0)))'
    assert.equal(problemOf(hours), 'run: the expression takes more than 10000000 steps')
    assert.equal(problemOf('len(uniq(1..900000))'), 'run: the expression takes more than 10000000 steps')
    assert.equal(problemOf('let a = 1..900000; any(a, -1 in a)'), 'run: the expression takes more than 10000000 steps')
  })

  test('with a pattern that other engines take for ever for is answered', () => {
    const env = new Map<string, Value>([['s', `${'a'.repeat(5000)}!`]])
    const compiled = compileCondition('s matches "^(a+)+$"', env)
    assert.deepEqual('program' in compiled && evaluate(compiled.program, env, 0), { value: false })
  })
})
