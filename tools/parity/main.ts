/**
 * `make parity`: what of Argo Rollouts is here, row by row: done, otherwise on purpose, or missing. What counts as done is proved now: exactly the
 * tests that the rows name are run. Ends with `N done, N on purpose, N missing`; exit code 1 when a proof that is named does not hold.
 *   node tools/parity/main.ts [WORD…]     only the files of rows whose names have one of the words in them, e.g. 6-tools
 */
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Ended } from './reporter.ts'
import { type Judged, judgeRow, readRows } from './rows.ts'

const HERE = import.meta.dirname
const LONGEST_MS = 10 * 60_000

const run = (files: readonly string[], isolation: readonly string[]): Promise<readonly Ended[]> =>
  new Promise((resolve, reject) => {
    const seed = ['--import', join(HERE, '../property-seed.ts')]
    const args = [...seed, '--test', `--test-reporter=${join(HERE, 'reporter.ts')}`, ...isolation, ...files]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: LONGEST_MS })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', () => {
      const lines = output.split('\n').filter(line => line.startsWith('{"file"'))
      resolve(lines.map((line): Ended => JSON.parse(line)))
    })
  })

/** Tests of pure code share a process, which saves the time of starting Node; those that start a cluster do not. */
const runAll = async (files: readonly string[]): Promise<readonly Ended[]> => {
  const isAlone = (file: string) => file.startsWith('test/') || file.endsWith('.slow.test.ts')
  const ended = [
    ...(await run(
      files.filter(file => !isAlone(file)),
      ['--test-isolation=none'],
    )),
  ]
  for (const file of files.filter(isAlone)) ended.push(...(await run([file], [])))
  return ended
}

const tell = ({ section, text, state, purpose, broken }: Judged): string => {
  const place = section.split(' ')[0] ?? ''
  const why = purpose === undefined ? broken.map(problem => ` (${problem})`).join('') : ` (${purpose})`
  return `${place.padEnd(4)} ${state.padEnd(10)} ${text}${why}`
}

const words = process.argv.slice(2)
const rows = globSync(join(HERE, 'rows/*.txt'))
  .filter(path => words.length === 0 || words.some(word => basename(path).includes(word)))
  .sort()
  .flatMap(path => readRows(readFileSync(path, 'utf8'), path))
const files = [...new Set(rows.flatMap(({ proofs }) => proofs.map(({ file }) => file)))].sort()
const ended = await runAll(files)
const judged = rows.map(row => judgeRow(row, ended, path => readFileSync(path, 'utf8')))
for (const row of judged) console.log(tell(row))
const count = (state: Judged['state']) => judged.filter(row => row.state === state).length
process.exitCode = judged.some(({ broken }) => broken.length > 0) ? 1 : 0
console.log(`${count('done')} done, ${count('on purpose')} on purpose, ${count('missing')} missing`)
