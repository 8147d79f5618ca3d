/** Everything that is wrong with manifests, each with where it stands. Pure. */

import type { Problem } from '../../api/problem.ts'
import type { InputFile } from '../command.ts'
import { checkObject, warnOfObject } from './checks.ts'
import { keysOf, type ManifestObject, readManifests } from './documents.ts'

export type LintProblem = {
  readonly file: string
  /** The number of the document in its file, and the line; from 1. */
  readonly document: number
  readonly line: number
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  /** The field, e.g. `metadata.annotations[sluice.dev/steps]`; absent for a text that is no YAML. */
  readonly field?: string
  /** What stands there; absent where the field is. */
  readonly value?: unknown
  /** What is wrong, what is allowed, and an example. */
  readonly message: string
}

export type Linted = {
  /** Objects of a kind that is checked. */
  readonly checked: number
  /** Objects of other kinds. */
  readonly others: number
  readonly problems: readonly LintProblem[]
  /** What is right and probably not meant. */
  readonly warnings: readonly LintProblem[]
}

const valueAt = (object: unknown, path: string): unknown =>
  keysOf(path).reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined),
    object,
  )

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const placed = (object: ManifestObject, found: readonly Problem[]): readonly LintProblem[] => {
  const { file, document, value: manifest } = object
  const kind = textOf(manifest['kind'])
  const name = textOf(valueAt(manifest, 'metadata.name'))
  const namespace = textOf(valueAt(manifest, 'metadata.namespace'))
  return found.map(({ path: field, message }) => {
    const value = valueAt(manifest, field)
    return {
      file,
      document,
      line: object.lineOf(field),
      ...(kind && { kind }),
      ...(namespace && { namespace }),
      ...(name && { name }),
      field,
      ...(value === undefined ? {} : { value }),
      message,
    }
  })
}

const byLine = (a: LintProblem, b: LintProblem): number => a.line - b.line

const lintFile = (file: InputFile): Linted => {
  const { objects, problems } = readManifests(file)
  const checked = objects.flatMap(object => {
    const found = checkObject(object.value)
    return found === undefined ? [] : [{ object, found }]
  })
  const right = checked.filter(({ found }) => found.length === 0)
  return {
    checked: checked.length,
    others: objects.length - checked.length,
    problems: [...problems, ...checked.flatMap(({ object, found }) => placed(object, found))].sort(byLine),
    warnings: right.flatMap(({ object }) => placed(object, warnOfObject(object.value))).sort(byLine),
  }
}

export const lintFiles = (files: readonly InputFile[]): Linted =>
  files.map(lintFile).reduce(
    (sum, one) => ({
      checked: sum.checked + one.checked,
      others: sum.others + one.others,
      problems: [...sum.problems, ...one.problems],
      warnings: [...sum.warnings, ...one.warnings],
    }),
    { checked: 0, others: 0, problems: [], warnings: [] },
  )

const objectOf = ({ kind, namespace, name }: LintProblem): string =>
  kind === undefined ? '' : ` ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name ?? '(no name)'}`

/** One line for each problem, as compilers write them: `FILE:LINE: document 2, Deployment shop/web: FIELD: …`. */
export const renderProblemLine = (problem: LintProblem, severity?: 'warning'): string => {
  const { file, line, document, field, message } = problem
  const object = objectOf(problem)
  // A message of several lines points at a place in the value; the rest hangs below.
  const text = message.replaceAll('\n', '\n    ')
  return `${file}:${line}: document ${document}${object === '' ? '' : `,${object}`}: ${severity === undefined ? '' : `${severity}: `}${field === undefined ? '' : `${field}: `}${text}`
}
