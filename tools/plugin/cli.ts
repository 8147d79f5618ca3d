/**
 * Writes the command line as one file that needs nothing else, for this system, and the licences of what is in it.
 *   node tools/plugin/cli.ts [--out dist]
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeExecutable, whyNoExecutable } from './executable.ts'

const { out } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } }).values
const why = whyNoExecutable()
if (why !== undefined) {
  console.error(`error: ${why}; make plugin makes an archive for every system that has Node`)
  process.exit(1)
}
const { content, licences } = await makeExecutable()
mkdirSync(out, { recursive: true })
writeFileSync(join(out, 'sluice'), content, { mode: 0o755 })
writeFileSync(join(out, 'sluice-licences.txt'), licences)
const sha256 = createHash('sha256').update(content).digest('hex')
console.log(
  `${join(out, 'sluice')}: ${Math.ceil(content.length / 2 ** 20)} MiB, ${process.platform} ${process.arch}, sha256 ${sha256}`,
)
