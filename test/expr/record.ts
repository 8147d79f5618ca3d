/**
 * Asks the Go library about each case of regressions.jsonl anew and writes its answers there. A new case needs only its name and source.
 *   node test/expr/record.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENV } from './environment.ts'
import { ask, buildOracle } from './oracle.ts'

const FILE = join(import.meta.dirname, 'regressions.jsonl')

type Case = { readonly name: string; readonly source: string; readonly exact?: true }

const oracle = buildOracle()
if ('missing' in oracle) {
  console.error(oracle.missing)
  process.exit(2)
}
const cases = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter(line => line !== '')
  .map(line => JSON.parse(line) as Case)
const answers = ask(
  oracle.path,
  cases.map(({ source }) => ({ source, env: ENV })),
)
const lines = cases.map(({ name, source, exact }, i) => {
  const { text, ...rest } = answers[i] ?? {}
  return JSON.stringify({ name, source, ...(exact && { exact, text }), go: rest })
})
writeFileSync(FILE, `${lines.join('\n')}\n`)
console.log(`${lines.length} answers written`)
