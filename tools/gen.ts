/**
 * Writes what is derived from the resource types in api/: charts/sluice/crds/*.yaml and docs/reference.md.
 *   node tools/gen.ts           write the files
 *   node tools/gen.ts --check   write nothing; list the files that differ and exit 1 when there are any
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { CUSTOM_RESOURCES } from '../api/custom-resources.ts'
import { renderReference } from '../api/reference.ts'
import { makeCrd } from '../api/schema/custom-resource.ts'

const ROOT = join(import.meta.dirname, '..')
const HEADER = '# Generated from api/ by `make gen`; do not edit.\n'

const renderYaml = (document: unknown): string => HEADER + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })

const generated = new Map<string, string>([
  ...CUSTOM_RESOURCES.map(resource => [`charts/sluice/crds/${resource.plural}.yaml`, renderYaml(makeCrd(resource))] as const),
  ['docs/reference.md', renderReference()],
])

const current = (file: string): string | undefined => {
  try {
    return readFileSync(join(ROOT, file), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const differing = [...generated].filter(([file, text]) => current(file) !== text)

if (process.argv.includes('--check')) {
  for (const [file] of differing) console.error(`${file} is not what api/ says; run make gen`)
  process.exitCode = differing.length > 0 ? 1 : 0
} else {
  for (const [file, text] of differing) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true })
    writeFileSync(join(ROOT, file), text)
    console.log(`wrote ${file}`)
  }
}
