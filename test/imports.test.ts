/** The import rules over every TypeScript file of the project; the rules themselves are in imports/rules.ts. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { packagesDeclared, RULES, type SourceFile } from './imports/rules.ts'
import { scan } from './imports/scan.ts'

const ROOT = join(import.meta.dirname, '..')

const isOurs = (path: string): boolean => !/(^|\/)(node_modules|\.sluice)\//.test(path)

const read = (path: string): SourceFile => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, lines: text.split('\n').length - 1, ...scan(text) }
}

const files = globSync('*/**/*.{ts,tsx}', { cwd: ROOT, exclude: path => path === 'node_modules' })
  .filter(isOurs)
  .sort()
  .map(read)

const names = (field: unknown): readonly string[] => (typeof field === 'object' && field !== null ? Object.keys(field) : [])
const manifest: { readonly [field: string]: unknown } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const packages = packagesDeclared(names(manifest['dependencies']), names(manifest['devDependencies']))

test('the project is there', () => {
  assert.ok(files.length > 30, `only ${files.length} files under ${ROOT}`)
  assert.ok(files.some(file => file.imports.length > 0))
  assert.ok(files.some(file => file.path.endsWith('.tsx') && file.imports.some(({ from }) => from === 'preact')))
})

for (const rule of [...RULES, packages]) {
  test(rule.says, () => {
    const offences = rule.check(files).map(({ file, line, what }) => `${file}${line === undefined ? '' : `:${line}`} ${what}`)
    assert.ok(offences.length === 0, `rule: ${rule.says}\n  ${offences.join('\n  ')}`)
  })
}
