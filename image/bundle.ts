/**
 * Writes the bundle that the image holds, and prints how large its files are and how fast each process starts from it.
 *   node image/bundle.ts --out DIR [--source-maps]
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type BundleFile, makeBundle } from './make-bundle.ts'

const TRIES = 5

const { values } = parseArgs({ options: { out: { type: 'string' }, 'source-maps': { type: 'boolean', default: false } } })
if (values.out === undefined) {
  console.error('error: --out is missing: the folder to write to, e.g. node image/bundle.ts --out dist')
  process.exit(2)
}
const out = values.out

const kibibytes = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`.padStart(10)

const write = ({ name, content }: BundleFile): void => {
  writeFileSync(join(out, name), content)
  console.log(`${kibibytes(content.length)}  ${name}`)
}

/** The shortest of some runs of `--help`, which loads all that the process loads when it starts; milliseconds. */
const startTime = (...args: readonly string[]): number => {
  const times = Array.from({ length: TRIES }, () => {
    const began = performance.now()
    const { status, stderr } = spawnSync(process.execPath, args)
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
    return performance.now() - began
  })
  return Math.min(...times)
}

const { files } = await makeBundle({ sourceMaps: values['source-maps'] })
mkdirSync(out, { recursive: true })
files.forEach(write)
const code = files.filter(({ name }) => name.endsWith('.mjs')).map(({ content }) => content)
console.log(
  `${kibibytes(code.reduce((sum, one) => sum + one.length, 0))}  of code, ${kibibytes(gzipSync(Buffer.concat(code)).length).trim()} compressed`,
)

const bare = startTime('-e', '0')
const starts = ['controller', 'webhook', 'router', 'version'].map(name => {
  const args = name === 'version' ? [name, '--client'] : [name, '--help']
  return `${name} ${Math.round(startTime(join(out, 'main.mjs'), ...args))} ms`
})
console.log(`\nloaded after: ${starts.join(', ')} (Node alone: ${Math.round(bare)} ms)`)
