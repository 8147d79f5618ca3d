/** Each check of each AnalysisRun: how it stands, what would end that, and its measurements as a plot and a table. */
import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import type { AnalysisState, CheckMeasurement, CheckState } from '../../../contract.ts'
import { count, duration, percent } from '../view/format.ts'
import { amountRange, freeRange, shareRange } from '../view/scale.ts'
import { measurementsPlot } from '../view/series.ts'
import { Card, Clock, Scrolls, State } from './basics.tsx'
import { Plot, type PlotProps } from './plot.tsx'

const plain = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) >= 1000 ? count(value) : String(Math.round(value * 1000) / 1000)

const UNITS: { readonly [unit in CheckState['unit']]: Pick<PlotProps, 'range' | 'format'> } = {
  share: { range: shareRange, format: percent },
  ms: { range: amountRange, format: duration },
  number: { range: freeRange, format: plain },
}

const Counts = ({ check }: { readonly check: CheckState }): VNode => {
  const counts = [
    ['✔', 'successful', check.successful],
    ['✖', 'failed', check.failed],
    ['?', 'inconclusive', check.inconclusive],
    ['⚠', 'errors', check.errors],
  ] as const
  return (
    <ul class="counts" aria-label="measurements">
      {counts
        .filter(([, name, number]) => number > 0 || name === 'successful')
        .map(([icon, name, number]) => (
          <li key={name} title={name} class={`count-${name}`}>
            <span aria-hidden="true">{icon}</span> {number} <span class="hidden">{name}</span>
          </li>
        ))}
    </ul>
  )
}

const Measurements = ({
  measurements,
  name,
}: {
  readonly measurements: readonly CheckMeasurement[]
  readonly name: string
}): VNode => (
  <details class="more">
    <summary>
      {measurements.length} {measurements.length === 1 ? 'measurement' : 'measurements'}
    </summary>
    <Scrolls label={`Measurements of ${name}`} way="scroll-x scroll-y">
      <table>
        <caption class="hidden">Measurements of {name}, newest first</caption>
        <thead>
          <tr>
            <th scope="col">time</th>
            <th scope="col">result</th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          {[...measurements].reverse().map((one, index) => (
            <tr key={index}>
              <td>{one.finishedAt === undefined ? '–' : <Clock at={one.finishedAt} />}</td>
              <td>
                <State state={one.phase} />
              </td>
              <td>
                {one.value} {one.message !== undefined && <span class="soft">{one.message}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  </details>
)

const Check = ({ check, painted }: { readonly check: CheckState; readonly painted: number }): VNode => {
  const { measurements, threshold, unit } = check
  const data = useMemo(() => measurementsPlot(measurements, threshold), [measurements, threshold])
  return (
    <article class="check" aria-label={`Check ${check.name}`}>
      <header class="check-head">
        <h4>{check.name}</h4>
        <State state={check.phase} />
        <Counts check={check} />
        <span class="soft check-provider">{check.provider}</span>
      </header>
      {check.message !== '' && <p>{check.message}</p>}
      {check.conditions.map(condition => (
        <p key={condition} class="soft">
          {condition}
        </p>
      ))}
      {check.endsBy !== '' && <p class="soft">Ends: {check.endsBy}</p>}
      {data.times.length > 1 && (
        <Plot
          data={data}
          {...UNITS[unit]}
          label={`Measurements of ${check.name} over time`}
          height={116}
          painted={painted}
          points={data.times.length <= 30}
        />
      )}
      {measurements.length > 0 && <Measurements measurements={measurements} name={check.name} />}
    </article>
  )
}

export const Run = ({ run, painted }: { readonly run: AnalysisState; readonly painted: number }): VNode => (
  <div class="run">
    <h3>
      <span class="mono">{run.name}</span> <State state={run.phase} />
    </h3>
    {run.checks.map(check => (
      <Check key={check.name} check={check} painted={painted} />
    ))}
  </div>
)

export const Checks = ({
  analyses,
  painted,
}: {
  readonly analyses: readonly AnalysisState[]
  readonly painted: number
}): VNode => {
  const [present, earlier] = [analyses.filter(({ current }) => current), analyses.filter(({ current }) => !current)]
  return (
    <Card id="checks" title="Checks">
      {present.length === 0 && <p class="empty">No check runs.</p>}
      {present.map(run => (
        <Run key={run.name} run={run} painted={painted} />
      ))}
      {earlier.length > 0 && (
        <details class="more">
          <summary>{earlier.length} of earlier updates</summary>
          {earlier.map(run => (
            <Run key={run.name} run={run} painted={painted} />
          ))}
        </details>
      )}
    </Card>
  )
}
