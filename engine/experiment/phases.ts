/** Phases of templates, analyses and experiments, from good to bad, in the order of Argo Rollouts (utils/experiment, utils/analysis). */

const TEMPLATE_PHASES = ['Successful', 'Running', 'Progressing', 'Error', 'Failed'] as const
const RUN_PHASES = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'] as const

export type TemplatePhase = (typeof TEMPLATE_PHASES)[number]
export type Phase = (typeof RUN_PHASES)[number]

/** Of a run, a template or an experiment: nothing leads out of it any more. */
export const isOver = (phase: string | undefined): boolean =>
  ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(phase ?? '')

export const isBad = (phase: string | undefined): boolean => isOver(phase) && phase !== 'Successful'

export type Told<P> = { readonly phase: P; readonly message: string }

const worst = <P extends string>(
  order: readonly P[],
  told: readonly { readonly phase: string; readonly message: string }[],
): Told<P> => {
  const rank = (phase: string) => (order as readonly string[]).indexOf(phase)
  const [first = 'Successful' as P] = order
  let index = 0
  let message = ''
  for (const one of told) {
    if (rank(one.phase) <= index) continue
    index = rank(one.phase)
    message = one.message
  }
  return { phase: order[index] ?? first, message }
}

export const worstTemplate = (told: readonly { readonly phase: string; readonly message: string }[]): Told<TemplatePhase> =>
  worst(TEMPLATE_PHASES, told)

export const worstRun = (told: readonly { readonly phase: string; readonly message: string }[]): Told<Phase> =>
  worst(RUN_PHASES, told)
