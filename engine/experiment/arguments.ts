/** Arguments of an Experiment's analyses, with what only the Experiment knows put in: `{{templates.NAME.podTemplateHash}}` and the like. */
import type { Argument } from '../../api/analysis-run.ts'
import { ROLLOUTS_POD_TEMPLATE_HASH } from '../../api/names.ts'
import { wholeSecond } from '../time.ts'
import { type ExperimentContext, replicaSetOf } from './context.ts'

const known = (context: ExperimentContext): ReadonlyMap<string, string> => {
  const { status, spec, endsAt } = context
  const values = new Map<string, string>()
  if (status.availableAt !== undefined) values.set('experiment.availableAt', status.availableAt)
  if (endsAt !== undefined) values.set('experiment.finishedAt', wholeSecond(endsAt))
  for (const template of spec.templates) {
    const set = replicaSetOf(context, template)
    if (set === undefined) continue
    values.set(`templates.${template.name}.podTemplateHash`, set.metadata.labels?.[ROLLOUTS_POD_TEMPLATE_HASH] ?? '')
    values.set(`templates.${template.name}.replicaset.name`, set.metadata.name)
  }
  return values
}

/** A name that the Experiment does not know is a problem, in Argo Rollouts' words. */
export const resolveArguments = (
  context: ExperimentContext,
  args: readonly Argument[],
): readonly Argument[] | { readonly problem: string } => {
  const values = known(context)
  const open: string[] = []
  const fill = (text: string) =>
    text.replaceAll(/\{\{([^{}]*)\}\}/g, (_, name: string) => {
      const value = values.get(name.trim())
      if (value === undefined) open.push(name.trim())
      return value ?? ''
    })
  const filled = args.map(argument => (argument.value === undefined ? argument : { ...argument, value: fill(argument.value) }))
  return open.length === 0 ? filled : { problem: `failed to resolve {{${open[0]}}}` }
}
