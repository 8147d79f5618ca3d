/** The project's rules about who may import what, and which names pure code may not use; each as data with its reason. */
import { dirname, join } from 'node:path'
import type { Import, Scanned } from './scan.ts'

export type SourceFile = Scanned & {
  /** From the root, e.g. `engine/plan.ts`. */
  readonly path: string
  readonly lines: number
}

export type Offence = { readonly file: string; readonly line?: number; readonly what: string }

export type Rule = {
  /** One sentence. */
  readonly says: string
  readonly check: (files: readonly SourceFile[]) => readonly Offence[]
}

/** What each folder may import besides itself. */
const LAYERS: { readonly [folder: string]: readonly string[] } = {
  api: [],
  engine: ['api'],
  traffic: ['api', 'engine'],
  kube: ['api'],
  analysis: ['api', 'kube'],
  notifications: ['api', 'kube', 'analysis'],
  view: ['api', 'engine', 'kube', 'analysis'],
  router: ['api', 'kube'],
  cluster: ['api', 'kube'],
  webhook: ['api', 'engine', 'traffic', 'kube', 'analysis'],
  controller: ['api', 'engine', 'traffic', 'kube', 'analysis', 'notifications'],
  // `sluice dashboard` serves it from the laptop; loaded on demand.
  cli: ['api', 'engine', 'traffic', 'kube', 'analysis', 'notifications', 'view', 'dashboard'],
  dashboard: ['api', 'kube', 'analysis', 'view'],
  local: ['api', 'kube', 'cluster', 'dashboard'],
  demo: ['api', 'kube', 'cluster', 'local'],
  image: ['controller', 'webhook', 'router', 'dashboard', 'cli'],
}

const folderOf = (path: string): string => path.split('/')[0] ?? ''
/** Tests and tools. Of image/ only the entry ships; the rest of it builds the image. */
const isTest = (path: string): boolean => /(^|\/)(test|tools|testing)\/|\.(test|bench)\.tsx?$|^image\/(?!main\.ts$)/.test(path)
const isPure = (path: string): boolean =>
  ['api', 'engine', 'traffic'].includes(folderOf(path)) ||
  ['router/pick.ts', 'router/table.ts', 'webhook/review.ts'].includes(path)

const isRelative = ({ from }: Import): boolean => from.startsWith('.')
const isNode = ({ from }: Import): boolean => from.startsWith('node:')
const targetOf = (file: SourceFile, { from }: Import): string => join(dirname(file.path), from)
const packageOf = ({ from }: Import): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')

type Judge = (file: SourceFile, one: Import) => string | undefined

/** A rule over each import of the files that ship (not of tests, benchmarks and tools). */
const shipped = (says: string, judge: Judge): Rule => ({
  says,
  check: files =>
    files
      .filter(file => !isTest(file.path))
      .flatMap(file =>
        file.imports.flatMap(one => {
          const what = judge(file, one)
          return what === undefined ? [] : [{ file: file.path, line: one.line, what }]
        }),
      ),
})

const layers = shipped('a folder imports only from the folders to its left', (file, one) => {
  if (!isRelative(one)) return undefined
  const [from, to] = [folderOf(file.path), folderOf(targetOf(file, one))]
  const allowed = LAYERS[from]
  if (allowed === undefined) return `${from}/ has no place in the layers (test/imports/rules.ts)`
  if (from === to || allowed.includes(to)) return undefined
  return `imports ${targetOf(file, one)}; ${from}/ may import only ${['itself', ...allowed].join(', ')}`
})

const kubeTypes = shipped('kube imports only types from api', (file, one) =>
  folderOf(file.path) === 'kube' && isRelative(one) && !one.typeOnly && folderOf(targetOf(file, one)) === 'api'
    ? `imports ${one.from} at run time`
    : undefined,
)

const purePackages = shipped(
  'api, engine, traffic, router/pick, router/table and webhook/review import no package and nothing of Node',
  (file, one) => (isPure(file.path) && !isRelative(one) ? `imports ${one.from}` : undefined),
)

const clientNode = shipped('only kube imports @kubernetes/client-node at run time, and there with await import', (file, one) => {
  if (packageOf(one) !== '@kubernetes/client-node' || one.typeOnly) return undefined
  if (folderOf(file.path) !== 'kube') return 'imports @kubernetes/client-node outside of kube/'
  return one.lazy ? undefined : 'imports @kubernetes/client-node when it is loaded; use await import'
})

const noTests = shipped('nothing that ships imports test/, tools/ or a testing/ folder', (file, one) =>
  isRelative(one) && isTest(targetOf(file, one)) ? `imports ${targetOf(file, one)}` : undefined,
)

/** What runs in the browser. */
const isPage = (path: string): boolean => path.startsWith('dashboard/ui/src/')
const CONTRACT: readonly string[] = ['contract', 'contract-actions', 'contract-experiments', 'contract-numbers'].map(
  name => `dashboard/${name}.ts`,
)
const PAGE_PACKAGES: readonly string[] = ['preact', 'uplot']

const page = shipped(
  'the page imports of the rest only types of the contract, and of packages only preact and uplot; nothing imports the page',
  (file, one) => {
    const target = isRelative(one) ? targetOf(file, one) : undefined
    if (!isPage(file.path)) return target !== undefined && isPage(target) ? `imports ${target}` : undefined
    if (target === undefined) return PAGE_PACKAGES.includes(packageOf(one)) ? undefined : `imports ${one.from}`
    if (isPage(target)) return undefined
    return CONTRACT.includes(target) && one.typeOnly ? undefined : `imports ${target}${one.typeOnly ? '' : ' at run time'}`
  },
)

/** Packages that ship must be dependencies; tests and tools may also use what only they need. */
export const packagesDeclared = (dependencies: readonly string[], devDependencies: readonly string[]): Rule => ({
  says: 'every imported package is in package.json, and what ships imports no devDependency at run time',
  check: files =>
    files.flatMap(file =>
      file.imports
        .filter(one => !isRelative(one) && !isNode(one))
        .flatMap(one => {
          const name = packageOf(one)
          const isKnown = dependencies.includes(name) || ((isTest(file.path) || one.typeOnly) && devDependencies.includes(name))
          return isKnown ? [] : [{ file: file.path, line: one.line, what: `imports ${name}` }]
        }),
    ),
})

/** Occurrences of names in code; `pattern` must be global. */
const uses = (file: SourceFile, pattern: RegExp): Offence[] =>
  [...file.code.matchAll(pattern)].map(match => ({
    file: file.path,
    line: file.code.slice(0, match.index).split('\n').length,
    what: `uses ${match[0].trim()}`,
  }))

const IMPURE =
  /\b(?:Date\.now|new Date\(\s*\)|Math\.random|performance\.now|crypto\.\w+|setTimeout|setInterval|setImmediate|queueMicrotask|fetch\(|console\.\w+|process\.\w+)/g
const ENVIRONMENT = /\bprocess\.(?:env|argv)\b/g

const noHiddenInput: Rule = {
  says: 'pure files use no clock, randomness, timers, console, network or process',
  check: files => files.filter(file => isPure(file.path) && !isTest(file.path)).flatMap(file => uses(file, IMPURE)),
}

const environment: Rule = {
  says: 'only main.ts files (and tools, demo and tests) read the environment and arguments',
  check: files =>
    files
      .filter(file => !isTest(file.path) && !file.path.endsWith('/main.ts') && folderOf(file.path) !== 'demo')
      .flatMap(file => uses(file, ENVIRONMENT)),
}

/** One cycle through each file that is in any, as `a -> b -> a`, reported once. */
const findCycles = (files: readonly SourceFile[]): Offence[] => {
  const edges = new Map(files.map(file => [file.path, file.imports.filter(isRelative).map(one => targetOf(file, one))]))
  const done = new Set<string>()
  const found: Offence[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push({ file: path, what: [...trail.slice(trail.indexOf(path)), path].join(' -> ') })
      return
    }
    if (done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const { path } of files) visit(path, [])
  return found
}

const cycles: Rule = { says: 'no file imports itself by way of others', check: findCycles }

const MAX_LINES = 300
/** Tests are tables more often than not, and a table is read by its rows. */
const MAX_TEST_LINES = 500

/** Longer files that are one table or one idea; keep this list short. */
const LONG_FILES: readonly string[] = []

const fileLength: Rule = {
  says: `no file is longer than ${MAX_LINES} lines, no test longer than ${MAX_TEST_LINES}`,
  check: files =>
    files
      .filter(({ path, lines }) => lines > (isTest(path) ? MAX_TEST_LINES : MAX_LINES) && !LONG_FILES.includes(path))
      .map(({ path, lines }) => ({ file: path, what: `has ${lines} lines` })),
}

export const RULES: readonly Rule[] = [
  layers,
  kubeTypes,
  purePackages,
  clientNode,
  noTests,
  page,
  noHiddenInput,
  environment,
  cycles,
  fileLength,
]
