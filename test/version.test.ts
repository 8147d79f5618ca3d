import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { VERSION } from '../api/version.ts'

test('the version that Sluice says it has is that of package.json', () => {
  const manifest: unknown = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'))
  assert.equal((manifest as { readonly version?: string }).version, VERSION)
})
