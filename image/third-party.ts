/** The licences of the packages whose code is in the bundle: most ask that their text goes where the code goes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

const RULE = '-'.repeat(80)
const MARK = 'node_modules/'

/** Folders (from the root) of the packages that have code in the bundle, sorted. */
export const bundledPackages = ({ outputs }: Metafile): readonly string[] => {
  const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => {
    const start = path.lastIndexOf(MARK)
    if (start < 0 || bytesInOutput === 0) return []
    const end = start + MARK.length
    const words = path.slice(end).split('/')
    return [path.slice(0, end) + words.slice(0, path[end] === '@' ? 2 : 1).join('/')]
  })
  return [...new Set(folders)].sort()
}

type Manifest = { readonly name?: string; readonly version?: string; readonly license?: string }

const describe = (root: string, folder: string): string => {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const texts = readdirSync(join(root, folder))
    .filter(name => /^(licen[cs]e|notice|copying)/i.test(name))
    .sort()
    .map(name => readFileSync(join(root, folder, name), 'utf8').trim())
  if (texts.length === 0 && manifest.license === undefined)
    throw new Error(`${folder} names no licence, so it cannot go into the bundle`)
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})`
  return [RULE, title, RULE, ...texts].join('\n')
}

/** One text with all of them. Throws for a package that has neither a licence file nor names its licence. */
export const readThirdParty = (root: string, graph: Metafile): string => {
  const packages = bundledPackages(graph).map(folder => describe(root, folder))
  return `${['Code of these packages is part of this program.', ...packages].join('\n\n')}\n`
}
