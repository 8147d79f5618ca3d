/** Lines over time by uPlot, with the limit drawn in, and the values under the pointer said below. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { useWidth } from '../hooks.ts'
import type { PlotData, Series } from '../view/series.ts'

export type PlotProps = {
  readonly data: PlotData
  readonly range: (columns: readonly Series['values'][], limit: number | undefined) => readonly [number, number]
  readonly format: (value: number) => string
  readonly label: string
  readonly height?: number
  /** Grows when colours changed. */
  readonly painted: number
  /** A mark on each value; for few values. */
  readonly points?: boolean
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

const STROKES: { readonly [look in Series['look']]: string } = { stable: 'stable', canary: 'canary', plain: 'busy', limit: 'bad' }

/** Without a blank: `color-mix` is not known to a canvas everywhere. */
const faint = (hex: string, alpha: string): string => (/^#[0-9a-f]{6}$/i.test(hex) ? `${hex}${alpha}` : hex)

/** The side of the limit where values are bad is tinted, the limit itself is a dashed line. */
const drawLimit =
  ({ limit }: PlotData) =>
  (plot: uPlot): void => {
    if (limit === undefined) return
    const { ctx, bbox } = plot
    const y = Math.round(plot.valToPos(limit.value, 'y', true))
    const [top, bottom] = [bbox.top, bbox.top + bbox.height]
    ctx.save()
    ctx.fillStyle = faint(colour('bad'), '14')
    const [from, to] = limit.goodAbove ? [Math.min(Math.max(y, top), bottom), bottom] : [top, Math.max(Math.min(y, bottom), top)]
    ctx.fillRect(bbox.left, from, bbox.width, to - from)
    if (y >= top && y <= bottom) {
      ctx.strokeStyle = colour('bad')
      ctx.lineWidth = devicePixelRatio * 1.25
      ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio])
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
    }
    ctx.restore()
  }

const seriesOptions = ({ look, name }: Series, points: boolean): uPlot.Series => ({
  label: name,
  stroke: colour(STROKES[look]),
  width: look === 'limit' ? 1.25 : 2,
  ...(look === 'limit' ? { dash: [5, 4] } : {}),
  points: { show: points && look !== 'limit', size: 5 },
})

const pad = (value: number): string => String(value).padStart(2, '0')

/** Times in UTC, as everywhere. */
const timeLabel = (seconds: number): string => {
  const at = new Date(seconds * 1000)
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}${at.getUTCSeconds() === 0 ? '' : `:${pad(at.getUTCSeconds())}`}`
}

const axis = (): uPlot.Axis => ({
  stroke: colour('soft'),
  grid: { stroke: colour('line'), width: 1 },
  ticks: { show: false },
  font: `11px ${colour('sans')}`,
  gap: 6,
})

type Pointed = (index: number | null) => void

const optionsOf = (props: PlotProps, width: number, pointed: Pointed): uPlot.Options => {
  const { data, range, format, height = 168, points = false } = props
  const [low, high] = range(
    data.series.map(({ values }) => values),
    data.limit?.value,
  )
  return {
    width,
    height,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false }, y: false },
    scales: { x: { time: true }, y: { range: () => [low, high] } },
    series: [{}, ...data.series.map(one => seriesOptions(one, points))],
    axes: [
      { ...axis(), space: 70, size: 26, values: (_, times) => times.map(timeLabel) },
      { ...axis(), space: 34, size: 58, values: (_, values) => values.map(format) },
    ],
    hooks: { drawAxes: [drawLimit(data)], setCursor: [plot => pointed(plot.cursor.idx ?? null)] },
  }
}

const columnsOf = ({ times, series }: PlotData): uPlot.AlignedData => [[...times], ...series.map(({ values }) => [...values])]

const Legend = ({ data, format, index }: Pick<PlotProps, 'data' | 'format'> & { readonly index: number | null }): VNode => {
  const at = index ?? data.times.length - 1
  const time = data.times[at]
  return (
    <ul class="legend">
      {data.series.map(({ name, look, values }) => {
        const value = values[at]
        return (
          <li key={name} class={`legend-${look}`}>
            <span class="legend-mark" aria-hidden="true" />
            {name} {look !== 'limit' && <b>{value === null || value === undefined ? '–' : format(value)}</b>}
          </li>
        )
      })}
      {data.limit !== undefined && (
        <li class="legend-limit">
          <span class="legend-mark" aria-hidden="true" />
          limit: {data.limit.text}
        </li>
      )}
      {time !== undefined && <li class="legend-time">{index === null ? 'newest' : `${timeLabel(time)}Z`}</li>}
    </ul>
  )
}

/** The canvas is a picture to a screen reader; a table with the same numbers stands beside it. */
export const Plot = (props: PlotProps): VNode => {
  const { data, label, painted, format } = props
  const [ref, width] = useWidth<HTMLDivElement>()
  const [index, setIndex] = useState<number | null>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const shape = `${data.series.map(({ name }) => name).join()} ${data.limit?.value} ${width} ${painted}`
  const current = useRef(props)
  current.current = props
  useEffect(() => {
    if (ref.current === null || width === 0) return
    const made = new uPlot(optionsOf(current.current, width, setIndex), columnsOf(current.current.data), ref.current)
    plot.current = made
    return () => {
      plot.current = undefined
      made.destroy()
    }
  }, [shape])
  useEffect(() => {
    const { range } = current.current
    const bounds = range(
      data.series.map(({ values }) => values),
      data.limit?.value,
    )
    const scale = plot.current?.scales['y']
    if (scale !== undefined) scale.range = () => [...bounds]
    plot.current?.setData(columnsOf(data))
  }, [data])
  return (
    <div class="plot">
      <div ref={ref} role="img" aria-label={label} />
      <Legend data={data} format={format} index={index} />
    </div>
  )
}
