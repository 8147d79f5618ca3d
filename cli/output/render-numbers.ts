/** Traffic, success and p99 of both versions as sparklines, from what the routers counted or what the analysis noted. */
import type { Second } from '../../analysis/history.ts'
import { badShare, failureCounts, quantileMs, sumTallies } from '../../analysis/tally.ts'
import { percent } from '../../analysis/verdict-text.ts'
import type { AnalysisRun } from '../../api/analysis-run.ts'
import type { Numbers } from '../../view/read-numbers.ts'
import { sparkline } from './sparkline.ts'
import { cellsOf, type RenderOptions } from './style.ts'

/** Seconds that one bar stands for. */
const BAR_SECONDS = 5
const MOST_BARS = 60
const LABEL = 16
/** A version's name, its newest value and the gaps between. */
const AROUND_BARS = 18

const ROLES = ['canary', 'stable'] as const
type Role = (typeof ROLES)[number]
type Series = { readonly [role in Role]: readonly (number | undefined)[] }

/** How many bars fit for each version. */
const barsIn = (width: number): number =>
  Math.max(5, Math.min(MOST_BARS, Math.floor((Math.min(width, 200) - LABEL - 2 * AROUND_BARS) / 2)))

type Sample = { readonly traffic: number | undefined; readonly success: number | undefined; readonly p99: number | undefined }

const sampleOf = (seconds: readonly Second[], role: Role): Sample => {
  const tally = sumTallies(seconds.map(second => second[role]))
  const counts = failureCounts(tally)
  return {
    traffic: counts.requests / BAR_SECONDS,
    success: counts.requests === 0 ? undefined : 1 - badShare(counts),
    p99: quantileMs(tally, 0.99),
  }
}

/** The newest bar is the last whole one, so that it does not grow while it is looked at. */
const samplesOf = (
  seconds: readonly Second[],
  role: Role,
  { bars, now }: { readonly bars: number; readonly now: number },
): readonly Sample[] => {
  const end = Math.floor(now / 1000 / BAR_SECONDS) * BAR_SECONDS
  return Array.from({ length: bars }, (_, i) => {
    const from = end - (bars - i) * BAR_SECONDS
    return sampleOf(
      seconds.filter(({ second }) => second >= from && second < from + BAR_SECONDS),
      role,
    )
  })
}

const lastOf = (values: readonly (number | undefined)[]): number | undefined => values.findLast(value => value !== undefined)

const highest = (series: Series): number =>
  Math.max(
    0,
    ...ROLES.flatMap(role =>
      series[role].flatMap(value => (value === undefined || value === Number.POSITIVE_INFINITY ? [] : [value])),
    ),
  )

type Row = {
  readonly label: string
  readonly series: Series
  readonly scale: { readonly from: number; readonly to: number }
  readonly show: (value: number) => string
}

const milliseconds = (ms: number): string => {
  if (ms === Number.POSITIVE_INFINITY) return '>65s'
  return ms >= 1000 ? `${Number((ms / 1000).toPrecision(2))}s` : `${Math.round(ms)}ms`
}

const rate = (value: number): string => `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))}/s`

const renderRow = ({ label, series, scale, show }: Row, { style }: RenderOptions): string => {
  const cells = ROLES.map(role => {
    const last = lastOf(series[role])
    const bars = sparkline(series[role], scale)
    return `${role} ${role === 'canary' ? style.busy(bars) : style.dim(bars)} ${(last === undefined ? '-' : show(last)).padEnd(8)}`
  })
  return `${`${label}:`.padEnd(LABEL)}${cells.join('  ')}`.trimEnd()
}

/** Below this share of successes all bars are of the same height: what matters is near to 100 %. */
const WORST_SUCCESS = 0.9

const successRow = (series: Series): Row => ({
  label: 'Success',
  series,
  scale: { from: WORST_SUCCESS, to: 1 },
  show: value => percent(value, 1),
})

const p99Row = (series: Series): Row => ({ label: 'p99', series, scale: { from: 0, to: highest(series) }, show: milliseconds })

const hasAny = ({ series }: Row): boolean => ROLES.some(role => lastOf(series[role]) !== undefined)

const countedRows = (seconds: readonly Second[], options: RenderOptions): readonly Row[] => {
  const bars = barsIn(options.width)
  const samples = {
    canary: samplesOf(seconds, 'canary', { bars, now: options.now }),
    stable: samplesOf(seconds, 'stable', { bars, now: options.now }),
  }
  const seriesOf = (field: keyof Sample): Series => ({
    canary: samples.canary.map(one => one[field]),
    stable: samples.stable.map(one => one[field]),
  })
  const traffic = seriesOf('traffic')
  return [
    { label: 'Traffic', series: traffic, scale: { from: 0, to: highest(traffic) }, show: rate },
    successRow(seriesOf('success')),
    p99Row(seriesOf('p99')),
  ]
}

/** `canary 99.6% of 512, stable 99.9% of 1530` and `canary p99 84ms of 512, stable …`, as verdicts write their values. */
const readValue = (text: string, role: Role, what: 'success' | 'p99'): number | undefined => {
  const pattern = what === 'success' ? `${role} ([\\d.]+)% of` : `${role} p99 ([\\d.]+)ms of`
  const [, digits] = new RegExp(pattern).exec(text) ?? []
  if (digits === undefined) return undefined
  return what === 'success' ? Number(digits) / 100 : Number(digits)
}

const notedRows = (runs: readonly AnalysisRun[]): readonly Row[] => {
  const values = runs.flatMap(({ status }) =>
    (status?.metricResults ?? []).map(({ measurements = [] }) => measurements.flatMap(one => one.value ?? [])),
  )
  const seriesOf = (what: 'success' | 'p99'): Series => {
    const texts = values.find(one => one.some(text => readValue(text, 'canary', what) !== undefined)) ?? []
    return {
      canary: texts.map(text => readValue(text, 'canary', what)),
      stable: texts.map(text => readValue(text, 'stable', what)),
    }
  }
  // One measurement is no course, and the line of its check says it already.
  const isCourse = ({ series }: Row): boolean => series.canary.length > 1
  return [successRow(seriesOf('success')), p99Row(seriesOf('p99'))].filter(isCourse)
}

/** Empty where nothing is known. Each line fits the width from 80 columns on. */
export const renderNumbers = (
  numbers: Numbers | undefined,
  runs: readonly AnalysisRun[],
  options: RenderOptions,
): readonly string[] => {
  const counted = numbers === undefined ? [] : countedRows(numbers.seconds, options)
  const rows = counted.some(row => row.label !== 'Traffic' && hasAny(row)) ? counted : notedRows(runs)
  return rows
    .filter(hasAny)
    .map(row => renderRow(row, options))
    .filter(line => cellsOf(line) <= options.width)
}
