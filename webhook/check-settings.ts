/** Which problems of a Deployment's annotations refuse the request, and which are only mentioned. */
import { type ReadOptions, readSettings } from '../api/annotations.ts'
import type { Deployment, Labels } from '../api/kubernetes.ts'
import { INTERNAL_ANNOTATIONS, PREFIX } from '../api/names.ts'
import { type Problem, renderProblem } from '../api/problem.ts'

export type CheckedSettings = {
  readonly optedIn: boolean
  /** New with this request: they refuse it. */
  readonly refused: readonly Problem[]
  /** Also there before: an unrelated update, say an urgent image, is not refused because of them. */
  readonly old: readonly Problem[]
}

const problemsOf = (deployment: Deployment | undefined, options: ReadOptions): readonly Problem[] => {
  const read = readSettings(deployment?.metadata.annotations, options)
  return read.optedIn ? read.problems : []
}

/** Keys `sluice.dev/…` that a person sets, in either version, with a value that is not the same in both. */
const changedKeys = (now: Labels, before: Labels): readonly string[] =>
  [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    key => key.startsWith(PREFIX) && !INTERNAL_ANNOTATIONS.includes(key) && now[key] !== before[key],
  )

/** `old` is absent at CREATE: every problem is new then. */
export const checkSettings = (object: Deployment, old: Deployment | undefined, options: ReadOptions): CheckedSettings => {
  const read = readSettings(object.metadata.annotations, options)
  if (!read.optedIn) return { optedIn: false, refused: [], old: [] }
  const before = problemsOf(old, options).map(renderProblem)
  const changed = changedKeys(object.metadata.annotations ?? {}, old?.metadata.annotations ?? {})
  const isNew = (problem: Problem): boolean =>
    !before.includes(renderProblem(problem)) || changed.some(key => problem.path.includes(`[${key}]`))
  return { optedIn: true, refused: read.problems.filter(isNew), old: read.problems.filter(problem => !isNew(problem)) }
}

/** An update whose settings refuse nothing. */
export type DeploymentUpdate = {
  readonly object: Deployment
  readonly old: Deployment
  readonly settings: CheckedSettings
  /** One for each problem that the Deployment already had. */
  readonly warnings: readonly string[]
}
