/** The controller's command line, as far as it needs no cluster. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { VERSION } from '../api/version.ts'

const MAIN = join(import.meta.dirname, 'main.ts')

const start = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>(resolve => {
    execFile(process.execPath, [MAIN, ...args], { timeout: 60_000 }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
    )
  })

test('--version says which one it is, and --help names every flag', async () => {
  assert.deepEqual(await start('--version'), { code: 0, out: `${VERSION}\n`, err: '' })
  const { out } = await start('--help')
  for (const flag of ['--rollouts', '--instance-id', '--namespaced', '--step-plugin', '--metric-plugin', '--notifications'])
    assert.ok(out.includes(`  ${flag}`), flag)
})

test('an instance id that can be no label, or is Sluice’s own, is refused with an example', async () => {
  for (const [args, says] of [
    [
      ['--rollouts', '--instance-id=team a'],
      /^error: --instance-id: "team a" is not supported, .* e\.g\. --instance-id team-a\n$/,
    ],
    [
      ['--rollouts', '--instance-id=sluice'],
      /^error: --instance-id: "sluice" is not supported, must be the value of a label and not sluice/,
    ],
    [['--instance-id=team-a'], /^error: --instance-id: says which Rollouts are run, and needs --rollouts\n$/],
    [
      ['--step-plugin', 'load-test=x'],
      /^error: --step-plugin: "load-test=x" must begin with a name of the form ORGANISATION\/NAME/,
    ],
  ] as const) {
    const { code, err } = await start(...args)
    assert.equal(code, 2)
    assert.match(err, says)
  }
})
