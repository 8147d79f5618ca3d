import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packagesDeclared, RULES, type SourceFile } from './rules.ts'
import { scan } from './scan.ts'

const file = (path: string, text: string): SourceFile => ({ path, lines: text.split('\n').length, ...scan(text) })
const CLOCK = 'export const a = Date.now()'

const rows: readonly { readonly rule: string; readonly files: readonly SourceFile[]; readonly offender: string }[] = [
  { rule: 'to its left', files: [file('engine/a.ts', "import { b } from '../kube/b.ts'")], offender: 'engine/a.ts' },
  { rule: 'to its left', files: [file('router/a.ts', "import type { B } from '../engine/b.ts'")], offender: 'router/a.ts' },
  { rule: 'to its left', files: [file('webhook/a.ts', "import { b } from '../controller/b.ts'")], offender: 'webhook/a.ts' },
  { rule: 'to its left', files: [file('unheard/a.ts', "import { b } from './b.ts'")], offender: 'unheard/a.ts' },
  { rule: 'only types from api', files: [file('kube/a.ts', "import { b } from '../api/b.ts'")], offender: 'kube/a.ts' },
  { rule: 'import no package', files: [file('api/a.ts', "import { b } from 'node:fs'")], offender: 'api/a.ts' },
  {
    rule: 'import no package',
    files: [file('webhook/review.ts', "import express from 'express'")],
    offender: 'webhook/review.ts',
  },
  { rule: 'only kube imports', files: [file('cli/a.ts', "await import('@kubernetes/client-node')")], offender: 'cli/a.ts' },
  { rule: 'only kube imports', files: [file('kube/a.ts', "import { b } from '@kubernetes/client-node'")], offender: 'kube/a.ts' },
  { rule: 'nothing that ships', files: [file('engine/a.ts', "import { b } from './testing/b.ts'")], offender: 'engine/a.ts' },
  { rule: 'nothing that ships', files: [file('cli/a.ts', "import { b } from '../test/b.ts'")], offender: 'cli/a.ts' },
  {
    rule: 'the page imports',
    files: [file('dashboard/ui/src/parts/a.tsx', "import { b } from '../../../contract.ts'")],
    offender: 'dashboard/ui/src/parts/a.tsx',
  },
  {
    rule: 'the page imports',
    files: [file('dashboard/ui/src/a.tsx', "import type { B } from '../../model/row.ts'")],
    offender: 'dashboard/ui/src/a.tsx',
  },
  {
    rule: 'the page imports',
    files: [file('dashboard/ui/src/a.ts', "import { readFileSync } from 'node:fs'")],
    offender: 'dashboard/ui/src/a.ts',
  },
  { rule: 'the page imports', files: [file('dashboard/a.ts', "import { b } from './ui/src/b.ts'")], offender: 'dashboard/a.ts' },
  { rule: 'pure files', files: [file('engine/a.ts', CLOCK)], offender: 'engine/a.ts' },
  { rule: 'pure files', files: [file('router/pick.ts', 'export const a = Math.random()')], offender: 'router/pick.ts' },
  { rule: 'pure files', files: [file('traffic/a.ts', 'setTimeout(() => undefined, 1)')], offender: 'traffic/a.ts' },
  { rule: 'only main.ts', files: [file('kube/a.ts', "export const a = process.env['HOME']")], offender: 'kube/a.ts' },
  {
    rule: 'by way of others',
    files: [file('api/a.ts', "import './b.ts'"), file('api/b.ts', "import './a.ts'")],
    offender: 'api/a.ts',
  },
  { rule: 'longer than', files: [file('api/a.ts', '\n'.repeat(400))], offender: 'api/a.ts' },
]

for (const { rule, files, offender } of rows) {
  test(`the rule "${rule}" finds ${files.map(({ path, code }) => `${path}: ${code.trim()}`).join(' and ')}`, () => {
    const found = RULES.filter(one => one.says.includes(rule)).flatMap(one => one.check(files))
    assert.deepEqual(
      found.map(one => one.file),
      [offender],
    )
  })
}

test('what is allowed offends no rule', () => {
  const files = [
    file('api/a.ts', 'export const a = new Date(0) // Date.now()'),
    file('engine/a.ts', "import { a } from '../api/a.ts'"),
    file('engine/a.test.ts', "import { test } from 'node:test'\nimport { x } from '../cluster/x.ts'\nDate.now()"),
    file('kube/a.ts', "import type { a } from '../api/a.ts'\nconst b = await import('@kubernetes/client-node')"),
    file('dashboard/ui/src/parts/a.tsx', "import type { B } from '../../../contract.ts'\nimport { render } from 'preact/hooks'"),
    file('controller/main.ts', "import { a } from '../engine/a.ts'\nprocess.argv"),
  ]
  assert.deepEqual(
    RULES.flatMap(rule => rule.check(files)),
    [],
  )
})

test('a package must be declared, and a devDependency does not ship', () => {
  const rule = packagesDeclared(['undici'], ['fast-check'])
  const check = (path: string, text: string) => rule.check([file(path, text)]).length
  assert.equal(check('kube/a.ts', "import { b } from 'undici/sub'"), 0)
  assert.equal(check('kube/a.ts', "import { b } from 'lodash'"), 1)
  assert.equal(check('kube/a.ts', "import { b } from 'fast-check'"), 1)
  assert.equal(check('kube/a.test.ts', "import { b } from 'fast-check'"), 0)
})
