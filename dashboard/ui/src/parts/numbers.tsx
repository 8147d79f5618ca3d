/** Success and latency of the canary beside the stable version, with the limits drawn in. */
import type { VNode } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { Numbers as NumbersData, Sample } from '../../../contract.ts'
import { clock, duration, percent, rate } from '../view/format.ts'
import { amountRange, shareRange } from '../view/scale.ts'
import { type Measure, numbersPlot } from '../view/series.ts'
import { Card, Scrolls } from './basics.tsx'
import { Plot } from './plot.tsx'

type Shown = { readonly measure: Measure; readonly title: string }

const LATENCIES: readonly Shown[] = [
  { measure: 'p50', title: 'p50' },
  { measure: 'p95', title: 'p95' },
  { measure: 'p99', title: 'p99' },
]

export type NumbersProps = { readonly numbers: NumbersData | undefined; readonly painted: number }

const NoNumbers = ({ numbers }: Pick<NumbersProps, 'numbers'>): VNode => (
  <p class="empty">
    {numbers === undefined ? 'Waiting for the first numbers…' : (numbers.unknown ?? 'No requests in the last ten minutes.')}
  </p>
)

const hasPoints = (numbers: NumbersData | undefined): numbers is NumbersData => numbers !== undefined && numbers.points.length > 0

const ROWS_IN_TABLE = 30

const cells = ({ requests, success, p50, p99 }: Sample, span: number): readonly string[] => [
  rate(requests / span),
  success === undefined ? '–' : percent(success),
  p50 === undefined ? '–' : duration(p50),
  p99 === undefined ? '–' : duration(p99),
]

const NAMES = ['requests', 'succeed', 'p50', 'p99']

const Table = ({ numbers }: { readonly numbers: NumbersData }): VNode => (
  <details class="more">
    <summary>The newest numbers as a table</summary>
    <Scrolls label="Numbers of both versions" way="scroll-x">
      <table>
        <caption class="hidden">Requests, success and latency of both versions, newest first</caption>
        <thead>
          <tr>
            <th scope="col">time</th>
            {['stable', 'canary'].flatMap(role =>
              NAMES.map(name => (
                <th key={`${role} ${name}`} scope="col" class={`role-${role}`}>
                  {role} {name}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {numbers.points
            .slice(-ROWS_IN_TABLE)
            .reverse()
            .map(({ at, stable, canary }) => (
              <tr key={at}>
                <th scope="row">{clock(new Date(at * 1000).toISOString())}</th>
                {[...cells(stable, numbers.span), ...cells(canary, numbers.span)].map((text, index) => (
                  <td key={index}>{text}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </Scrolls>
  </details>
)

export const Success = ({ numbers, painted }: NumbersProps): VNode => {
  const data = useMemo(() => (numbers === undefined ? undefined : numbersPlot(numbers, 'success')), [numbers])
  return (
    <Card id="success" title="Success">
      {hasPoints(numbers) && data !== undefined ? (
        <Plot
          data={data}
          range={shareRange}
          format={percent}
          painted={painted}
          label="Share of requests that succeed, of both versions, over time"
        />
      ) : (
        <NoNumbers numbers={numbers} />
      )}
    </Card>
  )
}

/** The quantile that a check looks at is the one to show first. */
const usual = (numbers: NumbersData | undefined): Measure =>
  LATENCIES.find(({ measure }) => numbers?.thresholds.some(({ plot }) => plot === measure))?.measure ?? 'p99'

export const Latency = ({ numbers, painted }: NumbersProps): VNode => {
  const [wish, setWish] = useState<Measure | undefined>(undefined)
  const measure = wish ?? usual(numbers)
  const data = useMemo(() => (numbers === undefined ? undefined : numbersPlot(numbers, measure)), [numbers, measure])
  const choice = (
    <fieldset class="segments">
      <legend class="hidden">Quantile</legend>
      {LATENCIES.map(one => (
        <button key={one.measure} type="button" aria-pressed={one.measure === measure} onClick={() => setWish(one.measure)}>
          {one.title}
        </button>
      ))}
    </fieldset>
  )
  return (
    <Card id="latency" title="Latency" aside={choice}>
      {hasPoints(numbers) && data !== undefined ? (
        <>
          <Plot
            data={data}
            range={amountRange}
            format={duration}
            painted={painted}
            label={`Latency ${measure} of both versions, over time`}
          />
          <Table numbers={numbers} />
        </>
      ) : (
        <NoNumbers numbers={numbers} />
      )}
    </Card>
  )
}
