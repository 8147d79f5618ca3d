/** What is wrong with an Experiment, in the words of Argo Rollouts (utils/conditions/experiments.go). */
import { parseDuration } from '../../api/duration.ts'
import type { Experiment } from '../../api/experiment.ts'

const DEADLINE_SECONDS = 600

const isEmpty = (selector: object): boolean => Object.values(selector).every(value => value === undefined)

const templateProblem = (
  { metadata, spec }: Experiment,
  { name, selector, minReadySeconds = 0 }: Experiment['spec']['templates'][number],
  i: number,
): string | undefined => {
  if (selector === undefined) return `Rollout has missing field '.Spec.Templates[${i}].Selector'`
  if (isEmpty(selector)) return `This experiment is selecting all pods at index ${i}. A non-empty selector is required.`
  if (minReadySeconds > (spec.progressDeadlineSeconds ?? DEADLINE_SECONDS))
    return `MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index ${i}`
  if (name === '') return `Experiment ${metadata.name} has empty template name at index ${i}`
  const isRepeated = spec.templates.findIndex(one => one.name === name) < i
  return isRepeated ? `Experiment ${metadata.name} has repeated template name '${name}' in templates` : undefined
}

/** The first thing that is wrong; undefined when nothing is. */
export const experimentProblem = (experiment: Experiment): string | undefined => {
  const { spec } = experiment
  for (const [i, template] of spec.templates.entries()) {
    const problem = templateProblem(experiment, template, i)
    if (problem !== undefined) return problem
  }
  // Argo Rollouts takes such a text for no duration at all, and the experiment runs without end.
  return spec.duration !== undefined && spec.duration !== '' && parseDuration(spec.duration) === undefined
    ? `spec.duration: ${JSON.stringify(spec.duration)} is no duration; a Go duration is one, e.g. "10m"`
    : undefined
}
