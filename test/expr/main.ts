/**
 * Compares the condition language with the Go library on random expressions.
 *   node test/expr/main.ts [RUNS] [SEED]
 * Each difference is printed; the last line says how many there are. Needs Go.
 */
import { fuzz } from './fuzz.ts'
import { buildOracle } from './oracle.ts'

const SHOWN = 60

const [runs = 10_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).filter(Boolean).map(Number)
const oracle = buildOracle()
if ('missing' in oracle) {
  console.error(oracle.missing)
  process.exit(2)
}
const { values, errors, differences } = fuzz(oracle.path, runs, seed)
const shortest = differences.toSorted((a, b) => a.question.source.length - b.question.source.length)
for (const { question, ours, go } of shortest.slice(0, SHOWN)) {
  console.log(
    `${question.source}\n  ours ${JSON.stringify({ ...ours, text: undefined })}\n  Go   ${JSON.stringify({ ...go, text: undefined })}`,
  )
}
console.log(
  `seed ${seed}: ${runs} expressions (${values} with a value, ${errors} with an error), ${differences.length} differences`,
)
process.exitCode = differences.length === 0 ? 0 : 1
