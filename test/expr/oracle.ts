/** The Go library as a child process, built once into the cache. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Answer, Question } from './values.ts'

const FOLDER = join(import.meta.dirname, 'go')
const BUILD_MS = 300_000

const cacheFolder = (): string => process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice')

/** The program's path, or why there is none. */
export const buildOracle = (): { readonly path: string } | { readonly missing: string } => {
  const version = createHash('sha256')
  for (const file of ['main.go', 'go.mod']) version.update(readFileSync(join(FOLDER, file)))
  const path = join(cacheFolder(), `expr-oracle-${version.digest('hex').slice(0, 12)}`)
  if (existsSync(path)) return { path }
  mkdirSync(cacheFolder(), { recursive: true })
  const built = spawnSync('go', ['build', '-o', path, '.'], { cwd: FOLDER, timeout: BUILD_MS, encoding: 'utf8' })
  if (built.error) return { missing: `go cannot be started (${built.error.message})` }
  return built.status === 0 ? { path } : { missing: `the Go program cannot be built: ${built.stderr.trim()}` }
}

/** Asks everything at once. */
export const ask = (path: string, questions: readonly Question[]): readonly Answer[] => {
  const input = questions.map(question => `${JSON.stringify(question)}\n`).join('')
  const done = spawnSync(path, [], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    timeout: 120_000,
    env: { ...process.env, TZ: 'UTC' },
  })
  if (done.status !== 0) throw new Error(`the Go program failed: ${done.stderr || done.error?.message}`)
  return done.stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Answer)
}
