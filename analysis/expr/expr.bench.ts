/** How often a second a usual condition is compiled and evaluated. `node analysis/expr/expr.bench.ts`; the last line is one JSON object. */
import { holds } from '../conditions.ts'
import { conditionEnv } from './argo.ts'
import { compileCondition, evaluate } from './compile.ts'
import { FLOATS } from './go/types.ts'
import { sliceWith } from './run/values.ts'

const CONDITION = 'result[0] >= 0.95'
const FOR_MS = 1500

const perSecond = (work: () => void): number => {
  for (let i = 0; i < 2000; i += 1) work()
  const started = performance.now()
  let done = 0
  while (performance.now() - started < FOR_MS) {
    for (let i = 0; i < 100; i += 1) work()
    done += 100
  }
  return Math.round((done * 1000) / (performance.now() - started))
}

const result = sliceWith(FLOATS, [0.97])
const env = conditionEnv(result)
const compiled = compileCondition(CONDITION, env)
if ('problem' in compiled) throw new Error(compiled.problem.text)

const both = perSecond(() => holds(CONDITION, result, 0))
const evaluating = perSecond(() => evaluate(compiled.program, env, 0))
console.log(`${CONDITION}: compiled and evaluated ${both} times a second, evaluated alone ${evaluating} times a second`)
console.log(JSON.stringify({ condition: CONDITION, compileAndEvaluate: both, evaluate: evaluating }))
