/**
 * Writes what is derived from the sources: the chart's CustomResourceDefinitions, rights, webhook configuration,
 * dashboards and rules, docs/reference.md, and the tables of docs/monitoring.md.
 *   node tools/gen.ts           write the files
 *   node tools/gen.ts --check   write nothing; list the files that differ and exit 1 when there are any
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderReference } from '../api/reference.ts'
import { generateChart } from './chart/generate.ts'
import { generateMonitoring } from './monitoring/generate.ts'

const ROOT = join(import.meta.dirname, '..')

const current = (file: string): string | undefined => {
  try {
    return readFileSync(join(ROOT, file), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const generated = new Map<string, string>([
  ...[...generateChart(file => readFileSync(join(ROOT, 'charts/sluice', file), 'utf8'))].map(
    ([file, text]) => [`charts/sluice/${file}`, text] as const,
  ),
  ['docs/reference.md', renderReference()],
  ...(await generateMonitoring(current)),
])

const differing = [...generated].filter(([file, text]) => current(file) !== text)

if (process.argv.includes('--check')) {
  for (const [file] of differing) console.error(`${file} is not what the sources say; run make gen`)
  process.exitCode = differing.length > 0 ? 1 : 0
} else {
  for (const [file, text] of differing) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true })
    writeFileSync(join(ROOT, file), text)
    console.log(`wrote ${file}`)
  }
}
