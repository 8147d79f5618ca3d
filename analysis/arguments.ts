/** `{{args.NAME}}` in a metric, replaced as Argo Rollouts does: in the metric's JSON text. Pure. */
import type { Argument, Metric } from '../api/analysis-run.ts'

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g

/** The metric with its arguments put in, or why that cannot be done. */
export const resolveArguments = (
  metric: Metric,
  args: readonly Argument[],
): { readonly metric: Metric } | { readonly problem: string } => {
  const raw = JSON.stringify(metric)
  if (!raw.includes('{{')) return { metric }
  let problem: string | undefined
  const text = raw.replace(PLACEHOLDER, (whole, name: string) => {
    const argument = name.startsWith('args.') ? args.find(arg => `args.${arg.name}` === name) : undefined
    if (argument?.value !== undefined) return JSON.stringify(argument.value).slice(1, -1)
    problem ??=
      argument?.valueFrom === undefined
        ? `failed to resolve {{${name}}}`
        : `argument "${argument.name}": valueFrom is not available in this version; give it a value`
    return whole
  })
  return problem === undefined ? { metric: JSON.parse(text) as Metric } : { problem }
}
