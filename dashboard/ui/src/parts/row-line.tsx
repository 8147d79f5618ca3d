/** One rollout in the list of all. */

import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import type { RolloutRow } from '../../../contract.ts'
import { age, percent, shortImage } from '../view/format.ts'
import { lookOf } from '../view/look.ts'
import { writePlace } from '../view/place.ts'
import { Icon } from './icon.tsx'

export type RowLineProps = {
  readonly row: RolloutRow
  /** Milliseconds since 1970. */
  readonly now: number
  /** Pixels. */
  readonly top: number
  readonly height: number
  readonly position: number
  readonly count: number
  readonly isCurrent: boolean
  readonly focused: (key: string) => void
}

const MAX_MARKS = 12

/** A mark for each step, or a bar where they are many. */
const Progress = ({ row }: { readonly row: RolloutRow }): VNode | null => {
  const { step, weight, attention } = row
  if (step === undefined || step.count === 0 || attention === 'at-rest') return null
  const share = weight?.actual ?? weight?.set
  return (
    <span class="row-progress">
      <span class="row-marks" aria-hidden="true">
        {step.count <= MAX_MARKS &&
          Array.from({ length: step.count }, (_, index) => (
            <i key={index} class={index < step.index ? 'mark-done' : index === step.index ? 'mark-now' : ''} />
          ))}
      </span>
      <span>
        step {Math.min(step.index + 1, step.count)}/{step.count}
        {share !== undefined && <b> {percent(share / 100)}</b>}
      </span>
    </span>
  )
}

const RowLineNow = ({ row, now, top, height, position, count, isCurrent, focused }: RowLineProps): VNode => {
  const { namespace, name, phase, sentence, attention, images, pods, since, updateStartedAt } = row
  const { sign, tone } = lookOf(phase)
  const place = { screen: 'rollout', namespace, name } as const
  const began = since ?? (attention === 'at-rest' ? undefined : updateStartedAt)
  return (
    <li
      class={`row row-${attention}`}
      style={{ top: `${top}px`, height: `${height}px` }}
      aria-setsize={count}
      aria-posinset={position}
    >
      <a href={writePlace(place)} data-current={isCurrent ? '' : undefined} onFocus={() => focused(row.key)}>
        <span class={`row-icon tone-${tone}`}>
          <Icon sign={sign} />
        </span>
        <span class="row-name">
          <b>{name}</b> <span class="soft">{namespace}</span>
          <span class="row-phase">
            <span class="hidden">, </span>
            {phase}
            {began !== undefined && <span class="soft"> {age(began, now)}</span>}
          </span>
        </span>
        <span class="row-sentence">{sentence === '' ? images.map(shortImage).join(', ') : sentence}</span>
        <Progress row={row} />
        <span class="row-pods">
          {pods.ready}/{pods.desired}
          <span class="hidden"> pods ready</span>{' '}
          <span class="soft" aria-hidden="true">
            ready
          </span>
        </span>
      </a>
    </li>
  )
}

/** Drawn again when what it shows changed; the time matters only where it is shown. Preact leaves out a part that is the same object as before. */
export const RowLine = (props: RowLineProps): VNode => {
  const { row, top, height, position, count, isCurrent, focused } = props
  const now = row.attention === 'at-rest' ? 0 : props.now
  return useMemo(
    () => <RowLineNow {...{ row, now, top, height, position, count, isCurrent, focused }} />,
    [row, now, top, height, position, count, isCurrent, focused],
  )
}
