/** What was decided and why, in sentences; and the events of Kubernetes. */
import type { VNode } from 'preact'
import type { Decision, EventLine } from '../../../contract.ts'
import type { Sign } from '../view/look.ts'
import { Age, Card, Clock, Scrolls, State } from './basics.tsx'
import { Icon } from './icon.tsx'

const SIGNS: { readonly [kind in Decision['kind']]: Sign } = {
  begin: 'begin',
  step: 'arrow',
  wait: 'pause',
  check: 'clock',
  good: 'check',
  bad: 'cross',
  end: 'check',
}

export const Decisions = ({ decisions }: { readonly decisions: readonly Decision[] }): VNode => (
  <Card id="decisions" title="Decisions">
    {decisions.length === 0 ? (
      <p class="empty">Nothing was decided yet.</p>
    ) : (
      <ol class="decisions">
        {decisions.map(({ at, kind, text }) => (
          <li key={`${at} ${text}`} class={`decision decision-${kind}`}>
            <Clock at={at} />
            <span class="decision-mark">
              <Icon sign={SIGNS[kind]} />
            </span>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    )}
  </Card>
)

export const Events = ({ events, now }: { readonly events: readonly EventLine[]; readonly now: number }): VNode => (
  <Card id="events" title="Events">
    {events.length === 0 ? (
      <p class="empty">No events, or none that you may see.</p>
    ) : (
      <Scrolls label="List of events" way="scroll-y">
        <ul class="events">
          {events.map(({ at, type, reason, message, count, object }) => (
            <li key={`${at} ${object} ${reason} ${message}`} class="event">
              <span class="event-reason">
                {type === 'Warning' ? <State state="Warning" text={reason} /> : <b>{reason}</b>}
                <span class="soft">
                  {object}, <Age since={at} now={now} /> ago{count > 1 ? `, ${count} times` : ''}
                </span>
              </span>
              <span>{message}</span>
            </li>
          ))}
        </ul>
      </Scrolls>
    )}
  </Card>
)
