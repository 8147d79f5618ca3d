/**
 * Builds the dashboard's page into dashboard/ui/dist and prints how large it is.
 *   node dashboard/ui/tools/build.ts
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { makeUi } from './make-ui.ts'

const OUT = resolve(import.meta.dirname, '../dist')

const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`

const files = await makeUi()
rmSync(OUT, { recursive: true, force: true })
mkdirSync(OUT, { recursive: true })
for (const { name, content } of files) {
  writeFileSync(join(OUT, name), content)
  console.log(
    `${kibibytes(content.length).padStart(10)}  ${kibibytes(gzipSync(content).length).padStart(10)} compressed  ${name}`,
  )
}
