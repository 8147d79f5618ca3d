/**
 * The condition language of AnalysisTemplates: compatible with github.com/expr-lang/expr v1.17.8, which Argo Rollouts evaluates
 * conditions with. Pure; nothing of an expression is ever run as JavaScript. docs/decisions/0008-expr.md says how and why.
 */
import { BUILTINS } from './builtins/registry.ts'
import { check } from './check/check.ts'
import { type Nature, NIL, natureOf, UNKNOWN } from './check/nature.ts'
import { optimize } from './optimize/optimize.ts'
import { parse } from './parse/parser.ts'
import { CompileFailure, type ExprProblem, NOWHERE, problemAt } from './problem.ts'
import { buildCode } from './run/build.ts'
import { budget, type Frame, patience } from './run/frame.ts'
import { RunFailure, stringMap, typeOf, type Value } from './run/values.ts'
import { UTC } from './time/civil.ts'

export type Env = ReadonlyMap<string, Value>

export type Program = { readonly source: string; readonly run: (frame: Frame) => Value }

const natureOfValue = (value: Value): Nature => {
  const type = typeOf(value)
  return type ? natureOf(type) : NIL
}

const TOO_DEEP = 'expression is nested too deeply'

/**
 * Compiles an expression for values of the types that are in the environment now (a value of another type later is a run problem).
 * @param untyped names of the environment whose values can have any type
 * @returns the program, or what is wrong with the expression
 */
export const compileCondition = (
  source: string,
  env: Env,
  untyped: ReadonlySet<string> = new Set(),
): { readonly program: Program } | { readonly problem: ExprProblem } => {
  try {
    const tree = parse(source, { isBuiltin: name => BUILTINS.has(name), isOverridden: name => env.has(name) })
    const natures = new Map([...env].map(([name, value]) => [name, untyped.has(name) ? UNKNOWN : natureOfValue(value)] as const))
    check(tree, natures, BUILTINS)
    return { program: { source, run: buildCode(optimize(tree), BUILTINS) } }
  } catch (error) {
    if (error instanceof CompileFailure) return { problem: problemAt('compile', error.message, source, error.span) }
    // The stack is used up by the nesting of the expression.
    if (error instanceof RangeError) return { problem: problemAt('compile', TOO_DEEP, source, undefined) }
    throw error
  }
}

/**
 * @param now milliseconds since the epoch, which `now()` answers with
 * @returns the value, or why there is none
 */
export const evaluate = (
  program: Program,
  env: Env,
  now: number,
): { readonly value: Value } | { readonly problem: ExprProblem } => {
  const around = {
    grow: budget(),
    step: patience(),
    now: () => ({ kind: 'time', ns: BigInt(Math.trunc(now)) * 1_000_000n, location: UTC }) as const,
  }
  const frame: Frame = { env: stringMap(env), around, variables: [], loop: undefined, at: NOWHERE }
  try {
    return { value: program.run(frame) }
  } catch (error) {
    if (error instanceof RunFailure) return { problem: problemAt('run', error.message, program.source, frame.at) }
    if (error instanceof RangeError) return { problem: problemAt('run', TOO_DEEP, program.source, undefined) }
    throw error
  }
}
