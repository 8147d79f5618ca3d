/**
 * The command line as one executable file with Node in it (a single executable application of Node's): nothing else is needed to run it. It is
 * made of the Node that runs this, so it is for this system and processor.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { PAGE_ASSET } from '../../dashboard/built-page.ts'
import { makeUi, type UiFile } from '../../dashboard/ui/tools/make-ui.ts'
import { readThirdParty } from '../../image/third-party.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** What Node looks for in itself: https://nodejs.org/api/single-executable-applications.html */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

export type Executable = {
  readonly content: Buffer
  /** Licences of Node and of the packages in it. */
  readonly licences: string
}

/** Undefined where one can be made. */
export const whyNoExecutable = (): string | undefined =>
  process.platform === 'linux' ? undefined : `the executable is made on Linux only, and this is ${process.platform}`

/** An executable of Node's runs CommonJS only. There `__dirname` is where the executable stands. */
const bundleCommandLine = async (): Promise<{ readonly text: string; readonly licences: string }> => {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['cli/main.ts'],
    outfile: 'cli.cjs',
    write: false,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    banner: { js: "const addressHere = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': 'addressHere' },
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  })
  const [warning] = warnings
  if (warning !== undefined) throw new Error(`bundling: ${warning.text} (${warning.location?.file}:${warning.location?.line})`)
  return { text: outputFiles[0]?.text ?? '', licences: readThirdParty(ROOT, metafile) }
}

const asJson = (files: readonly UiFile[]): string =>
  JSON.stringify(Object.fromEntries(files.map(({ name, content }) => [name, Buffer.from(content).toString('base64')])))

const licencesOfPage = (files: readonly UiFile[]): string =>
  files.flatMap(({ name, content }) => (name === 'THIRD-PARTY.txt' ? Buffer.from(content).toString() : [])).join('')

/** In the folder that Node was unpacked to; Debian keeps it elsewhere. */
const licenceOfNode = (): string => {
  const file = [join(process.execPath, '../../LICENSE'), '/usr/share/doc/nodejs/copyright'].find(existsSync)
  return file === undefined ? 'Node.js: https://github.com/nodejs/node/blob/main/LICENSE\n' : readFileSync(file, 'utf8')
}

/** What the tools say is told only when they fail. */
const run = (...args: readonly string[]): void => void execFileSync(process.execPath, args, { stdio: 'pipe' })

/** Throws what Node says, or the tool that puts the program into it. */
export const makeExecutable = async (): Promise<Executable> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-executable-'))
  const at = (name: string) => join(folder, name)
  try {
    const { text, licences } = await bundleCommandLine()
    writeFileSync(at('cli.cjs'), text)
    const page = await makeUi()
    writeFileSync(at('page.json'), asJson(page))
    const config = { main: at('cli.cjs'), output: at('blob'), assets: { [PAGE_ASSET]: at('page.json') } }
    // Code that is compiled already starts sooner.
    writeFileSync(at('sea.json'), JSON.stringify({ ...config, disableExperimentalSEAWarning: true, useCodeCache: true }))
    run('--experimental-sea-config', at('sea.json'))
    copyFileSync(process.execPath, at('sluice'))
    const inject = join(ROOT, 'node_modules/postject/dist/cli.js')
    run(inject, at('sluice'), 'NODE_SEA_BLOB', at('blob'), '--sentinel-fuse', FUSE)
    return { content: readFileSync(at('sluice')), licences: [licences, licencesOfPage(page), licenceOfNode()].join('\n') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
