/** The timeline of `sluice simulate`: when, at which step and weight, with how many pods, and what is waited for. */
import type { Moment, Simulated } from '../../engine/simulate/simulate.ts'
import { renderStep } from '../../view/steps.ts'
import type { Terminal } from '../command.ts'
import { renderSpan } from './age.ts'
import { cellsOf, type Style } from './style.ts'
import { renderTable, wrap } from './table.ts'

const TITLES = ['TIME', 'STEP', 'WEIGHT', 'STABLE', 'CANARY'].map(title => ({ title }))
const GAP = '  '

const podsText = ({ ready, total }: Moment['stable']): string => (ready === total ? `${total}` : `${ready}/${total}`)

const rowOf = (moment: Moment, { steps }: Simulated): readonly string[] => {
  const step = moment.phase === 'Degraded' ? undefined : steps[moment.step]
  return [
    `+${renderSpan(moment.at)}`,
    step === undefined ? '-' : `${moment.step + 1}/${steps.length} ${renderStep(step)}`,
    `${moment.weight}%`,
    podsText(moment.stable),
    podsText(moment.canary),
  ]
}

/** `Step 2/7 (pause 2m): …` without what the column STEP says already. */
const whatOf = ({ waitsFor, phase, stable }: Moment): string => {
  if (phase === 'Healthy') return stable.total === 0 ? 'done' : 'promoted; the old version keeps its pods for a while'
  const [, text] = /^Step \d+\/\d+ \([^)]*\)+(?:: (.*))?$/s.exec(waitsFor) ?? []
  return /^Step \d/.test(waitsFor) ? (text ?? 'waits') : waitsFor
}

const COLOURS: { readonly [phase in Moment['phase']]: keyof Style } = {
  Healthy: 'good',
  Progressing: 'busy',
  Paused: 'waiting',
  Degraded: 'bad',
}

const ENDS: { readonly [end in Simulated['end']]: (total: string, replicas: number) => string } = {
  promoted: total => `promoted ${total} after the change; what people and analyses take comes on top`,
  'rolled back': (total, replicas) =>
    `rolled back ${total} after the change: all ${replicas} pods are of the stable version; how soon a fault is seen depends on the traffic`,
  stuck: () => 'does not go on by itself: see the last line',
}

/** What is updated. */
export type Subject = { readonly kind: string; readonly name: string; readonly replicas: number; readonly podReadyMs: number }

export const renderTimeline = (subject: Subject, simulated: Simulated, { style, width }: Terminal): readonly string[] => {
  const { kind, name, replicas, podReadyMs } = subject
  const { moments, end } = simulated
  const [titles = '', ...rows] = renderTable(
    TITLES,
    moments.map(moment => rowOf(moment, simulated)),
    Number.POSITIVE_INFINITY,
  )
  const left = Math.max(...[titles, ...rows].map(cellsOf))
  const lines = rows.flatMap((row, i) => {
    const moment = moments[i]
    if (moment === undefined) return []
    const what = moment.happens ?? whatOf(moment)
    const [first = '', ...more] = wrap(what, Math.max(20, width - left - GAP.length))
    const paint = style[COLOURS[moment.phase]]
    return [`${row.padEnd(left)}${GAP}${paint(first)}`, ...more.map(one => `${' '.repeat(left)}${GAP}${paint(one)}`)]
  })
  const total = renderSpan(moments.at(-1)?.at ?? 0)
  return [
    ...wrap(
      `${kind} ${name}, ${replicas} ${replicas === 1 ? 'pod' : 'pods'}, each ready after ${renderSpan(podReadyMs)}. Nothing here is real but the planner.`,
      width,
    ),
    '',
    `${titles.padEnd(left)}${GAP}WHAT`,
    ...lines,
    '',
    ...wrap(ENDS[end](total, replicas), width),
  ]
}
