/** An AnalysisRun made by hand from a template, as `create analysisrun` wants it. Pure. */
import type { AnalysisRun, AnalysisTemplate } from '../api/analysis-run.ts'
import { INSTANCE_ID, INSTANCE_ID_LABEL } from '../api/names.ts'

export type RunOptions = {
  readonly namespace: string
  readonly name: string
  /** `NAME=VALUE` each. */
  readonly args: readonly string[]
  /** Of the controller that is to take the run; Sluice's own where nothing is said. */
  readonly instanceId?: string
}

export type MadeRun = { readonly run: AnalysisRun } | { readonly refused: string }

export const makeAnalysisRun = ({ spec, metadata }: AnalysisTemplate, options: RunOptions): MadeRun => {
  const given = options.args.map(text => {
    const at = text.indexOf('=')
    return { text, name: text.slice(0, Math.max(0, at)), value: text.slice(at + 1) }
  })
  const wrong = given.find(({ name }) => name === '')
  if (wrong !== undefined) return { refused: `--argument: ${JSON.stringify(wrong.text)} is no NAME=VALUE, e.g. -a service=web` }
  const known = spec.args ?? []
  const stranger = given.find(({ name }) => !known.some(one => one.name === name))
  if (stranger !== undefined)
    return {
      refused: `${metadata.name} has no argument ${stranger.name}; its arguments are ${known.map(({ name }) => name).join(', ') || 'none'}`,
    }
  if ((spec.templates ?? []).length > 0)
    return {
      refused: `${metadata.name} is put together from other templates, which only a controller does; make the run from one of those`,
    }
  const args = known.map(argument => {
    const value = given.findLast(({ name }) => name === argument.name)?.value
    return value === undefined ? argument : { name: argument.name, value }
  })
  const missing = args.filter(one => one.value === undefined && one.valueFrom === undefined).map(({ name }) => name)
  if (missing.length > 0)
    return { refused: `${metadata.name} needs a value for ${missing.join(', ')}, e.g. -a ${missing[0]}=VALUE` }
  const { metrics = [], dryRun, measurementRetention } = spec
  return {
    run: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: {
        name: options.name,
        namespace: options.namespace,
        labels: { [INSTANCE_ID_LABEL]: options.instanceId ?? INSTANCE_ID },
      },
      spec: {
        metrics,
        ...(args.length > 0 && { args }),
        ...(dryRun && { dryRun }),
        ...(measurementRetention && { measurementRetention }),
      },
    },
  }
}
