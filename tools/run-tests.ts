/**
 * Runs the project's tests with Node's own runner and ends with the line `N passed, N failed`.
 *   node tools/run-tests.ts unit           tests that need no sockets of other processes: all but *.slow.test.ts
 *   node tools/run-tests.ts all            also those (in-process cluster, real kubectl, several processes)
 *   node tools/run-tests.ts cluster        the cluster suite, on the control plane that SLUICE_LAB names (tools/kube/in-namespace: the real one)
 *   node tools/run-tests.ts FILE_OR_GLOB…  just these
 */
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const [what = 'unit', ...more] = process.argv.slice(2)
const isOurs = (file: string) => !file.includes('node_modules')
const every = globSync('**/*.test.ts').filter(isOurs).sort()
const isSlow = (file: string) => file.endsWith('.slow.test.ts')
const isCluster = (file: string) => file.startsWith('test/cluster/')
const chosen: Record<string, (file: string) => boolean> = {
  unit: file => !isSlow(file) && !isCluster(file),
  all: () => true,
  cluster: isCluster,
}
const files = chosen[what] ? every.filter(chosen[what]) : globSync([what, ...more]).filter(isOurs)

let passed = 0
let failed = 0
// Several files that start clusters would fight for the same cores and time out.
const concurrency = what === 'unit' ? Math.min(availableParallelism(), 4) : Math.max(1, Math.floor(availableParallelism() / 2))
const stream = run({ files, concurrency, forceExit: false })
stream.on('test:pass', event => {
  if (event.details.type !== 'suite' && !event.skip && !event.todo) passed += 1
})
stream.on('test:fail', event => {
  if (event.details.type !== 'suite') failed += 1
})
stream.on('end', () => {
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
  setImmediate(() => console.log(`${passed} passed, ${failed} failed`))
})
stream.compose(spec).pipe(process.stdout, { end: false })
