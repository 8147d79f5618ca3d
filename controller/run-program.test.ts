import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { METRIC_PLUGIN, readPluginFlags, STEP_PLUGIN } from './plugin-flags.ts'
import { runProgram } from './run-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-plugin-'))
after(() => rmSync(folder, { recursive: true }))

const script = (name: string, text: string): string => {
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, text)
  return file
}

test('a program gets its input, and its output is the answer', async () => {
  const echo = script('echo', 'process.stdin.pipe(process.stdout)')
  assert.equal(await runProgram(echo, '{"a":1}', 10_000), '{"a":1}')
})

test('it sees nothing of the controller’s environment', async () => {
  process.env['AWS_SECRET_ACCESS_KEY'] = 'hunter2'
  const told = await runProgram(script('env', 'console.log(JSON.stringify(process.env))'), '', 10_000)
  assert.deepEqual(
    Object.keys(JSON.parse(told)).filter(name => name.startsWith('AWS')),
    [],
  )
})

test('what it says when it fails is said; one that cannot be run, and one that never ends, are errors', async () => {
  const failing = script('failing', 'console.error("no data"); process.exit(3)')
  await assert.rejects(runProgram(failing, '', 10_000), { message: 'it ended with 3: no data' })
  await assert.rejects(runProgram(join(folder, 'gone'), '', 10_000), { message: 'it cannot be run (ENOENT)' })
  await assert.rejects(runProgram(script('endless', 'setInterval(() => {}, 1000)'), '', 300), /it did not end within 0\.3 s/)
})

test('flags name plugins', () => {
  assert.deepEqual(readPluginFlags(METRIC_PLUGIN, ['a/b=http://x:1/?q=1', 'a/c=exec:/p/c']), {
    addresses: new Map([
      ['a/b', 'http://x:1/?q=1'],
      ['a/c', 'exec:/p/c'],
    ]),
  })
  for (const [flags, why] of [
    [['ab=http://x'], /must begin with a name of the form ORGANISATION\/NAME/],
    [['sluice/router=http://x'], /is kept for Sluice itself/],
    [['a/b=ftp://x'], /must end with a URL, or exec:/],
    [['a/b=exec:relative'], /must end with a URL, or exec:/],
    [['a/b=http://x', 'a/b=http://y'], /named before/],
  ] as const) {
    const read = readPluginFlags(METRIC_PLUGIN, flags)
    assert.match('problem' in read ? read.problem : '', why)
  }
})

test('a step plugin may be switched off, a metric plugin may not', () => {
  assert.deepEqual(readPluginFlags(STEP_PLUGIN, ['a/b=disabled']), { addresses: new Map([['a/b', 'disabled']]) })
  assert.deepEqual(readPluginFlags(METRIC_PLUGIN, ['a/b=disabled']), {
    problem:
      '--metric-plugin: "a/b=disabled" must end with a URL, or exec: and the path of a program, e.g. --metric-plugin acme/errors=http://plugin.ops:8080/ or --metric-plugin acme/errors=exec:/plugins/errors',
  })
  const read = readPluginFlags(STEP_PLUGIN, ['a/b=off'])
  assert.match(
    'problem' in read ? read.problem : '',
    /^--step-plugin: "a\/b=off" .* or disabled, e\.g\. --step-plugin acme\/load-test=/,
  )
})
