/** The suites of the lanes and of request smuggling, with worker processes in the place of the test's own. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')

/** One worker where the order of what is asked counts: exact splits, pods that are left out, kept connections to pods. */
const SUITES = [
  { file: 'test/smuggling/corpus.test.ts', workers: 2, atLeast: 4 },
  { file: 'router/lanes/failures.test.ts', workers: 1, atLeast: 25 },
  { file: 'router/lanes/tcp.test.ts', workers: 1, atLeast: 8 },
  { file: 'router/lanes/upgrade.test.ts', workers: 1, atLeast: 20 },
  { file: 'router/lanes/leaving.test.ts', workers: 1, atLeast: 6 },
  { file: 'router/lanes/mirror.test.ts', workers: 1, atLeast: 10 },
  { file: 'router/lanes/h2/lane.test.ts', workers: 1, atLeast: 20 },
] as const

const run = async (file: string, workers: number): Promise<string> => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', file], {
    cwd: ROOT,
    env: { ...env, SLUICE_TEST_WORKERS: String(workers) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const text = (await child.stdout.toArray()).join('')
  await ended
  return text
}

for (const { file, workers, atLeast } of SUITES)
  test(`${file} with ${workers} ${workers > 1 ? 'workers' : 'worker'}`, { timeout: 600_000 }, async () => {
    const text = await run(file, workers)
    const failed = text.split('\n').filter(line => /^ *not ok/.test(line))
    assert.deepEqual(failed, [], text)
    const passed = Number(/^# pass (\d+)$/m.exec(text)?.[1])
    assert.ok(passed >= atLeast, `${passed} passed`)
  })
