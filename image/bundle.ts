/**
 * Writes the bundle that the image holds.
 *   node image/bundle.ts --out DIR [--source-maps]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBundle } from './make-bundle.ts'

const { values } = parseArgs({ options: { out: { type: 'string' }, 'source-maps': { type: 'boolean', default: false } } })
if (values.out === undefined) {
  console.error('error: --out is missing: the folder to write to, e.g. node image/bundle.ts --out dist')
  process.exit(2)
}
const { files } = await makeBundle({ sourceMaps: values['source-maps'] })
mkdirSync(values.out, { recursive: true })
for (const { name, content } of files) {
  writeFileSync(join(values.out, name), content)
  console.log(`${String(Math.ceil(content.length / 1024)).padStart(6)} KiB  ${name}`)
}
