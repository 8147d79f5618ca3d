/**
 * The rows of the comparison with Argo Rollouts, read from rows/*.txt. Pure. Such a file has
 *   @canary = engine/rollout/plan.test.ts                        a short name of a test file
 *   @page = engine/rollout/testing/page.txt <- FILE.test.ts: NAME   a page of golden text, and the test that compares it
 *   ## 1.1 Spec                                                  a section
 *   replicas: how many pods                                      a row, as Argo Rollouts has it
 *     on purpose: why it is otherwise here                       (of a row that is not wanted)
 *     @canary: scales up                                         a proof: a test by its name, or a line of a page
 * A row with proofs is done when all of them hold; one with neither proof nor reason is missing.
 */
import type { Ended } from './reporter.ts'

/** `page`: where `name` is a piece of golden text rather than the name of a test; `file` and `test` are then those that compare the page. */
export type Proof = {
  readonly file: string
  readonly name: string
  readonly page?: { readonly path: string; readonly text: string }
}
export type Row = {
  readonly section: string
  readonly text: string
  readonly proofs: readonly Proof[]
  readonly purpose?: string
}
export type Judged = Row & {
  readonly state: 'done' | 'on purpose' | 'missing'
  /** Proofs that are named and do not hold. */
  readonly broken: readonly string[]
}

type Alias = { readonly file: string; readonly page?: { readonly path: string; readonly test: string } }

const readAlias = (line: string): readonly [string, Alias] | undefined => {
  const [, name, path = '', file, test] = line.match(/^@([a-z0-9-]+) = (\S+)(?: <- (\S+): (.+))?$/) ?? []
  if (name === undefined) return undefined
  return [name, file === undefined || test === undefined ? { file: path } : { file, page: { path, test } }]
}

const readProof = (line: string, aliases: ReadonlyMap<string, Alias>, where: string): Proof => {
  const [, short = '', wanted = ''] = line.match(/^ {2}@([a-z0-9-]+): (.+)$/) ?? []
  const alias = aliases.get(short)
  if (alias === undefined)
    throw new Error(`${where}: a proof is \`  @NAME: TEST\` with @NAME declared above, e.g. \`  @plan: scales up\`; got ${line}`)
  const { file, page } = alias
  return page === undefined ? { file, name: wanted } : { file, name: page.test, page: { path: page.path, text: wanted } }
}

/** Throws with file and line on text that is none of the forms above. */
export const readRows = (text: string, path: string): readonly Row[] => {
  const aliases = new Map<string, Alias>()
  const rows: Row[] = []
  let section = ''
  for (const [i, line] of text.split('\n').entries()) {
    const where = `${path}:${i + 1}`
    const alias = readAlias(line)
    const last = rows.at(-1)
    if (line.trim() === '' || line.startsWith('# ')) continue
    if (alias !== undefined) aliases.set(...alias)
    else if (line.startsWith('## ')) section = line.slice(3)
    else if (!line.startsWith(' ')) rows.push({ section, text: line, proofs: [] })
    else if (last === undefined) throw new Error(`${where}: a proof without a row`)
    else if (line.startsWith('  on purpose: ')) rows[rows.length - 1] = { ...last, purpose: line.slice(14) }
    else rows[rows.length - 1] = { ...last, proofs: [...last.proofs, readProof(line, aliases, where)] }
  }
  return rows
}

const problemOf = (
  { file, name, page }: Proof,
  ended: readonly Ended[],
  pageText: (path: string) => string,
): string | undefined => {
  const found = ended.filter(one => one.file === file && one.name === name)
  if (found.length === 0) return `${file} has no test "${name}"`
  if (found.some(({ passed }) => !passed)) return `${file}: "${name}" did not pass`
  return page === undefined || pageText(page.path).includes(page.text) ? undefined : `${page.path} does not say "${page.text}"`
}

/** `ended`: what was really run just now. */
export const judgeRow = (row: Row, ended: readonly Ended[], pageText: (path: string) => string): Judged => {
  const broken = row.proofs.flatMap(proof => problemOf(proof, ended, pageText) ?? [])
  if (row.purpose !== undefined) return { ...row, state: 'on purpose', broken }
  return { ...row, state: row.proofs.length > 0 && broken.length === 0 ? 'done' : 'missing', broken }
}
