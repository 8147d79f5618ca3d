/** `{{args.NAME}}` in a metric, replaced as Argo Rollouts does: in the metric's JSON text. Pure. */
import type { Argument, Metric } from '../api/analysis-run.ts'

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g

/** What arguments with `valueFrom` stand for, by name. */
export type ArgumentValues = ReadonlyMap<string, string>

export const NO_VALUES: ArgumentValues = new Map()

/** Stands for a value that is not read where only the rest of the metric matters: how often it is measured, whether it is valid. */
const UNREAD = 'temp-for-secret'

const valueFor = ({ name, value, valueFrom }: Argument, values: ArgumentValues): string | undefined =>
  valueFrom === undefined ? value : (values.get(name) ?? UNREAD)

/** The metric with its arguments put in, or why that cannot be done, in Argo Rollouts' words. */
export const resolveArguments = (
  metric: Metric,
  args: readonly Argument[],
  values: ArgumentValues = NO_VALUES,
): { readonly metric: Metric } | { readonly problem: string } => {
  const raw = JSON.stringify(metric)
  if (!raw.includes('{{')) return { metric }
  const known = new Map<string, string>()
  for (const argument of args) {
    const value = valueFor(argument, values)
    if (value === undefined) return { problem: `argument "${argument.name}" was not supplied` }
    known.set(`args.${argument.name}`, value)
  }
  let problem: string | undefined
  const text = raw.replace(PLACEHOLDER, (whole, name: string) => {
    const value = known.get(name)
    if (value !== undefined) return JSON.stringify(value).slice(1, -1)
    problem ??= `failed to resolve {{${name}}}`
    return whole
  })
  return problem === undefined ? { metric: JSON.parse(text) as Metric } : { problem }
}
