/** The traffic as a picture: one stream that parts into a stream for each version, as thick as its share, as quick as its requests. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Numbers, Revision, ServiceSplit } from '../../../contract.ts'
import { useGlide, useWidth } from '../hooks.ts'
import { describeFlow, drawFlow, pace, type Ribbon } from '../view/flow.ts'
import { duration, percent, rate } from '../view/format.ts'
import { describePath, describeTraffic, trafficOf, type VersionTraffic } from '../view/traffic.ts'
import { Card, Role } from './basics.tsx'

/** Height for each version; narrow cards are taller. */
const BAND = { wide: 116, narrow: 152 } as const
const NARROW_PX = 560
const INLET = 44
const THICKNESS = 64
/** Less than this share of failures is not drawn: it would be drawn too large. */
const SEEN = 0.002

type PictureProps = { readonly versions: readonly VersionTraffic[]; readonly band: number }

const Stream = ({ ribbon, version }: { readonly ribbon: Ribbon; readonly version: VersionTraffic }): VNode => {
  const seconds = pace(version.perSecond ?? 0)
  const { x, y, thickness } = ribbon.end
  const failing = version.failed === undefined || version.failed < SEEN ? 0 : Math.max(1.5, version.failed * thickness)
  return (
    <g class={`stream stream-${version.role}`}>
      <path class="stream-body" d={ribbon.outline} />
      {seconds !== undefined &&
        version.share > 0 &&
        ribbon.threads.map((thread, index) => (
          <path
            key={thread}
            class="stream-thread"
            d={thread}
            style={{
              animationDuration: `${seconds}s`,
              animationDelay: `${-((index * 0.37) % 1) * seconds}s`,
              strokeDashoffset: index * 13,
            }}
          />
        ))}
      <rect class="stream-end" x={x - 4} y={y - thickness / 2} width="4" height={thickness} />
      {failing > 0 && <rect class="stream-failing" x={x - 4} y={y + thickness / 2 - failing} width="4" height={failing} />}
    </g>
  )
}

const Picture = ({ versions, band }: PictureProps): VNode => {
  const [ref, width] = useWidth<HTMLDivElement>()
  const canary = useGlide(versions.find(({ role }) => role === 'canary')?.share ?? 0)
  const height = versions.length * band
  const glided = versions.map(version => ({ ...version, share: version.role === 'canary' ? canary : 1 - canary }))
  const branches = glided.map(({ role, share }) => ({ key: role, share }))
  const inlet = Math.min(INLET, width / 5)
  const ribbons = drawFlow(branches, { width: Math.max(0, width - inlet), height, thickness: THICKNESS })
  const whole = drawFlow([{ key: 'all', share: 1 }], { width: inlet, height, thickness: THICKNESS })[0]
  const total = versions.reduce((sum, { perSecond = 0 }) => sum + perSecond, 0)
  return (
    <div ref={ref} class="flow-picture">
      {width > 0 && (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
          <path class="stream-inlet" d={whole?.outline ?? ''} />
          <g transform={`translate(${inlet} 0)`}>
            {ribbons.map((ribbon, index) => {
              const version = glided[index]
              return version === undefined ? null : <Stream key={ribbon.key} ribbon={ribbon} version={version} />
            })}
          </g>
          <text class="flow-clients" x="0" y={height / 2 - THICKNESS / 2 - 12}>
            Clients
          </text>
          {total > 0 && (
            <text class="flow-total" x="0" y={height / 2 + THICKNESS / 2 + 22}>
              {rate(total)}
            </text>
          )}
        </svg>
      )}
    </div>
  )
}

const Figure = ({
  name,
  value,
  bad = false,
}: {
  readonly name: string
  readonly value: string
  readonly bad?: boolean
}): VNode => (
  <div>
    <dt>{name}</dt>
    <dd class={bad ? 'figure-bad' : ''}>{value}</dd>
  </div>
)

const VersionCard = ({ version }: { readonly version: VersionTraffic }): VNode => {
  const { role, share, image, revision, perSecond, failed, p99 } = version
  return (
    <li class={`version version-${role}`}>
      <p class="version-title">
        <Role role={role} />
        <span class="version-image" title={image}>
          {image}
        </span>
        {revision !== undefined && <span class="soft">revision {revision}</span>}
      </p>
      <p class="version-share">{percent(Math.round(share * 1000) / 1000)}</p>
      {perSecond !== undefined && (
        <dl class="figures">
          <Figure name="requests" value={rate(perSecond)} />
          {failed !== undefined && <Figure name="succeed" value={percent(1 - failed)} bad={failed > 0.01} />}
          {p99 !== undefined && <Figure name="p99" value={duration(p99)} />}
        </dl>
      )}
    </li>
  )
}

export type FlowProps = {
  readonly services: readonly ServiceSplit[]
  readonly revisions: readonly Revision[]
  readonly numbers: Numbers | undefined
}

const ServiceTabs = (props: {
  readonly services: readonly ServiceSplit[]
  readonly chosen: string
  readonly choose: (service: string) => void
}): VNode | null =>
  props.services.length < 2 ? null : (
    <fieldset class="segments">
      <legend class="hidden">Service</legend>
      {props.services.map(({ service }) => (
        <button key={service} type="button" aria-pressed={service === props.chosen} onClick={() => props.choose(service)}>
          {service}
        </button>
      ))}
    </fieldset>
  )

/** The Service that the routers carry is the one to look at first. */
const firstOf = (services: readonly ServiceSplit[]): ServiceSplit | undefined =>
  services.find(({ path }) => path === 'routers') ?? services[0]

export const Flow = ({ services, revisions, numbers }: FlowProps): VNode => {
  const [wish, setWish] = useState('')
  const [still, setStill] = useState(false)
  const split = services.find(({ service }) => service === wish) ?? firstOf(services)
  const versions = trafficOf(split, revisions, numbers)
  const [ref, width] = useWidth<HTMLDivElement>()
  const band = BAND[width < NARROW_PX ? 'narrow' : 'wide']
  const said = describeFlow(
    versions.map(version => ({ label: version.role, share: version.share, says: describeTraffic(version) })),
  )
  const moves = versions.some(({ perSecond = 0 }) => perSecond > 0)
  return (
    <Card id="traffic" title="Traffic" aside={<ServiceTabs services={services} chosen={split?.service ?? ''} choose={setWish} />}>
      <p class="card-note">
        {split === undefined ? 'No Service sends traffic to it.' : `${split.service}: ${describePath(split)}`}
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: a figure of lists is a group, not a fieldset */}
      <div
        ref={ref}
        class={`flow ${width < NARROW_PX ? 'flow-narrow' : ''} ${still ? 'flow-still' : ''}`}
        role="group"
        aria-label={said}
      >
        <Picture versions={versions} band={band} />
        <ul class="versions" style={{ gridAutoRows: `${band}px` }}>
          {versions.map(version => (
            <VersionCard key={version.role} version={version} />
          ))}
        </ul>
      </div>
      {moves && (
        <button type="button" class="quiet-button flow-motion" aria-pressed={still} onClick={() => setStill(now => !now)}>
          Hold the picture still
        </button>
      )}
    </Card>
  )
}
