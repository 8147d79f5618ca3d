/**
 * Runs the project's tests with Node's own runner and ends with the line `N passed, N failed`.
 *   node tools/run-tests.ts unit           all but *.slow.test.ts and the cluster suite
 *   node tools/run-tests.ts all            also those (in-process cluster, real kubectl, several processes)
 *   node tools/run-tests.ts cluster        the cluster suite, on the control plane that SLUICE_LAB names (tools/kube/in-namespace: the real one)
 *   node tools/run-tests.ts FILE_OR_GLOB…  just these
 * What failed is told again at the end. Random cases are the same in every run; `SEED=n` has others.
 */
import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** Tests of these folders are quick and keep nothing outside of themselves, so each folder runs in one process: most of a small file's time is starting Node. */
const TOGETHER = ['kube', 'router', 'analysis', 'api', 'cli', 'controller', 'demo', 'engine', 'tools']
/** A file (or folder) that takes longer hangs. */
const LONGEST_MS = 10 * 60_000

type Job = { readonly name: string; readonly files: readonly string[]; readonly isSlow: boolean }
type Outcome = {
  readonly job: Job
  readonly passed: number
  readonly failed: number
  readonly output: string
  readonly seconds: number
}

const isSlow = (file: string) => file.endsWith('.slow.test.ts')
const isCluster = (file: string) => file.startsWith('test/cluster/')
/** These need a real node and have a runner of their own, test/node/run.ts. */
const isNode = (file: string) => file.startsWith('test/node/')

const choose = (args: readonly string[]): readonly string[] => {
  const every = globSync('**/*.test.ts', { exclude: ['**/node_modules/**'] })
    .filter(file => !isNode(file))
    .sort()
  const [what = 'unit'] = args
  if (what === 'unit') return every.filter(file => !isSlow(file) && !isCluster(file))
  if (what === 'cluster') return every.filter(isCluster)
  return what === 'all' ? every : globSync([...args]).sort()
}

const makeJobs = (files: readonly string[]): readonly Job[] => {
  const together = (file: string) => !isSlow(file) && TOGETHER.includes(file.split('/')[0] ?? '')
  const folders = TOGETHER.map(folder => ({
    name: `${folder}/`,
    isSlow: false,
    files: files.filter(file => together(file) && file.startsWith(`${folder}/`)),
  }))
  const alone = files
    .filter(file => !together(file))
    .map(file => ({ name: file, files: [file], isSlow: isSlow(file) || isCluster(file) }))
  // Long ones first, so that none is left over at the end with a core idle.
  return [...folders.filter(job => job.files.length > 0), ...alone]
}

const countOf = (output: string, word: 'pass' | 'fail' | 'cancelled'): number =>
  Number(output.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? 0)

const SEEDED = ['--import', join(import.meta.dirname, 'property-seed.ts')]

const hasProperties = (file: string): boolean => readFileSync(file, 'utf8').includes("'fast-check'")

const runJob = (job: Job): Promise<Outcome> =>
  new Promise(resolve => {
    const began = performance.now()
    const isolation = job.files.length > 1 ? ['--test-isolation=none'] : []
    const seed = job.files.some(hasProperties) ? SEEDED : []
    const child = spawn(process.execPath, [...seed, '--test', '--test-reporter=spec', ...isolation, ...job.files], {
      timeout: LONGEST_MS,
    })
    let output = ''
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.stderr.on('data', chunk => {
      output += chunk
    })
    child.on('close', code => {
      const failed = countOf(output, 'fail') + countOf(output, 'cancelled')
      const seconds = (performance.now() - began) / 1000
      // A process that died (or hung and was ended) before it could count is one failure at least.
      resolve({ job, output, seconds, passed: countOf(output, 'pass'), failed: code === 0 ? failed : Math.max(1, failed) })
    })
  })

const outcomes: Outcome[] = []
const tell = (outcome: Outcome) => {
  const { job, passed, failed, seconds, output } = outcome
  outcomes.push(outcome)
  console.log(`${failed > 0 ? '✖' : '✔'} ${job.name}: ${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`)
  if (failed > 0) console.log(output)
}

const work = async (queue: Job[]): Promise<void> => {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) tell(await runJob(job))
}

const jobs = makeJobs(choose(process.argv.slice(2)))
const quick = jobs.filter(job => !job.isSlow)
await Promise.all(Array.from({ length: Math.min(4, availableParallelism() + 1) }, () => work(quick)))
// Files that start clusters and measure under load would only slow one another down.
await work(jobs.filter(job => job.isSlow))

const failing = outcomes.filter(outcome => outcome.failed > 0)
for (const { job } of failing) console.log(`failed: ${job.name}`)
const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + count(outcome), 0)
const [passed, failed] = [sum(outcome => outcome.passed), sum(outcome => outcome.failed)]
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
console.log(`${passed} passed, ${failed} failed`)
