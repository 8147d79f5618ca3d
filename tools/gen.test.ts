import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

test('the generated files are what api/ says', async () => {
  const gen = join(import.meta.dirname, 'gen.ts')
  const { stderr } = await promisify(execFile)(process.execPath, [gen, '--check'], { timeout: 60_000 })
  assert.equal(stderr, '')
})
