/** Texts of manifests as objects that know where each field stands. */
import { type Document, isCollection, isNode, isScalar, LineCounter, parseAllDocuments } from 'yaml'
import type { InputFile } from '../command.ts'

export type ManifestObject = {
  readonly file: string
  /** The number of the document in its file, from 1. */
  readonly document: number
  readonly value: { readonly [field: string]: unknown }
  /** Line in the file, from 1, of a field: as deep as the path can be followed. */
  readonly lineOf: (path: string) => number
}

export type SyntaxProblem = { readonly file: string; readonly document: number; readonly line: number; readonly message: string }

export type Manifests = { readonly objects: readonly ManifestObject[]; readonly problems: readonly SyntaxProblem[] }

/** `spec.steps[1].setWeight` and `metadata.annotations[sluice.dev/steps]` as keys. */
export const keysOf = (path: string): readonly (string | number)[] =>
  [...path.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([whole, inner]) => {
    const key = inner ?? whole
    return inner !== undefined && /^\d+$/.test(key) ? Number(key) : key
  })

const isObject = (value: unknown): value is { readonly [field: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Place = { readonly file: string; readonly document: number; readonly parsed: Document; readonly lines: LineCounter }

const offsetOf = (parsed: Document, keys: readonly (string | number)[]): number => {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const parent: unknown = depth === 1 ? parsed.contents : parsed.getIn(keys.slice(0, depth - 1), true)
    const key = keys[depth - 1]
    if (!isCollection(parent) || key === undefined) continue
    // The key of a pair stands where the reader looks for it, also when the value is on the lines below.
    const item: unknown = parent.items.find(one => isPairOf(one, key))
    if (isPair(item)) return rangeStart(item.key)
    const node = parent.get(key, true)
    if (isNode(node)) return rangeStart(node)
  }
  return rangeStart(parsed.contents)
}

const isPair = (item: unknown): item is { readonly key: unknown } => isObject(item) && 'key' in item && 'value' in item
const isPairOf = (item: unknown, key: string | number): boolean =>
  isPair(item) && isScalar(item.key) && String(item.key.value) === String(key)
const rangeStart = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0)

/** The object of a document, or the items of a List. */
const objectsOf = ({ file, document, parsed, lines }: Place, value: unknown): readonly ManifestObject[] => {
  if (!isObject(value)) return []
  const at =
    (prefix: readonly (string | number)[]) =>
    (path: string): number =>
      lines.linePos(offsetOf(parsed, [...prefix, ...keysOf(path)])).line
  const { kind, items } = value
  if (kind === 'List' && Array.isArray(items))
    return items.flatMap((item: unknown, i) =>
      isObject(item) ? [{ file, document, value: item, lineOf: at(['items', i]) }] : [],
    )
  return [{ file, document, value, lineOf: at([]) }]
}

/** Every object of the file, and every document that is not YAML or no object. */
export const readManifests = ({ name: file, text }: InputFile): Manifests => {
  const lines = new LineCounter()
  const objects: ManifestObject[] = []
  const problems: SyntaxProblem[] = []
  // Documents without contents, such as what stands before a first `---`, count too, as people count them.
  for (const [i, parsed] of [...parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true })].entries()) {
    const place = { file, document: i + 1, parsed, lines }
    const told = parsed.errors.map(({ message, pos }) => ({
      file,
      document: i + 1,
      line: lines.linePos(pos[0]).line,
      message: `is no YAML: ${message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}`,
    }))
    problems.push(...told)
    if (told.length > 0) continue
    const value: unknown = parsed.toJS({ maxAliasCount: 100 })
    if (value === null || value === undefined) continue
    if (isObject(value)) objects.push(...objectsOf(place, value))
    else
      problems.push({
        file,
        document: i + 1,
        line: lines.linePos(rangeStart(parsed.contents)).line,
        message: 'is no object of Kubernetes; it needs apiVersion, kind and metadata',
      })
  }
  return { objects, problems }
}
