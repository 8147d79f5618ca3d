/** Numbers and measurements as the columns that a plot takes; nothing between two points is made up. */
import type { CheckMeasurement, Numbers, Sample, Threshold } from '../../../contract.ts'

export type Column = readonly (number | null)[]

export type Series = {
  readonly name: string
  readonly look: 'stable' | 'canary' | 'plain' | 'limit'
  readonly values: Column
}

export type PlotData = {
  /** Unix seconds, rising. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  /** A limit that is the same all the time. */
  readonly limit?: { readonly value: number; readonly text: string; readonly goodAbove: boolean }
}

export type Measure = 'success' | 'p50' | 'p95' | 'p99' | 'rate'

const valueIn = (sample: Sample, measure: Measure, span: number): number | null =>
  measure === 'rate' ? sample.requests / span : (sample[measure] ?? null)

const goodAbove = ({ op }: Threshold): boolean => op === '>=' || op === '>'

const limitOf = (threshold: Threshold | undefined): Pick<PlotData, 'limit'> =>
  threshold?.value === undefined
    ? {}
    : { limit: { value: threshold.value, text: threshold.text, goodAbove: goodAbove(threshold) } }

/** A limit that follows the stable version. */
const movingLimit = (threshold: Threshold | undefined, stable: Column): readonly Series[] => {
  const times = threshold?.timesStable
  if (threshold === undefined || times === undefined) return []
  return [
    { name: `limit: ${threshold.text}`, look: 'limit', values: stable.map(value => (value === null ? null : value * times)) },
  ]
}

/** Where spans are missing, a column of nothing breaks the line. */
const withGaps = ({
  points,
  span,
}: Numbers): readonly { readonly at: number; readonly canary: Sample; readonly stable: Sample }[] =>
  points.flatMap((point, index) => {
    const before = points[index - 1]
    const nothing: Sample = { requests: 0 }
    const gap = before !== undefined && point.at - before.at > span * 1.5
    return gap ? [{ at: before.at + span, canary: nothing, stable: nothing }, point] : [point]
  })

export const numbersPlot = (numbers: Numbers, measure: Measure): PlotData => {
  const points = withGaps(numbers)
  const column = (role: 'stable' | 'canary'): Column => points.map(point => valueIn(point[role], measure, numbers.span))
  const [stable, canary] = [column('stable'), column('canary')]
  const threshold = numbers.thresholds.find(({ plot }) => plot === measure)
  return {
    times: points.map(({ at }) => at),
    series: [
      { name: 'stable', look: 'stable', values: stable },
      { name: 'canary', look: 'canary', values: canary },
      ...movingLimit(threshold, stable),
    ],
    ...limitOf(threshold),
  }
}

const lookOf = (name: string): Series['look'] => (name === 'stable' || name === 'canary' ? name : 'plain')

const timeOf = ({ finishedAt, startedAt }: CheckMeasurement): number => Date.parse(finishedAt ?? startedAt ?? '') / 1000

/** Measurements without a time or a number are in the table only. */
export const measurementsPlot = (measurements: readonly CheckMeasurement[], threshold: Threshold | undefined): PlotData => {
  const placed = measurements.filter(one => Number.isFinite(timeOf(one)) && Object.keys(one.numbers).length > 0)
  const byTime = new Map(placed.map(one => [timeOf(one), one]))
  const times = [...byTime.keys()].sort((a, b) => a - b)
  const names = [...new Set(placed.flatMap(({ numbers }) => Object.keys(numbers)))].sort().reverse()
  const series = names.map(name => ({
    name,
    look: lookOf(name),
    values: times.map(time => byTime.get(time)?.numbers[name] ?? null),
  }))
  const stable = series.find(({ name }) => name === 'stable')
  return { times, series: [...series, ...movingLimit(threshold, stable?.values ?? [])], ...limitOf(threshold) }
}
