/** Small things that stand everywhere. */
import type { ComponentChildren, VNode } from 'preact'
import { age, clock } from '../view/format.ts'
import { lookOf } from '../view/look.ts'
import { Icon } from './icon.tsx'

/** A state as icon, word and colour. */
export const State = ({ state, text = state }: { readonly state: string; readonly text?: string }): VNode => {
  const { sign, tone } = lookOf(state)
  return (
    <span class={`state tone-${tone}`}>
      <Icon sign={sign} />
      {text}
    </span>
  )
}

type CardProps = {
  readonly title: string
  readonly id: string
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}

/** A section with a heading of its own. */
export const Card = ({ title, id, aside, children }: CardProps): VNode => (
  <section class={`card card-${id}`} aria-labelledby={`title-${id}`}>
    <header class="card-head">
      <h2 id={`title-${id}`}>{title}</h2>
      {aside}
    </header>
    {children}
  </section>
)

/** How long ago, with the exact time where one points. */
export const Age = ({ since, now }: { readonly since: string | undefined; readonly now: number }): VNode =>
  since === undefined ? (
    <span>-</span>
  ) : (
    <time dateTime={since} title={since}>
      {age(since, now)}
    </time>
  )

export const Clock = ({ at }: { readonly at: string }): VNode => (
  <time dateTime={at} title={at}>
    {clock(at)}
  </time>
)

export const Role = ({ role }: { readonly role: string }): VNode => <span class={`role role-${role}`}>{role}</span>

type ScrollsProps = { readonly label: string; readonly way: string; readonly children: ComponentChildren }

/** What is larger than its place: can be reached by the keyboard, so that the arrows move it. */
export const Scrolls = ({ label, way, children }: ScrollsProps): VNode => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolling is what the focus is for here (axe: scrollable-region-focusable)
  <section class={way} aria-label={label} tabIndex={0}>
    {children}
  </section>
)

/** Sentences about what a person may not see. */
export const Missing = ({ sentences }: { readonly sentences: readonly string[] }): VNode | null =>
  sentences.length === 0 ? null : (
    <ul class="missing">
      {sentences.map(sentence => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
