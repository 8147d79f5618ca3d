/** All processes as a few files of JavaScript that need no node_modules. */
import { join, resolve } from 'node:path'
import { build, type Metafile, type OutputFile } from 'esbuild'
import { slimModules } from './slim.ts'
import { readThirdParty } from './third-party.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Files of the bundle that start something; `main` is the image's entry, which loads the others. */
export const ENTRIES = {
  main: 'image',
  controller: 'controller',
  webhook: 'webhook',
  router: 'router',
  dashboard: 'dashboard',
  cli: 'cli',
} as const

/** CommonJS packages ask for Node's own modules with `require`, which a file that is a module has to make itself. */
const REQUIRE =
  "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);"

export type BundleFile = { readonly name: string; readonly content: Uint8Array }

export type Bundle = {
  readonly files: readonly BundleFile[]
  /** Which file holds and imports what. */
  readonly graph: Metafile
}

export type BundleOptions = {
  /** Also a NAME.mjs.map for each file; they are large. */
  readonly sourceMaps?: boolean
}

const fileOf = ({ path, contents }: OutputFile): BundleFile => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  content: contents,
})

/** The files, and the licences of the packages in them as THIRD-PARTY.txt. Throws when something cannot be bundled. */
export const makeBundle = async ({ sourceMaps = false }: BundleOptions = {}): Promise<Bundle> => {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(ENTRIES).map(([name, folder]) => ({ in: join(folder, 'main.ts'), out: name })),
    outdir: 'bundle',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    outExtension: { '.js': '.mjs' },
    banner: { js: REQUIRE },
    legalComments: 'none',
    sourcemap: sourceMaps && 'external',
    metafile: true,
    plugins: [slimModules(ROOT)],
    // The text of what runs stays in memory. Names stay for stack traces, and lines short, so that a place in one says something.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 120,
    logLevel: 'silent',
  })
  const [warning] = warnings
  if (warning !== undefined) throw new Error(`bundling: ${warning.text} (${warning.location?.file}:${warning.location?.line})`)
  const thirdParty = { name: 'THIRD-PARTY.txt', content: Buffer.from(readThirdParty(ROOT, metafile)) }
  return { files: [...outputFiles.map(fileOf), thirdParty].sort((a, b) => (a.name < b.name ? -1 : 1)), graph: metafile }
}

/** Source files in `name` and in all it imports before it runs (not what it imports later, on demand), by path from the root. */
export const loadedBy = ({ outputs }: Metafile, name: string): ReadonlySet<string> => {
  const seen = new Set<string>()
  const visit = (path: string): readonly string[] => {
    const output = outputs[path]
    if (output === undefined || seen.has(path)) return []
    seen.add(path)
    const now = output.imports.filter(({ kind }) => kind !== 'dynamic-import').flatMap(one => visit(one.path))
    return [...Object.keys(output.inputs), ...now]
  }
  return new Set(visit(`bundle/${name}`))
}
