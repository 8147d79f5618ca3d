import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scan } from './scan.ts'

test('all forms of import are found, with their line and kind', () => {
  const { imports } = scan(
    [
      "import { a } from './a.ts'",
      "import type { B } from './b.ts'",
      "import { c, type D } from './c.ts'",
      "import * as e from 'node:e'",
      "import f, { g } from 'f'",
      "import './h.ts'",
      "export { i } from './i.ts'",
      "export type { J } from './j.ts'",
      "export * from './k.ts'",
      "const l = await import('l')",
      "type M = typeof import('m')",
      'import {',
      '  n,',
      "} from './n.ts'",
    ].join('\n'),
  )
  const seen = imports.map(({ from, line, typeOnly, lazy }) => `${line} ${from}${typeOnly ? ' type' : ''}${lazy ? ' lazy' : ''}`)
  assert.deepEqual(
    seen.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)),
    [
      '1 ./a.ts',
      '2 ./b.ts type',
      '3 ./c.ts',
      '4 node:e',
      '5 f',
      '6 ./h.ts',
      '7 ./i.ts',
      '8 ./j.ts type',
      '9 ./k.ts',
      '10 l lazy',
      '11 m type',
      '14 ./n.ts',
    ],
  )
})

test('nothing is found in comments, strings, templates and regular expressions', () => {
  const { imports, code } = scan(
    [
      "// import { a } from './a.ts'",
      "/* import { b } from './b.ts'",
      '   Date.now() */ const c = "import { d } from \'./d.ts\' Date.now()"',
      `const e = \`import { f } from './f.ts' Date.now() \${\`Date.now()\`}\``,
      "const g = /import '[/'`]+ Date.now()/.test('x') ? 4 / 2 / 1 : 0",
    ].join('\n'),
  )
  assert.deepEqual(imports, [])
  assert.ok(!code.includes('Date'), code)
})

test('code between template parts is code', () => {
  const { code } = scan('const a = `x $' + '{Date.now() + { b: `y` }.b} z $' + '{Math.random()}` + process.env')
  assert.match(code, /Date\.now\(\).*Math\.random\(\).*process\.env/)
  assert.ok(!/[xyz]/.test(code.replace('process', '')), code)
})

test('export declarations do not swallow the import that follows', () => {
  const { imports } = scan("export const a = 1\nexport type B = { c: string }\nimport type { D } from './d.ts'\n")
  assert.deepEqual(imports, [{ from: './d.ts', line: 3, typeOnly: true, lazy: false }])
})

test('quotes and slashes inside regular expressions and divisions do not confuse', () => {
  const { code } = scan("const a = b / c\nconst d = x.replace(/['/]/g, '') / 2\nreturn /`/.test(e) && Date.now()")
  assert.match(code, /Date\.now\(\)/)
})

test('JSX is read past: what closes a tag is no regular expression, an apostrophe in its text no string', () => {
  const { imports, code } = scan(
    [
      "import type { VNode } from 'preact'",
      "export const a = (): VNode => <p title='it'>Don't <b>{Date.now()}</b> of </p>",
      'export const b = <br />',
      "export const c = async () => await import('./c.ts')",
    ].join('\n'),
  )
  assert.deepEqual(
    imports.map(({ from, line }) => `${line} ${from}`),
    ['1 preact', '4 ./c.ts'],
  )
  assert.match(code, /Date\.now\(\)/)
})
