/** The page of `sluice explain`. */
import { percent } from '../../analysis/verdict-text.ts'
import type { Evidence, ExplainedCheck, ExplainedRun, MeasuredVersion } from '../../view/explain.ts'
import type { Phase } from '../../view/phase.ts'
import { renderAge, renderSpan } from './age.ts'
import { renderState } from './status.ts'
import type { RenderOptions } from './style.ts'
import { wrap } from './table.ts'

export type Explained = {
  readonly name: string
  readonly phase: Phase
  readonly runs: readonly ExplainedRun[]
  /** Where the numbers are from. */
  readonly source: string
}

const LABEL = 13

const row = (label: string, text: string, { width }: RenderOptions): readonly string[] =>
  wrap(`  ${label.padEnd(LABEL - 2)}${text}`, width, ' '.repeat(LABEL))

const clock = (second: number): string => `${new Date(second * 1000).toISOString().slice(11, 19)}Z`

const versionText = ({ requests, bad, successRate, latencyMs }: MeasuredVersion): string => {
  if (requests === 0) return 'no requests'
  if (latencyMs === undefined) return `${percent(successRate ?? 0)} of ${requests} requests succeeded, ${bad} failed`
  const shown = latencyMs === Number.POSITIVE_INFINITY ? 'over 65s' : `${Number(latencyMs.toPrecision(3))}ms`
  return `${shown} over ${requests} requests, ${bad} slower than the limit`
}

/** Two digits say enough; the scale is logarithmic. */
const evidenceText = ({ against, failsAt }: Evidence): string => {
  const shown = against < 0.01 ? 'under 0.01' : against > 1e6 ? 'over 1000000' : String(Number(against.toPrecision(2)))
  return `${shown} against it, fails at ${failsAt}; a version that keeps to the check gets there in at most ${percent(1 / failsAt)} of updates`
}

const evidenceRows = (evidence: Evidence, options: RenderOptions): readonly string[] => {
  const { from, to, allowed, needed } = evidence
  return [
    ...row('window', `${clock(from)} to ${clock(to)}, ${renderSpan((to - from) * 1000)}, second by second`, options),
    ...row('canary', versionText(evidence.canary), options),
    ...row('stable', versionText(evidence.stable), options),
    ...(allowed === undefined ? [] : row('threshold', `${percent(allowed)} of the canary's requests may be bad`, options)),
    ...(needed === undefined ? [] : row('needs', `${needed} requests to pass`, options)),
    ...row('evidence', evidenceText(evidence), options),
  ]
}

const measuredRows = ({ measured }: ExplainedCheck, options: RenderOptions): readonly string[] => {
  if (measured === undefined) return []
  const { successful, failed, inconclusive, errors, last, conditions, nextAt } = measured
  return [
    ...row('measured', `✔ ${successful}  ✖ ${failed}  ? ${inconclusive}  ⚠ ${errors}`, options),
    ...(last === undefined ? [] : row('last', last, options)),
    ...conditions.flatMap(text => row('threshold', text, options)),
    ...(nextAt === undefined ? [] : row('next', `at ${clock(nextAt / 1000)}`, options)),
  ]
}

const checkRows = (check: ExplainedCheck, options: RenderOptions): readonly string[] => [
  `${options.style.bold(check.name)}  ${renderState(check.phase === 'Running' ? 'Progressing' : check.phase, options.style, check.phase)}`,
  ...(check.evidence === undefined ? [] : evidenceRows(check.evidence, options)),
  ...measuredRows(check, options),
  ...(check.message === '' ? [] : row('verdict', check.message, options)),
  ...row('ends', check.endsBy, options),
]

const runRows = (run: ExplainedRun, options: RenderOptions): readonly string[] => [
  '',
  ...wrap(
    `AnalysisRun ${run.name}: ${run.phase}${run.startedAt === undefined ? '' : ` for ${renderAge(run.startedAt, options.now)}`}`,
    options.width,
  ),
  ...renderChecks(run, options),
]

/** Each with an empty line before it. */
export const renderChecks = ({ checks }: ExplainedRun, options: RenderOptions): readonly string[] =>
  checks.flatMap(check => ['', ...checkRows(check, options)])

export const renderExplain = ({ name, phase, runs, source }: Explained, options: RenderOptions): readonly string[] => [
  `${options.style.bold(name)}  ${renderState(phase.word, options.style)}`,
  ...(phase.sentence === '' ? [] : row('waits', phase.sentence, options)),
  ...(runs.length === 0 ? row('checks', 'no analysis runs: nothing is judged now', options) : row('numbers', source, options)),
  ...runs.flatMap(run => runRows(run, options)),
]
