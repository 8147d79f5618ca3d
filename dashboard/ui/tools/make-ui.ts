/** The dashboard's page as the few files a server hands out: one script, one style sheet, the page, an icon, licences. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { readThirdParty } from '../../../image/third-party.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const UI = join(ROOT, 'dashboard/ui')

export type UiFile = { readonly name: string; readonly content: Uint8Array }

/** Nothing in it is inline, so it works under `script-src 'self'; style-src 'self'`. The same sources give the same bytes. Throws when something cannot be bundled. */
export const makeUi = async (): Promise<readonly UiFile[]> => {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: ROOT,
    entryPoints: [
      { in: 'dashboard/ui/src/main.tsx', out: 'app' },
      { in: 'dashboard/ui/styles/index.css', out: 'app' },
    ],
    outdir: 'ui',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  })
  const [warning] = warnings
  if (warning !== undefined) throw new Error(`bundling: ${warning.text} (${warning.location?.file}:${warning.location?.line})`)
  const built = outputFiles.map(({ path, contents }) => ({ name: path.slice(path.lastIndexOf('/') + 1), content: contents }))
  const asTheyAre = ['index.html', 'icon.svg'].map(name => ({ name, content: readFileSync(join(UI, name)) }))
  const licences = { name: 'THIRD-PARTY.txt', content: Buffer.from(readThirdParty(ROOT, metafile)) }
  return [...built, ...asTheyAre, licences].sort((a, b) => (a.name < b.name ? -1 : 1))
}
